use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{Tenant, TenantId, TenantStatus};
use crate::Deps;
use crate::cache::{Entry, load};
use crate::shared::RepositoryError;
use crate::tenancy::{Base, Deletion, DeletionId};
use crate::uow::ReadUnit;

/// The tenant's own record. Each change of it raises the access version: those who write it see to that.
enum Record {}

/// How it is kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    id: TenantId,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    version: i64,
    slug: String,
    name: String,
    locale: Option<String>,
    plan: Option<String>,
    status: String,
    suspended_reason: Option<String>,
    expires_at: Option<OffsetDateTime>,
    epoch: i64,
    access_version: i64,
    deletion: Option<(OffsetDateTime, DeletionId)>,
    purge_at: Option<OffsetDateTime>,
}

impl Entry for Record {
    const NAME: &'static str = "tenant";
    const FORMAT: u16 = 1;
    type Of = ();
    type Value = Tenant;
    type Form = Form;

    fn form(tenant: &Tenant) -> Form {
        Form {
            id: tenant.base.id,
            created_at: tenant.base.created_at,
            updated_at: tenant.base.updated_at,
            version: tenant.base.version,
            slug: tenant.slug.to_string(),
            name: tenant.name.to_string(),
            locale: tenant.locale.map(|locale| locale.as_str().to_owned()),
            plan: tenant.plan.as_ref().map(ToString::to_string),
            status: tenant.status.as_str().to_owned(),
            suspended_reason: tenant.suspended_reason.as_ref().map(ToString::to_string),
            expires_at: tenant.expires_at,
            epoch: tenant.epoch,
            access_version: tenant.access_version,
            deletion: tenant.deletion.map(|deletion| (deletion.at, deletion.id)),
            purge_at: tenant.purge_at,
        }
    }

    fn value(form: Form) -> Option<Tenant> {
        Some(Tenant {
            base: Base { id: form.id, created_at: form.created_at, updated_at: form.updated_at, version: form.version },
            slug: form.slug.parse().ok()?,
            name: form.name.parse().ok()?,
            locale: form.locale.map(|tag| tag.parse()).transpose().ok()?,
            plan: form.plan.map(|name| name.parse()).transpose().ok()?,
            status: TenantStatus::parse(&form.status)?,
            suspended_reason: form.suspended_reason.map(|text| text.parse()).transpose().ok()?,
            expires_at: form.expires_at,
            epoch: form.epoch,
            access_version: form.access_version,
            deletion: form.deletion.map(|(at, id)| Deletion { at, id }),
            purge_at: form.purge_at,
        })
    }
}

/// The unit's own tenant.
pub(crate) async fn own_tenant(deps: &Deps, unit: &dyn ReadUnit) -> Result<Tenant, RepositoryError> {
    let read = async { unit.tenant().get().await.map(Some) };
    let tenant = load::<Record>(&*deps.cache, unit, &(), read).await?;
    tenant.ok_or_else(|| RepositoryError::Failed("a unit without its tenant".into()))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;
    use crate::mail::Locale;

    #[test]
    fn a_tenant_comes_back_as_it_was() {
        let now = datetime!(2026-11-23 22:00:00.123456 UTC);
        let id = TenantId::new(Uuid::from_u128(1));
        let plain = Tenant::new(id, "acme".parse().unwrap(), "Acme \"& Söhne\"".parse().unwrap(), None, now);
        let full = Tenant {
            locale: Some(Locale::Swahili),
            plan: Some("large".parse().unwrap()),
            status: TenantStatus::Closing,
            suspended_reason: Some("Not paid".parse().unwrap()),
            expires_at: Some(now),
            deletion: Some(Deletion { at: now, id: DeletionId::new(Uuid::from_u128(2)) }),
            purge_at: Some(now),
            ..plain.clone()
        };
        for tenant in [plain, full] {
            let bytes = serde_json::to_vec(&Record::form(&tenant)).unwrap();
            assert_eq!(serde_json::from_slice(&bytes).ok().and_then(Record::value), Some(tenant));
        }
    }
}
