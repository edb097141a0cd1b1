//! Messages to people.

mod invitation;

use async_trait::async_trait;
use secrecy::SecretString;

use crate::shared::EmailAddress;

pub(crate) use invitation::invitation;

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
