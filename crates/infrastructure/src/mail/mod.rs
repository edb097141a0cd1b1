//! Messages on their way: written in words, then put into a file or handed to a mail server.
//!
//! # Why one template for both forms
//!
//! A message is sent as text and as HTML, and both have to say the same. So the words of an occasion stand once for each
//! language, as paragraphs: the first is the subject. The text form is those words as they are; the HTML form renders the same
//! source again with its values escaped, and sets its paragraphs into one page. The files are part of the program, as the
//! occasions are: a test renders each of them with hostile values.

mod composer;
mod file;
mod smtp;
mod templates;
mod values;

pub use composer::{Composer, ComposerError, Letterhead};
pub use file::{FileMailer, NoMailer};
pub use smtp::{Encryption, SmtpMailer, SmtpOptions, SmtpSetupError};
