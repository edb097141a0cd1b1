use std::marker::PhantomData;

use uuid::Uuid;

use crate::door::{self, Door};
use crate::error::Error;
use crate::lease::{AnyPool, Lease};
use crate::meter::Meter;
use crate::scope::Scope;
use std::sync::Arc;

/// Marks a transaction that reads.
#[derive(Debug, Clone, Copy)]
pub enum Reading {}
/// Marks a transaction that reads and writes.
#[derive(Debug, Clone, Copy)]
pub enum Writing {}

/// Whether a transaction writes.
pub trait Mode: Send + Sync + 'static {
    /// Whether it does.
    const WRITES: bool;
}
impl Mode for Reading {
    const WRITES: bool = false;
}
impl Mode for Writing {
    const WRITES: bool = true;
}

/// A transaction at a door. Dropped, it rolls back.
pub struct Transaction<D, M> {
    pub(crate) lease: Lease,
    /// Set at the tenant door.
    pub(crate) scope: Option<Scope>,
    /// Set at the person door once the person is verified.
    pub(crate) person: Option<Uuid>,
    at: PhantomData<fn() -> (D, M)>,
}

/// The setting that row-level security reads, and the role it binds. Both end with the transaction.
fn postgres_context<D: Door>(tenant: Uuid, person: Uuid, role: bool) -> String {
    let mut sql = String::new();
    if role {
        sql.push_str(&format!("SET LOCAL ROLE cotenant_{}; ", D::NAME));
    }
    if !tenant.is_nil() || role {
        sql.push_str(&format!("SET LOCAL app.tenant_id = '{}'; ", blank_when_nil(tenant)));
    }
    if !person.is_nil() || role {
        sql.push_str(&format!("SET LOCAL app.person_id = '{}'; ", blank_when_nil(person)));
    }
    sql
}

fn blank_when_nil(id: Uuid) -> String {
    if id.is_nil() { String::new() } else { id.to_string() }
}

/// The row that the triggers read; it lives in the connection's own temporary schema and rolls back with the transaction.
fn sqlite_context<D: Door>(tenant: Uuid) -> String {
    let hex = tenant.simple();
    format!("UPDATE temp.cotenant_scope SET door = '{}', tenant_id = x'{hex}', person_id = x''", D::NAME)
}

impl<D: Door, M: Mode> Transaction<D, M> {
    pub(crate) async fn begin(pool: &AnyPool, meter: &Arc<Meter>, scope: Option<Scope>) -> Result<Self, Error> {
        let tenant = scope.as_ref().map_or(Uuid::nil(), Scope::tenant);
        let sql = match pool {
            AnyPool::Postgres(_) => {
                // One snapshot for all that a reading transaction shows.
                let reading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                let begin = if M::WRITES { "BEGIN" } else { reading };
                // A connection's role is the tenant's from its start.
                let role = D::NAME != door::Tenant::NAME;
                format!("{begin}; {}", postgres_context::<D>(tenant, Uuid::nil(), role))
            }
            AnyPool::Sqlite(_) if M::WRITES => format!("BEGIN IMMEDIATE; {}", sqlite_context::<D>(tenant)),
            AnyPool::Sqlite(_) => "BEGIN".to_owned(),
        };
        Ok(Self { lease: pool.begin(&sql, meter).await?, scope, person: None, at: PhantomData })
    }
}

impl<M: Mode> Transaction<door::Tenant, M> {
    /// Goes on with another store set of the same tenant.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfScope`] for another tenant.
    pub fn rescope(mut self, scope: Scope) -> Result<Self, Error> {
        if self.scope.as_ref().map(Scope::tenant) != Some(scope.tenant()) {
            return Err(Error::OutOfScope);
        }
        self.scope = Some(scope);
        Ok(self)
    }
}

impl<D: Door> Transaction<D, Writing> {
    /// Goes on at another door, in the same transaction.
    async fn pass<N: Door>(mut self, scope: Option<Scope>) -> Result<Transaction<N, Writing>, Error> {
        let tenant = scope.as_ref().map_or(Uuid::nil(), Scope::tenant);
        let sql = match self.lease.backend() {
            sea_orm::DbBackend::Postgres => postgres_context::<N>(tenant, Uuid::nil(), true),
            _ => sqlite_context::<N>(tenant),
        };
        self.lease.switch(&sql).await?;
        Ok(Transaction { lease: self.lease, scope, person: None, at: PhantomData })
    }

    /// Steps into a tenant.
    pub async fn enter(self, scope: Scope) -> Result<Transaction<door::Tenant, Writing>, Error> {
        self.pass(Some(scope)).await
    }

    /// Steps to the person door.
    pub async fn person(self) -> Result<Transaction<door::Person, Writing>, Error> {
        self.pass(None).await
    }

    /// Steps to the platform's records.
    pub async fn platform(self) -> Result<Transaction<door::Platform, Writing>, Error> {
        self.pass(None).await
    }

    /// Makes everything take effect.
    pub async fn commit(self) -> Result<(), Error> {
        self.lease.commit().await
    }
}

impl<M: Mode> Transaction<door::Person, M> {
    /// Lets a person who proved who they are reach what is their own, and nobody else's.
    pub async fn verified(&mut self, person: Uuid) -> Result<(), Error> {
        if self.lease.backend() == sea_orm::DbBackend::Postgres {
            self.lease.switch(&format!("SET LOCAL app.person_id = '{person}'")).await?;
        } else if M::WRITES {
            let person = person.simple();
            self.lease.switch(&format!("UPDATE temp.cotenant_scope SET person_id = x'{person}'")).await?;
        }
        self.person = Some(person);
        Ok(())
    }
}
