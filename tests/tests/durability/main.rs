//! What was acknowledged is there, whatever ends midway: the server, the database, the connection between them, or the
//! client.
//!
//! [`load`] sends creates, changes and deletions of stores to the program over HTTP and keeps a [`ledger`] of what it
//! was told. The trouble is in one file for each kind. In the end [`found`] reads the database past the server, and
//! [`verdict`] compares: acknowledged writes are there with their content, refused ones are not, those whose answer was
//! lost are there once or not at all, and the audit log tells of exactly what is there, without a gap. [`worker_killed`] asks
//! the same of jobs that send messages, and [`workers_killed`] of jobs whose effects are in the database.
//!
//! # What a killed process cannot show
//!
//! The machine stays up, so what the operating system holds reaches the disk. That the databases wait for the disk
//! before they acknowledge is their settings' part: `synchronous = FULL` of SQLite, `fsync` of PostgreSQL.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]

mod clients_gone;
mod cluster;
mod connections_cut;
mod database_killed;
mod found;
mod house;
mod ledger;
mod load;
mod server_killed;
mod verdict;
mod worker_killed;
mod workers_killed;
