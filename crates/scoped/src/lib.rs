//! A tenant filter over SeaORM that cannot be forgotten, because it owns the connection.
//!
//! # Why a crate of its own
//!
//! Filters that a query has to ask for are forgotten; filters that a query can opt out of are opted out of. Here the
//! database connection is the capability, and this crate never gives it away. A query built elsewhere is harmless: there
//! is nothing to execute it on. What can be executed is what the types below offer:
//!
//! - Every table is declared once, with [`Guarded`], as one of the kinds of [`table`]; coherence makes the choice
//!   exclusive. A transaction at a [`door`] sees only the kinds that the door opens to; anything else does not compile.
//! - Every select, count and update carries the tenant, the store set and `deleted_at IS NULL` as its outermost,
//!   parenthesised conjunction. Filters hold typed columns and bound values, nothing else.
//! - Inserts are checked; tenant, store and id never change; every decoded row is compared with the scope.
//! - There is no raw SQL, no access to the statement, no join, and no hard delete but for tables that are declared
//!   [`Revocable`].
//! - A transaction that changes what somebody may do commits only if the version of rights rises in it: see [`Decides`].
//! - On PostgreSQL a transaction begins with the tenant as a transaction-local setting, under a role that row-level
//!   security binds; on SQLite per-connection triggers refuse writes outside the scope. Both hold where this crate errs.
//!
//! It depends on nothing of ours and fits any SeaORM project with a shared database.

mod connect;
pub mod door;
mod error;
mod filter;
mod find;
mod lease;
mod meter;
mod rights;
mod scope;
pub mod table;
mod transaction;
mod write;

pub use connect::{Database, Options, Wall, WallRule};
pub use error::Error;
pub use filter::Filter;
pub use find::{Find, Order};
pub use meter::Meter;
pub use rights::Decides;
pub use scope::{Scope, Stores};
pub use table::{Guard, Guarded, Revocable};
pub use transaction::{Mode, Reading, Transaction, Writing};
pub use write::Change;
