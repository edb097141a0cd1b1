use async_trait::async_trait;
use time::OffsetDateTime;

use super::SupportGrantId;
use crate::Deps;
use crate::identity::UserId;
use crate::jobs::{Done, JobError, JobId, JobKind, NewJob, PlatformAttempt, PlatformJobHandler, Priority};
use crate::mail::{Message, Occasion};

crate::payload! {
    /// Which owner to tell of which grant.
    pub struct OwnerToTell {
        /// The grant.
        support_grant_id: SupportGrantId,
        /// The owner.
        user_id: UserId,
    }
}

/// Tells owners that an operator was given access to their tenant.
///
/// It is a job of the platform: those of a tenant that is suspended wait until it is in use again, and of a grant there its
/// owners have to know at once.
#[derive(Debug, Clone, Copy)]
pub struct TellOfSupport;

impl JobKind for TellOfSupport {
    const NAME: &'static str = "support_grant.tell";
    const PRIORITY: Priority = Priority::High;
    type Payload = OwnerToTell;
}

#[async_trait]
impl PlatformJobHandler for TellOfSupport {
    async fn run(&self, attempt: &PlatformAttempt<'_>, about: OwnerToTell) -> Result<Done, JobError> {
        let unit = attempt.platform().await?;
        let Some(grant) = unit.support_grants().find(about.support_grant_id).await? else {
            return Ok(attempt.closed::<Self>());
        };
        let tenant = unit.tenants().find_with_deleted(grant.tenant_id).await?;
        let unit = unit.person().await?;
        let owner = unit.people().find(about.user_id).await?;
        let operator = unit.people().find(grant.operator_id).await?;
        drop(unit);
        let (Some(tenant), Some(owner), Some(operator)) = (tenant, owner, operator) else {
            return Ok(attempt.closed::<Self>());
        };
        let locale = tenant.locale;
        let occasion = Occasion::SupportGranted {
            tenant: tenant.name,
            operator: operator.display_name,
            grant_id: grant.id,
            reason: grant.reason,
            may_write: grant.may_write,
            expires_at: grant.expires_at,
        };
        // The platform tells of it, and not the tenant: it is the platform's people who were let in.
        let message = Message { to: owner.email, speaker: None, locale, occasion };
        attempt.mailer().send(&message).await?;
        Ok(attempt.done())
    }
}

/// The job that tells this owner.
pub(super) fn telling(deps: &Deps, grant: SupportGrantId, owner: UserId, now: OffsetDateTime) -> NewJob {
    let about = OwnerToTell { support_grant_id: grant, user_id: owner };
    NewJob::of::<TellOfSupport>(JobId::new(deps.ids.next()), &about, now)
}
