//! `cotenant doctor`: every rule that ought to hold where this program runs, each with what it found.

mod clock;
mod files;
mod report;
mod space;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use cotenant_infrastructure::doctor::{Check, Finding, Golden, Linter, Rule};
use cotenant_infrastructure::signing_keys;
use cotenant_migration::{Runner, SchemaState, sqlite_path};
use secrecy::ExposeSecret;

use crate::config::{Config, ConfigError, Environment, Facts, MailTransport, Sources, production_refusals};
use crate::mail;
use report::Report;

const CONFIGURATION: Rule = Rule {
    name: "configuration",
    about: "every setting can be read, and production accepts it",
    mend: "change the lines named; `cotenant config check` shows every setting and where it comes from",
};
const KEYS: Rule = Rule {
    name: "signing_keys",
    about: "the file of keys can be read, and one key in it signs",
    mend: "`cotenant keys generate` makes a file; one that is broken is to be restored, or deleted and made anew",
};
const MAIL: Rule = Rule {
    name: "mail",
    about: "the mail server answers, as encrypted as asked for, and takes the password",
    mend: "see the settings of mail; `cotenant mail test EMAIL` sends a message",
};
const DATABASE: Rule = Rule {
    name: "database",
    about: "the database answers and shows its schema",
    mend: "see database.url; `cotenant migrate up` makes the schema",
};
const MIGRATIONS: Rule = Rule {
    name: "migrations",
    about: "the schema is this program's: no migration is pending, none unknown",
    mend: "pending: `cotenant migrate up`; unknown: run the version of the program that made them",
};

/// How to tell.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Print one JSON object for programs instead of lines for people
    #[arg(long)]
    json: bool,
}

/// Looks everywhere, prints what it found, and answers the exit status.
pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let report = Report(actix_web::rt::System::new().block_on(examine()));
    if arguments.json {
        println!("{}", report.json());
    } else {
        print!("{}", report.text());
    }
    report.exit_code()
}

async fn examine() -> Vec<Check> {
    let loaded = Sources::from_process().and_then(|sources| Config::load(&sources).map(|config| (config, sources)));
    let (config, sources) = match loaded {
        Ok(loaded) => loaded,
        Err(error) => {
            let unreadable = DATABASE.unchecked("database.url", "nobody knows it without a configuration");
            return vec![CONFIGURATION.found(problems(&error)), unreadable];
        }
    };
    let refusals = production_refusals(&config, Facts::default()).into_iter();
    let refusals = refusals.map(|refusal| Finding::new(refusal.key, refusal.to_string()));
    let mut checks = vec![CONFIGURATION.found(refusals.collect())];
    let file = sqlite_path(config.database.url.expose_secret());
    let file = file.as_ref().ok().and_then(Option::as_ref);
    if let Some(file) = &config.auth.key_file {
        let problem = signing_keys::read(file).err();
        let finding = problem.map(|error| Finding::new(file.display().to_string(), with_causes(&error)));
        checks.push(KEYS.found(finding.into_iter().collect()));
    }
    if config.mail.transport == MailTransport::Smtp {
        let problem = mail::check(&config.mail).await.err();
        let finding = problem.map(|error| Finding::new("mail.host", with_causes(&error)));
        checks.push(MAIL.found(finding.into_iter().collect()));
    }
    checks.push(space::check(&config, file));
    checks.extend(files::check(&config, file, sources.dotenv.as_ref()));
    checks.extend(database(&config).await.unwrap_or_else(|reason| vec![DATABASE.unchecked("database.url", reason)]));
    checks
}

fn problems(error: &ConfigError) -> Vec<Finding> {
    let problems = error.problems().iter();
    problems.map(|problem| Finding::new("settings", with_causes(problem))).collect()
}

/// What only the database can tell; else why it does not.
async fn database(config: &Config) -> Result<Vec<Check>, String> {
    let url = config.database.url.expose_secret();
    // Whoever connects for migrations makes the file, and a doctor makes nothing.
    if let Some(file) = missing(sqlite_path(url).map_err(|error| with_causes(&error))?) {
        return Err(format!("{} is not there", file.display()));
    }
    let patience = Duration::from_millis(config.database.acquire_timeout_ms);
    let linter = Linter::connect(url, patience).await.map_err(|error| with_causes(&error))?;
    let time = clock::check(&linter).await.map_err(|error| with_causes(&error))?;
    let golden = Golden::of_the_program(config.environment == Environment::Production);
    let schema = linter.examine(&golden).await.map_err(|error| with_causes(&error))?;
    // What was found stands, even where the connection does not close well.
    let _ = linter.close().await;
    let mut checks = vec![DATABASE.found(Vec::new()), time, migrations(url).await?];
    checks.extend(schema);
    Ok(checks)
}

fn missing(file: Option<PathBuf>) -> Option<PathBuf> {
    file.filter(|file| !file.exists())
}

async fn migrations(url: &str) -> Result<Check, String> {
    let runner = Runner::connect(url).await.map_err(|error| with_causes(&error))?;
    let state = runner.state().await.map_err(|error| with_causes(&error))?;
    let _ = runner.close().await;
    let (names, what) = match state {
        SchemaState::Current => (Vec::new(), ""),
        SchemaState::Behind(names) => (names, "is pending"),
        SchemaState::Ahead(names) => (names, "is applied and unknown to this program"),
    };
    Ok(MIGRATIONS.found(names.into_iter().map(|name| Finding::new(name, what)).collect()))
}

/// An error and everything beneath it, in a line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let cause = error.to_string();
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
        source = error.source();
    }
    text
}
