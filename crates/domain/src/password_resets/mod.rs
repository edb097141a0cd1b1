//! Passwords that were forgotten: asked for by anybody, answered by mail, set with the token of the message.
//!
//! # Why a request tells nothing
//!
//! Whoever asks is answered before anybody has looked whether the address is known: the request writes one row and one job,
//! whosesoever the address is. Everything else happens in the job, so that neither status, nor body, nor time tells who has
//! an account (ASVS 6.3.8).

mod confirm;
mod error;
mod model;
mod ports;
mod request;
mod send;

pub use confirm::{ConfirmReset, confirm};
pub use error::{ConfirmResetError, RequestResetError};
pub use model::{IssuedReset, PasswordReset, PasswordResetId, ResetToken};
pub use ports::PasswordResetRepository;
pub use request::request;
pub use send::{ResetToSend, SendPasswordReset};
