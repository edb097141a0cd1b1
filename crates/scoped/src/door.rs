//! Doors: from where a transaction looks at the database. Each is a type, a PostgreSQL role and a set of policies.

use crate::table::{DispatchTable, OwnTable, PersonTable, PlatformTable, StoreTable, TenantTable};

/// A door.
pub trait Door: Send + Sync + 'static {
    /// The PostgreSQL role that stands at it, and the name that SQLite's triggers check.
    const NAME: &'static str;
}

/// Which door opens to which tables is settled here and nowhere else.
mod sealed {
    use super::*;

    pub trait Opens<K> {}

    impl Opens<TenantTable> for Tenant {}
    impl Opens<StoreTable> for Tenant {}
    impl Opens<PersonTable> for Person {}
    impl Opens<OwnTable> for Person {}
    impl Opens<PlatformTable> for Platform {}
    impl Opens<DispatchTable> for Dispatcher {}
}

/// A door opens to tables of a kind.
pub trait Opens<K>: Door + sealed::Opens<K> {}

/// Inside one tenant.
#[derive(Debug, Clone, Copy)]
pub enum Tenant {}
/// People and credentials; of tenants, what is a person's own.
#[derive(Debug, Clone, Copy)]
pub enum Person {}
/// The platform's records.
#[derive(Debug, Clone, Copy)]
pub enum Platform {}
/// Due jobs of all tenants, without payload.
#[derive(Debug, Clone, Copy)]
pub enum Dispatcher {}

impl Door for Tenant {
    const NAME: &'static str = "tenant";
}
impl Door for Person {
    const NAME: &'static str = "person";
}
impl Door for Platform {
    const NAME: &'static str = "platform";
}
impl Door for Dispatcher {
    const NAME: &'static str = "dispatcher";
}

impl Opens<TenantTable> for Tenant {}
impl Opens<StoreTable> for Tenant {}
impl Opens<PersonTable> for Person {}
impl Opens<OwnTable> for Person {}
impl Opens<PlatformTable> for Platform {}
impl Opens<DispatchTable> for Dispatcher {}
