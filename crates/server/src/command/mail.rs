use std::sync::Arc;

use clap::Subcommand;
use cotenant_domain::mail::{Message, Occasion};
use cotenant_infrastructure::{SystemClock, UuidV7};

use super::argument;
use crate::config::Config;
use crate::failure::Failure;
use crate::mail::{Way, mailer};

#[derive(Debug, Subcommand)]
pub(super) enum Mail {
    /// Send a message to somebody, by the way that all messages take
    ///
    /// What the mail server answers is told here and now: no job sends it, and no database is needed.
    Test {
        /// Whom to write to
        email: String,
    },
}

pub(super) async fn execute(config: &Config, command: Mail) -> Result<(), Failure> {
    let Mail::Test { email } = command;
    let message = Message::of_platform(&argument("EMAIL", &email)?, Occasion::Trial);
    mailer(&config.mail, Arc::new(SystemClock), Arc::new(UuidV7))?.send(&message).await?;
    match Way::of(&config.mail) {
        Way::Smtp(host) => println!("{host} took a message to {email}."),
        Way::Files(directory) => println!("A message to {email} is in {}.", directory.display()),
        // Sending has failed, and said what to set.
        Way::Nowhere => {}
    }
    Ok(())
}
