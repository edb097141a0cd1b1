use super::error::JobsError;
use super::model::{JobFilter, JobRecord};
use crate::Deps;
use crate::shared::{Page, PageRequest};
use crate::tenancy::{Actor, JobsRead, Operator};

/// A page of jobs to be shown.
#[derive(Debug, Clone, Default)]
pub struct ListJobs {
    /// Which.
    pub filter: JobFilter,
    /// Which page, in the order in which they were queued.
    pub page: PageRequest<()>,
}

/// One page of the tenant's jobs.
///
/// # Errors
///
/// See [`JobsError`].
pub async fn list(actor: &Actor, deps: &Deps, query: ListJobs) -> Result<Page<JobRecord>, JobsError> {
    let unit = deps.db.read(&actor.authorize(JobsRead)?).await?;
    Ok(unit.jobs().list(&query.filter, &query.page).await?)
}

/// One page of the platform's jobs.
///
/// # Errors
///
/// See [`JobsError`].
pub async fn list_at_platform(operator: &Operator, deps: &Deps, query: ListJobs) -> Result<Page<JobRecord>, JobsError> {
    let unit = deps.db.platform(&operator.platform()).await?;
    Ok(unit.jobs().list(&query.filter, &query.page).await?)
}
