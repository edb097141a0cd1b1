//! Messages to people.

mod address;
mod invitation;
mod password;
mod support;

use async_trait::async_trait;
use secrecy::SecretString;
use time::OffsetDateTime;

use crate::shared::EmailAddress;

pub(crate) use address::{address_taken, confirm_next_address, confirm_present_address, verify_address};
pub(crate) use invitation::invitation;
pub(crate) use password::{password_changed, password_reset};
pub(crate) use support::support_granted;

/// A message to one person. Its text may carry a secret, so it shows nowhere.
#[derive(Debug, Clone)]
pub struct Message {
    /// To whom.
    pub to: EmailAddress,
    /// What about.
    pub subject: String,
    /// The text.
    pub text: SecretString,
}

/// The message could not be handed over; a later attempt may succeed. The source speaks of the transport and never quotes
/// the text: it is logged.
#[derive(Debug, thiserror::Error)]
#[error("the message could not be sent")]
pub struct MailError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Sends messages. Called by jobs only, so that a slow mail server never holds up a request.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands the message over.
    async fn send(&self, message: &Message) -> Result<(), MailError>;
}

/// The instant to the minute, in UTC, as people read it. Cut off, so that it never promises time that is not there.
fn minute(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    format!("{} {:02}:{:02} UTC", at.date(), at.hour(), at.minute())
}
