use async_trait::async_trait;

use super::model::{AuditEvent, AuditFilter, NewAudit};
use crate::shared::{Page, PageRequest, RepositoryError};

/// Reads the audit log of the scope's tenant.
#[async_trait]
pub trait AuditReader: Send + Sync {
    /// One page of events by `seq`; a position's value is the `seq` as [`SortValue::Int`](crate::shared::SortValue).
    async fn list(&self, filter: &AuditFilter, page: &PageRequest<()>) -> Result<Page<AuditEvent>, RepositoryError>;
}

/// Appends to the audit log of the scope's tenant.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Records an event, in the same transaction as the act, chained to the one before. It takes the next place in the log,
    /// which is locked until the unit ends, so that the chain has no forks: record last, so that other writers of the tenant
    /// wait as briefly as can be.
    async fn record(&self, event: NewAudit) -> Result<(), RepositoryError>;
}
