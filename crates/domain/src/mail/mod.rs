//! Messages to people.
//!
//! # Why the domain writes no text
//!
//! A use case says what a message tells: its [`Occasion`] with its values, of the domain's own types. In which words and which
//! language, as text or as HTML, behind a link or not, is the business of whoever sends it. So a message in another language
//! changes no use case, a value cannot be forgotten by a template that nobody looked at, and tests ask what was said and not
//! how.

mod error;
mod locale;
mod occasion;

use async_trait::async_trait;

use crate::shared::{EmailAddress, Name};

pub use error::MailError;
pub use locale::{Locale, UnknownLocale};
pub use occasion::Occasion;

/// A message to one person. It may carry a secret, which shows nowhere.
#[derive(Debug, Clone)]
pub struct Message {
    /// To whom.
    pub to: EmailAddress,
    /// In whose name; `None` is the platform's.
    pub speaker: Option<Name>,
    /// In which language; `None` is the platform's.
    pub locale: Option<Locale>,
    /// What it tells.
    pub occasion: Occasion,
}

impl Message {
    /// A message of the platform, in its language.
    pub fn of_platform(to: &EmailAddress, occasion: Occasion) -> Self {
        Self { to: to.clone(), speaker: None, locale: None, occasion }
    }
}

/// Sends messages. Called by jobs only, so that a slow mail server never holds up a request.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands the message over.
    ///
    /// # Errors
    ///
    /// [`MailError`], which tells whether another attempt can succeed.
    async fn send(&self, message: &Message) -> Result<(), MailError>;
}
