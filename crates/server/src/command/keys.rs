use clap::Subcommand;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use cotenant_domain::shared::Clock;
use cotenant_infrastructure::signing_keys::{Algorithm, KeyState, Ring, RingKey, change, read, to_the_second};
use cotenant_infrastructure::{OsSecrets, SystemClock};
use time::OffsetDateTime;

use crate::config::Config;
use crate::failure::Failure;
use crate::wiring;

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Make a key: the first signs at once, a later one waits until `rotate`
    Generate {
        /// EdDSA has a public half that everybody can verify with; HS256 has none
        #[arg(long, default_value = Algorithm::EdDsa.name(), value_parser = algorithms())]
        alg: Algorithm,
    },
    /// Show the keys, and nothing secret of them
    List,
    /// Let the key that waits sign; the one before verifies until its tokens have ended
    Rotate {
        /// Also where servers may not know the key yet, and would refuse its tokens for some seconds
        #[arg(long)]
        at_once: bool,
    },
    /// Remove a key at once and with it every token that it signed: for one that has leaked
    ///
    /// Members renew their session with a refresh token. Where the key is the one that signs, the one that waits takes its
    /// place; without one the command refuses.
    Retire {
        /// The key's name, as `keys list` shows it
        kid: String,
    },
}

pub(super) fn execute(config: &Config, command: Keys) -> Result<(), Failure> {
    let file = config.auth.key_file.as_ref().ok_or(Failure::NoKeyFile)?;
    let now = SystemClock.now();
    match command {
        Keys::Generate { alg } => {
            let made = change(file, now, |ring| ring.generate(alg, &OsSecrets, now))?;
            let then = if made.signs { "signs from now on" } else { "waits; `cotenant keys rotate` lets it sign" };
            println!("The key {} ({alg}) {then}.", made.kid);
        }
        Keys::List => print!("{}", table(&read(file)?, now)),
        Keys::Rotate { at_once } => {
            let rotated = change(file, now, |ring| ring.rotate(now, wiring::access_token(config), at_once))?;
            println!("The key {} signs from now on.", rotated.active);
            println!("The key {} verifies until {}.", rotated.retiring, to_the_second(rotated.until));
        }
        Keys::Retire { kid } => {
            let successor = change(file, now, |ring| ring.retire(&kid))?;
            println!("The key {kid} is gone, and its tokens are nobody's.");
            if let Some(successor) = successor {
                println!("The key {successor} signs from now on.");
            }
        }
    }
    Ok(())
}

fn algorithms() -> impl TypedValueParser<Value = Algorithm> {
    let find = |name: String| Algorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name);
    PossibleValuesParser::new(Algorithm::ALL.map(Algorithm::name)).try_map(move |name| find(name).ok_or("unknown"))
}

fn table(ring: &Ring, now: OffsetDateTime) -> String {
    let heads = ["KID", "ALG", "STATE", "CREATED", "VERIFIES UNTIL"].map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(heads).chain(ring.keys().iter().map(|key| row(key, now))).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or_default();
    let widths: [usize; 5] = std::array::from_fn(width);
    let line = |row: &[String; 5]| {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

fn row(key: &RingKey, now: OffsetDateTime) -> [String; 5] {
    let (state, until) = match key.state {
        KeyState::Next => ("next", String::new()),
        KeyState::Active => ("active", String::new()),
        KeyState::RetiringUntil(end) if key.verifies(now) => ("retiring", to_the_second(end)),
        KeyState::RetiringUntil(end) => ("ended", to_the_second(end)),
    };
    [key.kid.clone(), key.algorithm.to_string(), state.to_owned(), to_the_second(key.created_at), until]
}
