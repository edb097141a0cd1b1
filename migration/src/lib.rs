//! The schema, one change a file, each with its way back.
//!
//! Rules for a new file: separate statements; a new table that tenants own has its primary key and every unique rule led
//! by `tenant_id`, composite foreign keys, and its wall (`Dialect::tenant_wall`) in the same file; unique rules are named
//! `<table>_<last column>_unique`, which is how both databases report them. `cotenant migrate new NAME` writes the frame.

#![expect(elided_lifetimes_in_paths, reason = "the trait's signature elides it, and async_trait wants the same")]

mod dialect;
mod m20261123_000100_doors;
mod m20261123_000200_platform;
mod m20261123_000300_people;
mod m20261123_000400_memberships;
mod m20261123_000500_stores;
mod m20261123_000600_roles;
mod m20261123_000700_products;
mod m20261123_000800_invitations;
mod m20261123_000900_audit;
mod m20261123_001000_jobs;
mod m20261123_001100_access;
mod m20261123_001200_slugs;
mod m20261123_001300_renewal;
mod m20261123_001400_audit_chain;
mod m20261123_001500_services;
mod m20261123_001600_own_sessions;
mod m20261123_001610_platform_jobs;
mod m20261123_001620_password_resets;
mod m20261123_001630_platform_log;
mod m20261123_001700_addresses;
mod m20261123_001800_support_grants;
mod m20261123_001900_durable_jobs;
mod m20261123_001910_jobs_that_wait;
mod m20261123_002000_kept_answers;
mod m20261123_002100_tenant_plan;
mod m20261123_002200_tenant_locale;
mod m20261123_002210_dead_letters_end;
mod runner;

pub use runner::{Runner, RunnerError, SchemaState, Step, beside, sqlite_path};
pub use sea_orm_migration::prelude::MigratorTrait;
use sea_orm_migration::prelude::{MigrationTrait, async_trait};

/// All migrations in their order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000100_doors::Migration),
            Box::new(m20261123_000200_platform::Migration),
            Box::new(m20261123_000300_people::Migration),
            Box::new(m20261123_000400_memberships::Migration),
            Box::new(m20261123_000500_stores::Migration),
            Box::new(m20261123_000600_roles::Migration),
            Box::new(m20261123_000700_products::Migration),
            Box::new(m20261123_000800_invitations::Migration),
            Box::new(m20261123_000900_audit::Migration),
            Box::new(m20261123_001000_jobs::Migration),
            Box::new(m20261123_001100_access::Migration),
            Box::new(m20261123_001200_slugs::Migration),
            Box::new(m20261123_001300_renewal::Migration),
            Box::new(m20261123_001400_audit_chain::Migration),
            Box::new(m20261123_001500_services::Migration),
            Box::new(m20261123_001600_own_sessions::Migration),
            Box::new(m20261123_001610_platform_jobs::Migration),
            Box::new(m20261123_001620_password_resets::Migration),
            Box::new(m20261123_001630_platform_log::Migration),
            Box::new(m20261123_001700_addresses::Migration),
            Box::new(m20261123_001800_support_grants::Migration),
            Box::new(m20261123_001900_durable_jobs::Migration),
            Box::new(m20261123_001910_jobs_that_wait::Migration),
            Box::new(m20261123_002000_kept_answers::Migration),
            Box::new(m20261123_002100_tenant_plan::Migration),
            Box::new(m20261123_002200_tenant_locale::Migration),
            Box::new(m20261123_002210_dead_letters_end::Migration),
        ]
    }
}
