use serde_json::json;
use time::OffsetDateTime;

use super::PlatformError;
use super::act::{Act, routine};
use crate::Deps;
use crate::invitations::{Invitation, InvitationId, InvitationStatus, sending};
use crate::mail::Locale;
use crate::shared::{EmailAddress, Name, Slug, whole_microseconds};
use crate::tenancy::{Operator, TenantBase};
use crate::tenants::{Tenant, TenantId, seed_tenant};

/// A tenant to be created.
#[derive(Debug, Clone)]
pub struct CreateTenant {
    /// What people call it.
    pub name: Name,
    /// Its name in addresses and at sign-in.
    pub slug: Slug,
    /// In which language its people are written to, the invitation among the first; `None` is the platform's.
    pub locale: Option<Locale>,
    /// Who is invited to own it.
    pub owner_email: EmailAddress,
    /// When its time runs out.
    pub expires_at: Option<OffsetDateTime>,
}

/// A tenant was created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// The tenant.
    pub tenant: Tenant,
    /// The invitation to its owner.
    pub invitation: Invitation,
}

/// Creates a tenant with its roles, and invites its owner.
///
/// # Errors
///
/// See [`PlatformError`].
pub async fn create(operator: &Operator, deps: &Deps, cmd: CreateTenant) -> Result<Created, PlatformError> {
    let now = deps.clock.now();
    let expires_at = cmd.expires_at.map(|end| future(end, now)).transpose()?;
    let tenant = Tenant::new(TenantId::new(deps.ids.next()), cmd.slug, cmd.name, expires_at, now);
    let tenant = Tenant { locale: cmd.locale, ..tenant };
    let tenant_id = tenant.base.id;
    let unit = deps.db.platform(&operator.platform()).await?;
    unit.tenants().insert(&tenant).await?;
    let invitation_id = InvitationId::new(deps.ids.next());
    let detail = json!({
        "name": tenant.name.as_str(),
        "slug": tenant.slug.as_str(),
        "invitation_id": invitation_id,
    });
    let act = Act { action: "tenant.created", tenant_id, at: now, reason: routine()?, detail };
    let entered = act.enter(unit, operator, deps).await?;
    let owner = seed_tenant(&*entered.unit, deps, tenant_id, now).await?;
    let invitation = Invitation {
        base: TenantBase::new(invitation_id, tenant_id, now),
        email: cmd.owner_email,
        status: InvitationStatus::Pending,
        expires_at: now + deps.policy.invitation,
        invited_by: None,
        role_ids: vec![owner],
        store_roles: Vec::new(),
        token_hash: None,
    };
    entered.unit.invitations().insert(&invitation).await?;
    entered.unit.jobs().enqueue(sending(deps, invitation_id, now)).await?;
    entered.conclude().await?;
    Ok(Created { tenant, invitation })
}

/// The end of a tenant's time as it is stored.
pub(super) fn future(end: OffsetDateTime, now: OffsetDateTime) -> Result<OffsetDateTime, PlatformError> {
    let end = whole_microseconds(end);
    if end > now { Ok(end) } else { Err(PlatformError::PastExpiry) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn the_end_of_a_tenants_time_lies_in_the_future() {
        let now = datetime!(2026-01-01 00:00 UTC);
        assert!(matches!(future(now, now), Err(PlatformError::PastExpiry)));
        assert!(matches!(future(datetime!(2026-01-01 00:00:00.0000009 UTC), now), Err(PlatformError::PastExpiry)));
        assert_eq!(
            future(datetime!(2026-01-01 03:00:00.0000015 +3), datetime!(2025-12-31 23:59 UTC)).unwrap(),
            datetime!(2026-01-01 00:00:00.000001 UTC)
        );
    }
}
