use async_trait::async_trait;

use super::error::JobError;
use super::model::Job;
use super::scope::JobScope;
use crate::Deps;
use crate::tenancy::PlatformScope;

/// Does one kind of job.
///
/// A handler is given the scope of the job's tenant and nothing wider. The same job can be begun again after a failure or
/// a lost worker, even while the first attempt still runs: doing it twice must harm nobody.
#[async_trait]
pub trait JobHandler: Send + Sync {
    /// The kind of job it does.
    fn kind(&self) -> &'static str;
    /// Makes one attempt. Jobs of a tenant that is not in use are kept for later and do not come here.
    ///
    /// # Errors
    ///
    /// Any [`JobError`]: the job is tried again after a pause, a limited number of times.
    async fn run(&self, deps: &Deps, scope: &JobScope, job: &Job) -> Result<(), JobError>;
}

/// Does one kind of job of the platform. As [`JobHandler`], but for what is in no tenant.
#[async_trait]
pub trait PlatformJobHandler: Send + Sync {
    /// The kind of job it does.
    fn kind(&self) -> &'static str;
    /// Makes one attempt.
    ///
    /// # Errors
    ///
    /// As [`JobHandler::run`].
    async fn run(&self, deps: &Deps, scope: &PlatformScope, job: &Job) -> Result<(), JobError>;
}
