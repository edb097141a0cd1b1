use serde_json::json;

use super::{Service, ServiceAccount, ServiceAccountId, ServiceError, ServiceStatus};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::identity::UserId;
use crate::plans::{Resource, make_room};
use crate::shared::{Description, Name};
use crate::tenancy::{MemberActor, ServiceAccountsManage, TenantBase};

/// A service account to be made.
#[derive(Debug, Clone)]
pub struct CreateService {
    /// The client's own id for it; `None` lets us choose.
    pub id: Option<ServiceAccountId>,
    /// What people call it.
    pub name: Name,
    /// What it is for.
    pub description: Option<Description>,
}

/// Makes a service account. It has no roles and no keys: it can do nothing.
///
/// # Errors
///
/// See [`ServiceError`].
pub async fn create(actor: &MemberActor, deps: &Deps, cmd: CreateService) -> Result<Service, ServiceError> {
    let scope = actor.authorize(ServiceAccountsManage)?;
    let now = deps.clock.now();
    let id = cmd.id.unwrap_or_else(|| ServiceAccountId::new(deps.ids.next()));
    let account = ServiceAccount {
        base: TenantBase::new(id, scope.tenant_id(), now),
        name: cmd.name,
        description: cmd.description,
        status: ServiceStatus::Active,
    };
    let unit = deps.db.write(&scope).await?;
    // A program with a member's id could be taken for the member where the audit log is read by id.
    if unit.members().find(UserId::new(id.as_uuid())).await?.is_some() {
        return Err(ServiceError::IdTaken);
    }
    make_room::<ServiceError>(actor, &deps.plans, unit.as_ref(), Resource::ServiceAccounts).await?;
    unit.services().insert(&account).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "service_account.created",
        object: Object { kind: "service_account", id: id.as_uuid() },
        detail: json!({ "name": account.name.as_str() }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(Service { account, grants: Vec::new() })
}
