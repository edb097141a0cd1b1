//! The command line.

mod audit;
mod bootstrap;
mod doctor;
mod keys;
mod mail;
mod migrate;
mod new_migration;
mod operator;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use cotenant_domain::jobs::handlers;

use crate::config::{Config, Environment, Facts, Sources, development};
use crate::failure::Failure;
use crate::worker::run_worker;
use crate::{logging, serve, wiring};

/// Cotenant: a multi-tenant backend. Many customers share one database and never see each other.
///
/// Settings come from config/*.toml and from environment variables named COTENANT__SECTION__KEY; COTENANT_ENV chooses
/// development (the default), production or test. `cotenant config check` shows what is in force and where it comes from.
#[derive(Debug, Parser)]
#[command(name = "cotenant", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server, with a worker for its jobs unless jobs.in_server is off
    Serve,
    /// Run a worker for jobs without a server
    ///
    /// Any number of them work beside each other and beside servers on PostgreSQL. A file of SQLite has one process: there
    /// the server does the jobs. SIGTERM lets running jobs finish for server.shutdown_seconds; what is left is handed back.
    Worker,
    /// Make the first operator, tenant and owner (one person), once ever
    ///
    /// The password is asked for at the terminal, or read as one line from standard input; it is not an argument, because
    /// arguments can be seen by every user of the machine.
    Bootstrap(bootstrap::Arguments),
    /// Show and change who operates the platform
    #[command(subcommand)]
    Operator(operator::Operator),
    /// Make, show and change the keys that sign access tokens
    ///
    /// They are in the file that auth.key_file names. One signs; the next one waits until every server knows it; those before
    /// verify until their tokens have ended. Running servers take a changed file within seconds. To change the key that
    /// signs: `generate`, wait six minutes, `rotate`.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Apply, take back and show changes of the database's schema
    #[command(subcommand)]
    Migrate(migrate::Migrate),
    /// Show and check the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Check everything that ought to hold where this runs; changes nothing
    ///
    /// It looks at the settings, the database's schema and walls, its migrations, the clocks, the room on the disk and
    /// the permissions of files. Each rule is told with what it found and how to mend that. A database role that
    /// row-level security does not bind is a warning outside production.
    ///
    /// Exit status: 0 where every rule holds, 1 where one does not, 2 where one could not be checked, as without a
    /// database.
    Doctor(doctor::Arguments),
    /// Try the settings of mail
    #[command(subcommand)]
    Mail(mail::Mail),
    /// Verify exports of audit logs
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Print the OpenAPI document
    Openapi,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Show every setting, where it comes from, and what production would refuse; fails where something is wrong
    Check,
}

/// Runs what the command line asks for.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    if let Command::Doctor(arguments) = &cli.command {
        return doctor::run(arguments);
    }
    match execute(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {}", failure.report());
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command) -> Result<(), Failure> {
    match command {
        Command::Openapi => {
            println!("{}", serde_json::to_string_pretty(&cotenant_api::openapi())?);
            Ok(())
        }
        Command::Audit(command) => audit::execute(command),
        Command::Migrate(migrate::Migrate::New { name }) => new_migration::write(&name),
        command => actix_web::rt::System::new().block_on(with_config(command)),
    }
}

async fn with_config(command: Command) -> Result<(), Failure> {
    let mut config = Config::load(&Sources::from_process()?)?;
    match command {
        Command::Serve => {
            development::ensure_secrets(&mut config)?;
            logging::start(&config.log)?;
            let running = serve::start(&config).await?;
            if config.environment == Environment::Development {
                println!("{}", serve::banner(&config, &running));
            } else {
                tracing::info!(address = %running.address(), "listening");
            }
            running.run().await
        }
        Command::Worker => {
            development::ensure_secrets(&mut config)?;
            run_worker(&config, handlers()).await
        }
        Command::Config(ConfigCommand::Check) => {
            println!("{}", config.describe());
            Ok(config.admit(Facts::default())?)
        }
        Command::Keys(command) => keys::execute(&config, command),
        Command::Mail(command) => mail::execute(&config, command).await,
        Command::Migrate(command) => migrate::execute(&config, command).await,
        Command::Bootstrap(arguments) => bootstrap::execute(&deps(&mut config).await?, arguments).await,
        Command::Operator(command) => operator::execute(&deps(&mut config).await?, command).await,
        // These need no settings, or tell of them themselves, and never come here.
        Command::Doctor(_) | Command::Openapi | Command::Audit(_) => Ok(()),
    }
}

async fn deps(config: &mut Config) -> Result<cotenant_domain::Deps, Failure> {
    development::ensure_secrets(config)?;
    serve::prepare_schema(config).await?;
    let database = wiring::database(config)?;
    wiring::deps(config, &database, wiring::keys(config)?)
}

/// Parses an argument into a type of the domain.
fn argument<T: std::str::FromStr>(name: &'static str, text: &str) -> Result<T, Failure>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|e: T::Err| Failure::Argument { name, problem: e.to_string() })
}
