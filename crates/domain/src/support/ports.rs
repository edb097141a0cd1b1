use async_trait::async_trait;
use time::OffsetDateTime;

use super::model::{End, SupportGrant, SupportGrantId};
use crate::identity::UserId;
use crate::shared::{Page, PageRequest, RepositoryError};
use crate::tenants::TenantId;

/// Which grants a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SupportGrantFilter {
    /// Only those of this operator.
    pub operator_id: Option<UserId>,
    /// Only those that are live at this moment.
    pub live_at: Option<OffsetDateTime>,
}

/// Reads the support grants of the scope's tenant.
#[async_trait]
pub trait OwnSupportGrantReader: Send + Sync {
    /// The grant with this id, over or not.
    async fn find(&self, id: SupportGrantId) -> Result<Option<SupportGrant>, RepositoryError>;
    /// One page of grants by id, which is the order in which they were made.
    async fn list(
        &self,
        filter: &SupportGrantFilter,
        page: &PageRequest<()>,
    ) -> Result<Page<SupportGrant>, RepositoryError>;
}

/// Ends support grants of the scope's tenant and notes their use. A tenant makes none and changes nothing else of them.
#[async_trait]
pub trait OwnSupportGrantRepository: OwnSupportGrantReader {
    /// Ends a grant; `false` where it is over at that moment, or not there.
    async fn end(&self, id: SupportGrantId, end: End) -> Result<bool, RepositoryError>;
    /// Notes a use of a grant, ended since or not.
    async fn note_use(
        &self,
        id: SupportGrantId,
        at: OffsetDateTime,
        address: Option<&str>,
    ) -> Result<(), RepositoryError>;
}

/// Makes and ends support grants, for the platform.
#[async_trait]
pub trait SupportGrantRepository: Send + Sync {
    /// The grant with this id, over or not.
    async fn find(&self, id: SupportGrantId) -> Result<Option<SupportGrant>, RepositoryError>;
    /// One page of grants by id, which is the order in which they were made.
    async fn list(
        &self,
        filter: &SupportGrantFilter,
        page: &PageRequest<()>,
    ) -> Result<Page<SupportGrant>, RepositoryError>;
    /// All live grants of an operator, by tenant.
    async fn live_of(&self, operator: UserId, now: OffsetDateTime) -> Result<Vec<SupportGrant>, RepositoryError>;
    /// All live grants in a tenant.
    async fn live_in(&self, tenant: TenantId, now: OffsetDateTime) -> Result<Vec<SupportGrant>, RepositoryError>;
    /// Adds a grant.
    async fn insert(&self, grant: &SupportGrant) -> Result<(), RepositoryError>;
    /// Ends a grant; `false` where it is over at that moment, or not there.
    async fn end(&self, id: SupportGrantId, end: End) -> Result<bool, RepositoryError>;
}
