use std::sync::Arc;

use clap::Subcommand;
use cotenant_domain::mail::{Message, Occasion};
use cotenant_infrastructure::{SystemClock, UuidV7};

use super::argument;
use crate::config::{Config, MailTransport};
use crate::failure::Failure;
use crate::mail::mailer;

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
    match (config.mail.transport, &config.mail.host, &config.mail.directory) {
        (MailTransport::Smtp, Some(host), _) => println!("{host} took a message to {email}."),
        (_, _, Some(directory)) => println!("A message to {email} is in {}.", directory.display()),
        (_, _, None) => println!("A message to {email} was sent."),
    }
    Ok(())
}
