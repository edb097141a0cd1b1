use async_trait::async_trait;
use serde_json::json;
use time::OffsetDateTime;

use super::SupportGrantId;
use crate::Deps;
use crate::identity::UserId;
use crate::jobs::{Job, JobError, JobId, NewJob, PlatformJobHandler};
use crate::mail;
use crate::tenancy::PlatformScope;

/// The kind of the job that tells an owner of a grant; its payload is `{"support_grant_id": ..., "user_id": ...}`.
const TELL_OF_SUPPORT: &str = "support_grant.tell";

/// Tells owners that an operator was given access to their tenant.
///
/// It is a job of the platform: those of a tenant that is suspended wait until it is in use again, and of a grant there its
/// owners have to know at once.
#[derive(Debug, Clone, Copy)]
pub struct TellOfSupport;

#[async_trait]
impl PlatformJobHandler for TellOfSupport {
    fn kind(&self) -> &'static str {
        TELL_OF_SUPPORT
    }

    async fn run(&self, deps: &Deps, scope: &PlatformScope, job: &Job) -> Result<(), JobError> {
        let unit = deps.db.platform(scope).await?;
        let Some(grant) = unit.support_grants().find(job.id_in("support_grant_id")?).await? else { return Ok(()) };
        let tenant = unit.tenants().find_with_deleted(grant.tenant_id).await?;
        let unit = unit.person().await?;
        let owner = unit.people().find(job.id_in("user_id")?).await?;
        let operator = unit.people().find(grant.operator_id).await?;
        drop(unit);
        if let (Some(tenant), Some(owner), Some(operator)) = (tenant, owner, operator) {
            deps.mailer
                .send(&mail::support_granted(&owner.email, &tenant.name, &operator.display_name, &grant))
                .await?;
        }
        Ok(())
    }
}

/// The job that tells this owner.
pub(super) fn telling(deps: &Deps, grant: SupportGrantId, owner: UserId, now: OffsetDateTime) -> NewJob {
    NewJob {
        id: JobId::new(deps.ids.next()),
        kind: TELL_OF_SUPPORT,
        payload: json!({ "support_grant_id": grant, "user_id": owner }),
        run_at: now,
    }
}
