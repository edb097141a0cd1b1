use async_trait::async_trait;
use cotenant_domain::addresses::AddressChangeRepository;
use cotenant_domain::audit::{AuditLog, AuditReader};
use cotenant_domain::bootstrap::BootstrapRepository;
use cotenant_domain::identity::{PersonRepository, SessionReader, SessionRepository};
use cotenant_domain::invitations::{InvitationReader, InvitationRepository};
use cotenant_domain::jobs::{JobQueue, JobReader, ScheduleRepository};
use cotenant_domain::members::{MemberReader, MemberRepository};
use cotenant_domain::password_resets::PasswordResetRepository;
use cotenant_domain::platform::{OperatorRepository, PlatformAuditLog, TenantRepository};
use cotenant_domain::products::{ProductReader, ProductRepository};
use cotenant_domain::roles::{RoleReader, RoleRepository};
use cotenant_domain::services::{KeyReader, KeyRepository, ServiceReader, ServiceRepository};
use cotenant_domain::shared::RepositoryError;
use cotenant_domain::stores::{StoreId, StoreReader, StoreRepository};
use cotenant_domain::support::{OwnSupportGrantReader, OwnSupportGrantRepository, SupportGrantRepository};
use cotenant_domain::tenancy::{Origin, PlatformScope, Principal, StoreSet, TenantScope, Write};
use cotenant_domain::tenants::{OwnTenantReader, OwnTenantRepository, TenantId};
use cotenant_domain::uow::{PersonUnit, PlatformUnit, ReadUnit, WriteUnit};

use super::state::{Room, State};
use super::work::Work;

/// A unit inside one tenant. It implements every port of a tenant: one small file each.
pub(super) struct TenantWork {
    pub(super) work: Work,
    pub(super) tenant: TenantId,
    pub(super) stores: StoreSet,
    pub(super) principal: Principal,
    pub(super) origin: Origin,
}

impl TenantWork {
    pub(super) fn new<A>(work: Work, scope: &TenantScope<A>) -> Self {
        Self {
            work,
            tenant: scope.tenant_id(),
            stores: scope.stores().clone(),
            principal: scope.principal(),
            origin: scope.origin().clone(),
        }
    }

    /// Looks at what the tenant owns.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Room) -> T) -> Result<T, RepositoryError> {
        self.work.read(|state| look(state.room(self.tenant)))
    }

    /// Changes what the tenant owns.
    pub(super) fn act<T>(
        &self,
        act: impl FnOnce(&mut Room) -> Result<T, RepositoryError>,
    ) -> Result<T, RepositoryError> {
        self.work.change(|state: &mut State| act(state.room_mut(self.tenant)?))
    }

    /// Refuses a row that is not the scope's.
    pub(super) fn admit(&self, tenant: TenantId, store: Option<StoreId>) -> Result<(), RepositoryError> {
        let within = tenant == self.tenant && store.is_none_or(|store| self.stores.contains(store));
        if within { Ok(()) } else { Err(RepositoryError::OutOfScope) }
    }
}

impl ReadUnit for TenantWork {
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
impl WriteUnit for TenantWork {
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
        self.work.check()?;
        Ok(Box::new(PlatformWork::new(self.work, scope)))
    }
    async fn commit(self: Box<Self>) -> Result<(), RepositoryError> {
        self.work.publish()
    }
}

/// A unit at the person door.
pub(super) struct PeopleWork {
    pub(super) work: Work,
}

impl PeopleWork {
    pub(super) fn new(work: Work) -> Self {
        Self { work }
    }
}

#[async_trait]
impl PersonUnit for PeopleWork {
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
        self.work.check()?;
        Ok(Box::new(TenantWork::new(self.work, scope)))
    }
    async fn platform(self: Box<Self>, scope: &PlatformScope) -> Result<Box<dyn PlatformUnit>, RepositoryError> {
        self.work.check()?;
        Ok(Box::new(PlatformWork::new(self.work, scope)))
    }
    async fn commit(self: Box<Self>) -> Result<(), RepositoryError> {
        self.work.publish()
    }
}

/// A unit on the platform's records.
pub(super) struct PlatformWork {
    pub(super) work: Work,
    pub(super) principal: Principal,
    pub(super) origin: Origin,
}

impl PlatformWork {
    pub(super) fn new(work: Work, scope: &PlatformScope) -> Self {
        Self { work, principal: scope.principal(), origin: scope.origin().clone() }
    }
}

#[async_trait]
impl PlatformUnit for PlatformWork {
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
        self.work.check()?;
        Ok(Box::new(PeopleWork::new(self.work)))
    }
    async fn enter(self: Box<Self>, scope: &TenantScope<Write>) -> Result<Box<dyn WriteUnit>, RepositoryError> {
        self.work.check()?;
        Ok(Box::new(TenantWork::new(self.work, scope)))
    }
    async fn commit(self: Box<Self>) -> Result<(), RepositoryError> {
        self.work.publish()
    }
}
