//! What a measurement is made of: load, figures, and what the operating system says of processes.
//!
//! # Why it is all here
//!
//! A machine with a Rust toolchain has no load generator, and the benchmark installs nothing.

pub mod figures;
pub mod load;
pub mod process;
pub mod proxy;

/// What can fail in a benchmark ends it; the text is all that matters then.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error>>;
