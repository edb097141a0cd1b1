use clap::Subcommand;
use cotenant_migration::{Runner, SchemaState};
use secrecy::ExposeSecret;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::config::Config;
use crate::failure::Failure;

#[derive(Debug, Subcommand)]
pub(super) enum Migrate {
    /// Apply pending migrations
    Up {
        /// How many; all when not given
        steps: Option<u32>,
    },
    /// Take back the last migrations, with the data that they hold
    Down {
        /// How many
        #[arg(default_value_t = 1)]
        steps: u32,
    },
    /// Show every migration and whether it is applied; fails where the database does not fit this program
    Status,
    /// Show what was applied and when
    History,
    /// Write the frame of a new migration into the source tree
    New {
        /// What it changes, in lower-case words with underscores
        name: String,
    },
}

pub(super) async fn execute(config: &Config, command: Migrate) -> Result<(), Failure> {
    let runner = Runner::connect(config.database.url.expose_secret()).await?;
    match command {
        Migrate::Up { steps } => report("applied", &runner.up(steps).await?),
        Migrate::Down { steps } => report("taken back", &runner.down(steps).await?),
        Migrate::Status => status(&runner).await?,
        Migrate::History => history(&runner).await?,
        // Needs no database and never comes here.
        Migrate::New { .. } => {}
    }
    Ok(runner.close().await?)
}

fn report(what: &str, names: &[String]) {
    if names.is_empty() {
        println!("nothing to do");
    }
    for name in names {
        println!("{what}  {name}");
    }
}

async fn status(runner: &Runner) -> Result<(), Failure> {
    for step in runner.steps().await? {
        let state = if step.applied_at.is_some() { "applied" } else { "pending" };
        println!("{state}  {}", step.name);
    }
    match runner.state().await? {
        SchemaState::Current => Ok(()),
        SchemaState::Behind(names) => {
            Err(Failure::SchemaState(format!("the database lacks {} migration(s)", names.len())))
        }
        SchemaState::Ahead(names) => {
            Err(Failure::SchemaState(format!("this program does not know {}: it is too old", names.join(", "))))
        }
    }
}

async fn history(runner: &Runner) -> Result<(), Failure> {
    for step in runner.steps().await? {
        if let Some(seconds) = step.applied_at {
            let at = OffsetDateTime::from_unix_timestamp(seconds).ok().and_then(|at| at.format(&Rfc3339).ok());
            let at = at.unwrap_or_else(|| seconds.to_string());
            println!("{at}  {}", step.name);
        }
    }
    Ok(())
}
