//! The `cotenant` program: command line, configuration and wiring. No rules live here.

pub mod command;
pub mod config;
mod failure;
pub mod logging;
mod mail;
mod serve;
mod signing_keys;
mod wiring;
mod worker;

pub use failure::Failure;
pub use serve::{Running, start};
pub use wiring::{deps, keys};
pub use worker::{Worker, run_worker};
