//! The one-time beginning: the first operator, the first tenant and its owner.

mod begin;
mod error;
mod ports;

pub use begin::{Bootstrap, Bootstrapped, bootstrap, bootstrap_locally, is_bootstrapped};
pub use error::BootstrapError;
pub use ports::{BOOTSTRAP_UNIQUE, BootstrapRepository};
