//! The rules of Cotenant, without any machinery: no I/O, no ORM, no HTTP, no environment, no ambient clock or
//! randomness. Jobs and tools of internal teams reuse this crate alone; the adapters live elsewhere.
//!
//! # The shape of a use case
//!
//! ```text
//! let scope = actor.authorize(StoresCreate)?;      // the only way to a scope is through a permission check
//! let unit = deps.db.write(&scope).await?;         // a unit of work knows its tenant; no port takes a tenant id
//! unit.stores().insert(&store).await?;
//! unit.audit().record(..).await?;
//! unit.commit().await?;                            // dropped instead: nothing happened
//! ```
//!
//! Each feature has the same rooms: `model` (entities and values), `ports` (traits the adapters implement), `error`,
//! and one file for each verb.

pub mod access;
pub mod addresses;
pub mod audit;
pub mod bootstrap;
pub mod cache;
pub mod deps;
pub mod idempotency;
pub mod identity;
pub mod invitations;
pub mod jobs;
pub mod limits;
pub mod mail;
pub mod members;
pub mod password_resets;
pub mod plans;
pub mod platform;
pub mod products;
pub mod roles;
pub mod services;
pub mod shared;
pub mod stores;
pub mod support;
pub mod tenancy;
pub mod tenants;
pub mod uow;

pub use deps::Deps;
