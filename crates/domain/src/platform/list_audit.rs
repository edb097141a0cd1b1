use super::{PlatformAuditEvent, PlatformAuditFilter, PlatformError};
use crate::Deps;
use crate::shared::{Page, PageRequest};
use crate::tenancy::Operator;

/// A page of the platform's audit log to be shown.
#[derive(Debug, Clone, Default)]
pub struct ListPlatformAudit {
    /// Which events.
    pub filter: PlatformAuditFilter,
    /// Which page, in the order of the log.
    pub page: PageRequest<()>,
}

/// One page of the platform's audit log.
///
/// # Errors
///
/// See [`PlatformError`].
pub async fn list_audit(
    operator: &Operator,
    deps: &Deps,
    query: ListPlatformAudit,
) -> Result<Page<PlatformAuditEvent>, PlatformError> {
    let unit = deps.db.platform(&operator.platform()).await?;
    Ok(unit.audit().list(&query.filter, &query.page).await?)
}
