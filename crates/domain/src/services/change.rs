use serde_json::{Value, json};

use super::rules::{not_above, present};
use super::{Service, ServiceAccount, ServiceAccountId, ServiceError, ServiceStatus};
use crate::Deps;
use crate::audit::{NewAudit, Object, differences};
use crate::shared::{Description, Name};
use crate::tenancy::{MemberActor, ServiceAccountsManage, Version, expect_version, settle};

/// Changes to a service account; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct ChangeService {
    /// What people call it.
    pub name: Option<Name>,
    /// What it is for; `Some(None)` clears it.
    pub description: Option<Option<Description>>,
    /// Whether it is in use. Its keys are refused from the next request on while it is not.
    pub status: Option<ServiceStatus>,
    /// The version that the caller saw; `None` changes whatever is there.
    pub expected: Option<Version>,
}

/// Changes a service account that holds no more than the actor does. A change that changes nothing writes nothing.
///
/// # Errors
///
/// See [`ServiceError`].
pub async fn change(
    actor: &MemberActor,
    deps: &Deps,
    id: ServiceAccountId,
    cmd: ChangeService,
) -> Result<Service, ServiceError> {
    let scope = actor.authorize(ServiceAccountsManage)?;
    let unit = deps.db.write(&scope).await?;
    settle::<ServiceError>(actor, unit.as_ref()).await?;
    let mut service = present(unit.services(), id).await?;
    not_above(actor, unit.as_ref(), &service).await?;
    let before = service.account.clone();
    expect_version(before.base.version, cmd.expected)?;
    let account = &mut service.account;
    account.name = cmd.name.unwrap_or_else(|| account.name.clone());
    account.description = cmd.description.unwrap_or_else(|| account.description.clone());
    account.status = cmd.status.unwrap_or(account.status);
    if *account == before {
        return Ok(service);
    }
    let now = deps.clock.now();
    account.base.touch(now);
    unit.services().update(account, before.base.version).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "service_account.changed",
        object: Object { kind: "service_account", id: id.as_uuid() },
        detail: differences(fields(&before), fields(account)),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(service)
}

fn fields(account: &ServiceAccount) -> [(&'static str, Value); 3] {
    [
        ("name", json!(account.name.as_str())),
        ("description", json!(account.description.as_ref().map(Description::as_str))),
        ("status", json!(account.status.as_str())),
    ]
}
