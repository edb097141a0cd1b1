//! Messages on their way to a real mail server: of the adapter alone, of the program, and of the product.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "mail/product.rs"]
mod product;
#[path = "mail/program.rs"]
mod program;
#[path = "mail/smtp.rs"]
mod smtp;

/// The password that a mail server is shown.
const MAIL_PASSWORD: &str = "a-password-of-mail";
/// The same as it goes over the wire with the user `us` (RFC 4616, in base64).
const MAIL_PASSWORD_SENT: &str = "AHVzAGEtcGFzc3dvcmQtb2YtbWFpbA==";
