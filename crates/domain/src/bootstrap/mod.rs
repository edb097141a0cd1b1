//! The one-time beginning: the first operator, the first tenant and its owner.

mod ports;

pub use ports::{BOOTSTRAP_UNIQUE, BootstrapRepository};
