use async_trait::async_trait;
use time::OffsetDateTime;

use crate::identity::{NewOperatorSession, SessionId, UserId};
use crate::shared::{Page, PageRequest, RepositoryError};
use crate::tenancy::Version;
use crate::tenants::{Tenant, TenantId, TenantStatus};

/// Which tenants a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TenantFilter {
    /// Only those in this status.
    pub status: Option<TenantStatus>,
    /// Only those whose name or slug contains this folded text.
    pub text: Option<String>,
    /// Deleted ones too.
    pub include_deleted: bool,
}

/// What a list of tenants is sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TenantSort {
    /// The id, which is the order of creation.
    #[default]
    Id,
    /// The folded slug.
    Slug,
    /// When it was created.
    CreatedAt,
}

/// Reads and writes tenants' records, for the platform.
#[async_trait]
pub trait TenantRepository: Send + Sync {
    /// The live tenant with this id.
    async fn find(&self, id: TenantId) -> Result<Option<Tenant>, RepositoryError>;
    /// The tenant with this id, deleted or not.
    async fn find_with_deleted(&self, id: TenantId) -> Result<Option<Tenant>, RepositoryError>;
    /// One page of tenants.
    async fn list(
        &self,
        filter: &TenantFilter,
        page: &PageRequest<TenantSort>,
    ) -> Result<Page<Tenant>, RepositoryError>;
    /// Adds a tenant.
    async fn insert(&self, tenant: &Tenant) -> Result<(), RepositoryError>;
    /// Writes the whole changed record, deletion included, if its stored version is still `expected`;
    /// [`RepositoryError::Stale`] otherwise. The access version alone rises from what is stored: a tenant may be raising it
    /// at this moment, and it never falls.
    async fn update(&self, tenant: &Tenant, expected: Version) -> Result<(), RepositoryError>;
}

/// An operator of the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorRecord {
    /// The person.
    pub user_id: UserId,
    /// Since when.
    pub created_at: OffsetDateTime,
}

/// Reads and writes operators and their sessions.
#[async_trait]
pub trait OperatorRepository: Send + Sync {
    /// The operator, if the person is one.
    async fn find(&self, user: UserId) -> Result<Option<OperatorRecord>, RepositoryError>;
    /// All operators. There are few, and each is a risk: the list is short by nature.
    async fn list(&self) -> Result<Vec<OperatorRecord>, RepositoryError>;
    /// Makes a person an operator; `false` where they were one.
    async fn insert(&self, operator: &OperatorRecord) -> Result<bool, RepositoryError>;
    /// Takes the rank away and ends the sessions; `false` where they had none.
    async fn remove(&self, user: UserId, now: OffsetDateTime) -> Result<bool, RepositoryError>;
    /// Begins a session.
    async fn begin_session(&self, session: &NewOperatorSession) -> Result<(), RepositoryError>;
    /// Ends a session; one that has ended stays as it is.
    async fn end_session(&self, id: SessionId, now: OffsetDateTime) -> Result<(), RepositoryError>;
}
