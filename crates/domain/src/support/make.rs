use std::collections::BTreeSet;

use secrecy::SecretString;
use serde_json::json;
use time::Duration;

use super::end_all::{event, tenant_scope};
use super::tell::telling;
use super::{SupportError, SupportGrant, SupportGrantId, SupportToken};
use crate::Deps;
use crate::identity::UserId;
use crate::members::MembershipStatus;
use crate::platform::NewPlatformAudit;
use crate::roles::SystemRole;
use crate::shared::{Justification, RepositoryError, rfc3339};
use crate::tenancy::Operator;
use crate::tenants::TenantId;
use crate::uow::WriteUnit;

/// How long a grant is good unless told.
pub const USUAL: Duration = Duration::HOUR;
/// How long at least.
pub const SHORTEST: Duration = Duration::minutes(5);
/// How long at most: a working day.
pub const LONGEST: Duration = Duration::hours(8);
/// How many live grants an operator has in one tenant at most: its owners get a mail for each.
pub const MOST: usize = 5;

/// A support grant to be made.
#[derive(Debug, Clone)]
pub struct MakeSupportGrant {
    /// Why, said to the tenant.
    pub reason: Justification,
    /// How long it is good; the nearest to it between [`SHORTEST`] and [`LONGEST`].
    pub duration: Duration,
    /// Whether it lets the operator write.
    pub may_write: bool,
}

/// A grant that was made, and its token, which is shown once.
#[derive(Debug)]
pub struct NewSupportGrant {
    /// The grant.
    pub grant: SupportGrant,
    /// Its token. It is stored nowhere.
    pub token: SecretString,
}

/// Gives the operator access to a tenant, suspended or not, for a while. The tenant's own log tells of it in the same
/// transaction, and its owners are told by mail: nobody lets themselves in unseen.
///
/// # Errors
///
/// See [`SupportError`].
pub async fn make(
    operator: &Operator,
    deps: &Deps,
    tenant: TenantId,
    cmd: MakeSupportGrant,
) -> Result<NewSupportGrant, SupportError> {
    let unit = deps.db.person().await?;
    // Whoever takes the operator's rank or changes their password waits for this person too, and then ends this grant; who
    // was faster is seen here.
    let person = unit.people().lock(operator.user_id()).await?;
    if person.is_none_or(|person| person.epoch != operator.person_epoch()) {
        return Err(SupportError::SessionEnded);
    }
    let scope = operator.platform();
    let unit = unit.platform(&scope).await?;
    if unit.operators().find(operator.user_id()).await?.is_none() {
        return Err(SupportError::SessionEnded);
    }
    let tenant = unit.tenants().find(tenant).await?.ok_or(SupportError::NotFound)?;
    let now = deps.clock.now();
    // The lock on the person makes this count hold until the grant is there.
    let live = unit.support_grants().live_of(operator.user_id(), now).await?;
    if live.iter().filter(|grant| grant.tenant_id == tenant.base.id).count() >= MOST {
        return Err(SupportError::TooMany);
    }
    let token = SupportToken::new(tenant.base.id, SupportGrantId::new(deps.ids.next()), deps.secrets.next());
    let grant = SupportGrant {
        id: token.id,
        tenant_id: token.tenant_id,
        operator_id: operator.user_id(),
        reason: cmd.reason,
        may_write: cmd.may_write,
        hash: token.hash(),
        tenant_epoch: tenant.epoch,
        created_at: now,
        expires_at: now + cmd.duration.clamp(SHORTEST, LONGEST),
        end: None,
        last_used_at: None,
        last_used_address: None,
    };
    unit.support_grants().insert(&grant).await?;
    let detail = json!({
        "tenant_id": grant.tenant_id,
        "operator_id": grant.operator_id,
        "reason": grant.reason.as_str(),
        "may_write": grant.may_write,
        "expires_at": rfc3339(grant.expires_at),
    });
    let action = "support_grant.made";
    let object_id = Some(grant.id.as_uuid());
    let told = NewPlatformAudit { id: deps.ids.next(), at: now, action, object_id, detail: detail.clone() };
    unit.audit().record(told).await?;
    let unit = unit.enter(&tenant_scope(grant.tenant_id, &scope)).await?;
    let owners = owners(unit.as_ref()).await?;
    unit.audit().record(event(deps, &grant, action, now, detail)).await?;
    let unit = unit.platform(&scope).await?;
    for owner in owners {
        unit.jobs().enqueue(telling(deps, grant.id, owner, now)).await?;
    }
    unit.commit().await?;
    Ok(NewSupportGrant { grant, token: token.reveal() })
}

/// The people who own the tenant.
async fn owners(unit: &dyn WriteUnit) -> Result<Vec<UserId>, RepositoryError> {
    let Some(role) = unit.roles().system(SystemRole::Owner).await? else { return Ok(Vec::new()) };
    let grants = unit.members().grants_of_holders(role.base.id).await?;
    let of_tenant = grants.iter().filter(|grant| grant.role_id == role.base.id && grant.store_id.is_none());
    let holders: BTreeSet<UserId> = of_tenant.filter_map(|grant| grant.holder.member()).collect();
    let members = unit.members().find_all(&Vec::from_iter(holders)).await?;
    let active = members.into_iter().filter(|member| member.membership.status == MembershipStatus::Active);
    Ok(active.map(|member| member.membership.user_id).collect())
}
