//! Units of work over the wrapper's transactions.

use async_trait::async_trait;
use cotenant_domain::addresses::AddressChangeRepository;
use cotenant_domain::audit::{AuditLog, AuditReader};
use cotenant_domain::bootstrap::BootstrapRepository;
use cotenant_domain::identity::{PersonRepository, SessionReader, SessionRepository};
use cotenant_domain::invitations::{InvitationReader, InvitationRepository};
use cotenant_domain::jobs::{JobDispatcher, JobQueue, JobReader, ScheduleRepository};
use cotenant_domain::members::{MemberReader, MemberRepository};
use cotenant_domain::password_resets::PasswordResetRepository;
use cotenant_domain::platform::{OperatorRepository, PlatformAuditLog, TenantRepository};
use cotenant_domain::products::{ProductReader, ProductRepository};
use cotenant_domain::roles::{RoleReader, RoleRepository};
use cotenant_domain::services::{KeyReader, KeyRepository, ServiceReader, ServiceRepository};
use cotenant_domain::shared::RepositoryError;
use cotenant_domain::stores::{StoreReader, StoreRepository};
use cotenant_domain::support::{OwnSupportGrantReader, OwnSupportGrantRepository, SupportGrantRepository};
use cotenant_domain::tenancy::{Origin, PlatformScope, Principal, Read, StoreSet, TenantScope, Write};
use cotenant_domain::tenants::{OwnTenantReader, OwnTenantRepository};
use cotenant_domain::uow::{Database, PersonUnit, PlatformUnit, ReadUnit, WriteUnit};
use cotenant_scoped::door::{Person, Platform, Tenant};
use cotenant_scoped::{Mode, Reading, Scope, Stores, Transaction, Writing};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::access::RememberedRights;
use crate::audit::RememberedHeads;
use crate::error::repository;

/// The database behind every port.
#[derive(Clone)]
pub struct SeaDatabase {
    pub(crate) scoped: cotenant_scoped::Database,
    pub(crate) rights: RememberedRights,
    heads: RememberedHeads,
}

impl SeaDatabase {
    /// Over an open database.
    pub fn new(scoped: cotenant_scoped::Database) -> Self {
        Self { scoped, rights: RememberedRights::new(), heads: RememberedHeads::new() }
    }
}

/// Who does the work of a unit, for the audit log.
#[derive(Debug, Clone)]
pub(crate) struct Author {
    pub(crate) principal: Principal,
    pub(crate) origin: Origin,
}

/// A unit in one tenant. It implements every port of a tenant; the ports that write exist for `M` = [`Writing`] only.
pub(crate) struct TenantUnit<M> {
    pub(crate) tx: Transaction<Tenant, M>,
    pub(crate) tenant: Uuid,
    pub(crate) author: Author,
    pub(crate) heads: RememberedHeads,
}

/// A unit at the person door. Verifying the person changes the transaction, hence the lock.
pub(crate) struct SeaPersonUnit {
    pub(crate) tx: Mutex<Transaction<Person, Writing>>,
    heads: RememberedHeads,
}

/// A unit on the platform's records.
pub(crate) struct SeaPlatformUnit {
    pub(crate) tx: Transaction<Platform, Writing>,
    pub(crate) author: Author,
    heads: RememberedHeads,
}

/// The one place where a scope of the domain becomes a scope of the wrapper. The domain's is proof of a passed check;
/// nothing else in this crate makes a scope, and a test counts.
pub(crate) fn admit<A>(scope: &TenantScope<A>) -> Scope {
    let stores = match scope.stores() {
        StoreSet::All => Stores::All,
        StoreSet::Only(stores) => Stores::Only(stores.iter().map(|store| store.as_uuid()).collect()),
    };
    Scope::new(scope.tenant_id().as_uuid(), stores)
}

impl<M: Mode> TenantUnit<M> {
    fn new<A>(tx: Transaction<Tenant, M>, scope: &TenantScope<A>, heads: &RememberedHeads) -> Self {
        let author = Author { principal: scope.principal(), origin: scope.origin().clone() };
        Self { tx, tenant: scope.tenant_id().as_uuid(), author, heads: heads.clone() }
    }
}

fn platform_unit(
    tx: Transaction<Platform, Writing>,
    scope: &PlatformScope,
    heads: &RememberedHeads,
) -> Box<dyn PlatformUnit> {
    let author = Author { principal: scope.principal(), origin: scope.origin().clone() };
    Box::new(SeaPlatformUnit { tx, author, heads: heads.clone() })
}

#[async_trait]
impl Database for SeaDatabase {
    async fn read(&self, scope: &TenantScope<Read>) -> Result<Box<dyn ReadUnit>, RepositoryError> {
        let tx = match scope.snapshot().take::<Transaction<Tenant, Reading>>() {
            Some(tx) => tx.rescope(admit(scope)),
            None => self.scoped.read(admit(scope)).await,
        };
        Ok(Box::new(TenantUnit::new(tx.map_err(repository)?, scope, &self.heads)))
    }

    async fn write(&self, scope: &TenantScope<Write>) -> Result<Box<dyn WriteUnit>, RepositoryError> {
        let tx = match scope.snapshot().take::<Transaction<Tenant, Writing>>() {
            Some(tx) => tx.rescope(admit(scope)),
            None => self.scoped.write(admit(scope)).await,
        };
        Ok(Box::new(TenantUnit::new(tx.map_err(repository)?, scope, &self.heads)))
    }

    async fn person(&self) -> Result<Box<dyn PersonUnit>, RepositoryError> {
        let tx = self.scoped.person().await.map_err(repository)?;
        Ok(Box::new(SeaPersonUnit { tx: Mutex::new(tx), heads: self.heads.clone() }))
    }

    async fn platform(&self, scope: &PlatformScope) -> Result<Box<dyn PlatformUnit>, RepositoryError> {
        Ok(platform_unit(self.scoped.platform().await.map_err(repository)?, scope, &self.heads))
    }

    fn dispatcher(&self) -> &dyn JobDispatcher {
        self
    }

    async fn ping(&self) -> Result<(), RepositoryError> {
        self.scoped.ping().await.map_err(repository)
    }
}

impl ReadUnit for TenantUnit<Reading> {
    fn stores(&self) -> &dyn StoreReader {
        self
    }
    fn products(&self) -> &dyn ProductReader {
        self
    }
    fn roles(&self) -> &dyn RoleReader {
        self
    }
    fn members(&self) -> &dyn MemberReader {
        self
    }
    fn services(&self) -> &dyn ServiceReader {
        self
    }
    fn api_keys(&self) -> &dyn KeyReader {
        self
    }
    fn invitations(&self) -> &dyn InvitationReader {
        self
    }
    fn sessions(&self) -> &dyn SessionReader {
        self
    }
    fn support_grants(&self) -> &dyn OwnSupportGrantReader {
        self
    }
    fn audit(&self) -> &dyn AuditReader {
        self
    }
    fn jobs(&self) -> &dyn JobReader {
        self
    }
    fn tenant(&self) -> &dyn OwnTenantReader {
        self
    }
}

#[async_trait]
impl WriteUnit for TenantUnit<Writing> {
    fn stores(&self) -> &dyn StoreRepository {
        self
    }
    fn products(&self) -> &dyn ProductRepository {
        self
    }
    fn roles(&self) -> &dyn RoleRepository {
        self
    }
    fn members(&self) -> &dyn MemberRepository {
        self
    }
    fn services(&self) -> &dyn ServiceRepository {
        self
    }
    fn api_keys(&self) -> &dyn KeyRepository {
        self
    }
    fn invitations(&self) -> &dyn InvitationRepository {
        self
    }
    fn sessions(&self) -> &dyn SessionRepository {
        self
    }
    fn support_grants(&self) -> &dyn OwnSupportGrantRepository {
        self
    }
    fn audit(&self) -> &dyn AuditLog {
        self
    }
    fn jobs(&self) -> &dyn JobQueue {
        self
    }
    fn tenant(&self) -> &dyn OwnTenantRepository {
        self
    }

    async fn platform(self: Box<Self>, scope: &PlatformScope) -> Result<Box<dyn PlatformUnit>, RepositoryError> {
        let Self { tx, heads, .. } = *self;
        Ok(platform_unit(tx.platform().await.map_err(repository)?, scope, &heads))
    }

    async fn commit(self: Box<Self>) -> Result<(), RepositoryError> {
        self.tx.commit().await.map_err(repository)
    }
}

#[async_trait]
impl PersonUnit for SeaPersonUnit {
    fn people(&self) -> &dyn PersonRepository {
        self
    }
    fn password_resets(&self) -> &dyn PasswordResetRepository {
        self
    }

    fn address_changes(&self) -> &dyn AddressChangeRepository {
        self
    }

    async fn enter(self: Box<Self>, scope: &TenantScope<Write>) -> Result<Box<dyn WriteUnit>, RepositoryError> {
        let tx = self.tx.into_inner().enter(admit(scope)).await.map_err(repository)?;
        Ok(Box::new(TenantUnit::new(tx, scope, &self.heads)))
    }

    async fn platform(self: Box<Self>, scope: &PlatformScope) -> Result<Box<dyn PlatformUnit>, RepositoryError> {
        let tx = self.tx.into_inner().platform().await.map_err(repository)?;
        Ok(platform_unit(tx, scope, &self.heads))
    }

    async fn commit(self: Box<Self>) -> Result<(), RepositoryError> {
        self.tx.into_inner().commit().await.map_err(repository)
    }
}

#[async_trait]
impl PlatformUnit for SeaPlatformUnit {
    fn tenants(&self) -> &dyn TenantRepository {
        self
    }
    fn operators(&self) -> &dyn OperatorRepository {
        self
    }
    fn bootstrap(&self) -> &dyn BootstrapRepository {
        self
    }
    fn support_grants(&self) -> &dyn SupportGrantRepository {
        self
    }
    fn audit(&self) -> &dyn PlatformAuditLog {
        self
    }
    fn jobs(&self) -> &dyn JobQueue {
        self
    }
    fn schedules(&self) -> &dyn ScheduleRepository {
        self
    }

    async fn person(self: Box<Self>) -> Result<Box<dyn PersonUnit>, RepositoryError> {
        let tx = self.tx.person().await.map_err(repository)?;
        Ok(Box::new(SeaPersonUnit { tx: Mutex::new(tx), heads: self.heads }))
    }

    async fn enter(self: Box<Self>, scope: &TenantScope<Write>) -> Result<Box<dyn WriteUnit>, RepositoryError> {
        let tx = self.tx.enter(admit(scope)).await.map_err(repository)?;
        Ok(Box::new(TenantUnit::new(tx, scope, &self.heads)))
    }

    async fn commit(self: Box<Self>) -> Result<(), RepositoryError> {
        self.tx.commit().await.map_err(repository)
    }
}
