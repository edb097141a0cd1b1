//! E-mail addresses of people: shown to be theirs, and changed.
//!
//! # One thing for both
//!
//! An address is somebody's when they read what is sent there. A change asks for that twice: at the next address, so that it
//! is not somebody else's, and at the present one, so that a session left open, or a password that was guessed, does not
//! take the account away (ASVS 6.4.4). A verification is a change to the address one has, and its one message is enough.
//!
//! # Why a change tells nothing
//!
//! Whether the next address is somebody's already is found out when the message is written: then its owner is told, and the
//! change is never complete. The request is answered alike.

mod confirm;
mod error;
mod model;
mod ports;
mod request;
mod send;

pub use confirm::{Confirmed, confirm};
pub use error::{AddressError, ConfirmAddressError};
pub use model::{AddressChange, AddressChangeId, AddressToken, Mailbox, Proof};
pub use ports::AddressChangeRepository;
pub use request::{ChangeAddress, request_change, request_verification};
pub use send::{ProofToSend, SendAddressProof};
