use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::{Tenant, TenantError};
use crate::Deps;
use crate::audit::{NewAudit, Object, differences};
use crate::mail::Locale;
use crate::shared::{Name, PlanName, Slug};
use crate::tenancy::{Actor, TenantUpdate, Version, expect_version};

/// Changes to the own tenant; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct ChangeTenant {
    /// What people call it.
    pub name: Option<Name>,
    /// Its name in addresses and at sign-in.
    pub slug: Option<Slug>,
    /// In which language its people are written to; `Some(None)` is the platform's.
    pub locale: Option<Option<Locale>>,
    /// The version that the caller saw; `None` changes whatever is there.
    pub expected: Option<Version>,
}

/// Changes the actor's own tenant. A change that changes nothing writes nothing.
///
/// # Errors
///
/// See [`TenantError`].
pub async fn change(actor: &Actor, deps: &Deps, cmd: ChangeTenant) -> Result<Tenant, TenantError> {
    let scope = actor.authorize(TenantUpdate)?;
    let unit = deps.db.write(&scope).await?;
    let before = unit.tenant().get().await?;
    expect_version(before.base.version, cmd.expected)?;
    let mut tenant = before.clone();
    tenant.name = cmd.name.unwrap_or(tenant.name);
    tenant.slug = cmd.slug.unwrap_or(tenant.slug);
    tenant.locale = cmd.locale.unwrap_or(tenant.locale);
    if tenant == before {
        return Ok(tenant);
    }
    let now = deps.clock.now();
    tenant.base.touch(now);
    unit.tenant().update(&tenant, before.base.version).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "tenant.changed",
        object: Object { kind: "tenant", id: tenant.base.id.as_uuid() },
        detail: differences(fields(&before), fields(&tenant)),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(tenant)
}

/// The fields of a tenant that can be changed, for the audit log.
pub(crate) fn fields(tenant: &Tenant) -> [(&'static str, Value); 5] {
    [
        ("name", json!(tenant.name.as_str())),
        ("slug", json!(tenant.slug.as_str())),
        ("locale", json!(tenant.locale.map(Locale::as_str))),
        ("plan", json!(tenant.plan.as_ref().map(PlanName::as_str))),
        ("expires_at", json!(tenant.expires_at.and_then(|end| end.format(&Rfc3339).ok()))),
    ]
}
