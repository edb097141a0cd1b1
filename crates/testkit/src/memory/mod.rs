//! Every port of the domain over one value in memory, with the manners of a real database.
//!
//! # Why it is strict
//!
//! A fake that forgives hides bugs until production. This one keeps what the SQL adapters keep: units of work that see one
//! snapshot and take effect at `commit` or not at all, writers one after the other, scopes (tenant, stores, deleted rows)
//! on every read and write, unique rules by their exported names, versions, references. After an error a unit refuses
//! everything, as PostgreSQL does. The contract suite holds all of them to the same rules.
//!
//! What a tenant owns lives in a `Room` of its own, so a unit of one tenant has no path to the rows of another.

mod access;
mod addresses;
mod answers;
mod api_keys;
mod audit;
mod bootstrap;
mod database;
mod dispatcher;
mod invitations;
mod jobs;
mod members;
mod operators;
mod paging;
mod password_resets;
mod people;
mod platform_audit;
mod products;
mod roles;
mod services;
mod sessions;
mod state;
mod stores;
mod support;
mod tenant;
mod tenants;
mod unit;
mod work;

pub use database::MemoryDatabase;
