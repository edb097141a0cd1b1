use super::{AuditError, AuditEvent, AuditFilter};
use crate::Deps;
use crate::shared::{Page, PageRequest};
use crate::tenancy::{Actor, AuditRead};

/// A page of the audit log to be shown.
#[derive(Debug, Clone, Default)]
pub struct ListAudit {
    /// Which events.
    pub filter: AuditFilter,
    /// Which page, in the order of the log.
    pub page: PageRequest<()>,
}

/// One page of the tenant's audit log.
///
/// # Errors
///
/// See [`AuditError`].
pub async fn list(actor: &Actor, deps: &Deps, query: ListAudit) -> Result<Page<AuditEvent>, AuditError> {
    let scope = actor.authorize(AuditRead)?;
    let unit = deps.db.read(&scope).await?;
    Ok(unit.audit().list(&query.filter, &query.page).await?)
}
