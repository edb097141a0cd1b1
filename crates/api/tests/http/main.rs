//! The API over its in-memory adapters, asked as clients ask it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests: what fails here ends the test")]

mod audiences;
mod audit;
mod bad_input;
mod envelope;
mod idempotency;
mod identity;
mod limits;
mod outage;
mod people;
mod platform;
mod stores;
mod support;
