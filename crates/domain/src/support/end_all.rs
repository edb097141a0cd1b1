use std::collections::BTreeSet;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{End, SupportGrant};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::identity::UserId;
use crate::platform::NewPlatformAudit;
use crate::shared::RepositoryError;
use crate::tenancy::{Origin, PlatformScope, Principal, StoreSet, TenantScope, Write};
use crate::tenants::TenantId;
use crate::uow::PlatformUnit;

/// An event of a grant in its tenant's log.
pub(super) fn event(
    deps: &Deps,
    grant: &SupportGrant,
    action: &'static str,
    at: OffsetDateTime,
    detail: Value,
) -> NewAudit {
    let object = Object { kind: "support_grant", id: grant.id.as_uuid() };
    NewAudit { id: deps.ids.next(), at, action, object, detail }
}

/// A tenant, for the record of what the platform does with grants there: no store is reached.
pub(super) fn tenant_scope(tenant: TenantId, scope: &PlatformScope) -> TenantScope<Write> {
    let none = StoreSet::Only(BTreeSet::new());
    TenantScope::new(tenant, none, scope.principal(), scope.origin().clone())
}

/// Ends every live grant of somebody who is an operator no longer, or whose sessions end. Tenants are told that the platform
/// ended it: where its operator was signed in then, and as whom, is no tenant's business.
pub(crate) async fn end_all_of(
    unit: Box<dyn PlatformUnit>,
    scope: &PlatformScope,
    deps: &Deps,
    operator: UserId,
    why: &'static str,
) -> Result<Box<dyn PlatformUnit>, RepositoryError> {
    let grants = unit.support_grants().live_of(operator, deps.clock.now()).await?;
    let inside = PlatformScope::new(Principal::System, Origin::default());
    end_each(unit, scope, &inside, deps, grants, why).await
}

/// Ends every live grant in a tenant that is deleted.
pub(crate) async fn end_all_in(
    unit: Box<dyn PlatformUnit>,
    scope: &PlatformScope,
    deps: &Deps,
    tenant: TenantId,
    why: &'static str,
) -> Result<Box<dyn PlatformUnit>, RepositoryError> {
    let grants = unit.support_grants().live_in(tenant, deps.clock.now()).await?;
    end_each(unit, scope, scope, deps, grants, why).await
}

/// Ends grants, each with a record at the platform by whoever `scope` names, and one in its tenant by whoever `inside` does,
/// in the one transaction of the unit. All of them end before a tenant's log is touched, as with any other act on a grant, and
/// they come by tenant: so two such acts wait for each other and not in a circle.
pub(super) async fn end_each(
    mut unit: Box<dyn PlatformUnit>,
    scope: &PlatformScope,
    inside: &PlatformScope,
    deps: &Deps,
    grants: Vec<SupportGrant>,
    why: &'static str,
) -> Result<Box<dyn PlatformUnit>, RepositoryError> {
    let (at, action) = (deps.clock.now(), "support_grant.ended");
    let mut ended = Vec::new();
    for grant in grants {
        if unit.support_grants().end(grant.id, End::by(inside.principal(), at)).await? {
            ended.push(grant);
        }
    }
    for grant in ended {
        let detail = json!({ "tenant_id": grant.tenant_id, "operator_id": grant.operator_id, "why": why });
        let object_id = Some(grant.id.as_uuid());
        let told = NewPlatformAudit { id: deps.ids.next(), at, action, object_id, detail: detail.clone() };
        unit.audit().record(told).await?;
        let tenant = unit.enter(&tenant_scope(grant.tenant_id, inside)).await?;
        tenant.audit().record(event(deps, &grant, action, at, detail)).await?;
        unit = tenant.platform(scope).await?;
    }
    Ok(unit)
}
