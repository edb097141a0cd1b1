use cotenant_domain::mail::Locale;
use cotenant_domain::plans::{Plans, Resource, Usage};
use cotenant_domain::tenancy::Version;
use cotenant_domain::tenants::{ChangeTenant, Tenant};
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::{maybe_timestamp, timestamp};
use crate::error::ApiError;
use crate::fields::{LocaleField, NameField, SlugField, present, valid};

/// The caller's own tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "01890a5d-ac96-774b-bcce-b302099a8050", "slug": "duka", "name": "Duka Ltd", "locale": "sw", "plan": "standard",
    "expires_at": null, "created_at": "2026-11-23T03:20:04.123456Z", "updated_at": "2026-11-23T03:20:04.123456Z", "version": 1
}))]
pub(super) struct OwnTenantView {
    id: Uuid,
    /// Its name in addresses and at sign-in.
    slug: String,
    name: String,
    /// In which language its people are written to (`en`, `sw`); `null` is the platform's.
    locale: Option<&'static str>,
    /// Its plan: what it may have and how fast it may ask.
    plan: String,
    /// When its time runs out.
    #[serde(serialize_with = "maybe_timestamp")]
    expires_at: Option<OffsetDateTime>,
    #[serde(serialize_with = "timestamp")]
    created_at: OffsetDateTime,
    #[serde(serialize_with = "timestamp")]
    updated_at: OffsetDateTime,
    /// How often it has changed, from 1; the ETag.
    version: i64,
}

impl OwnTenantView {
    /// The tenant, whose plan is one of these.
    pub(super) fn of(tenant: Tenant, plans: &Plans) -> Self {
        Self {
            plan: plans.of(tenant.plan.as_ref()).name.to_string(),
            id: tenant.base.id.as_uuid(),
            slug: tenant.slug.to_string(),
            name: tenant.name.to_string(),
            locale: tenant.locale.map(Locale::as_str),
            expires_at: tenant.expires_at,
            created_at: tenant.base.created_at,
            updated_at: tenant.base.updated_at,
            version: tenant.base.version,
        }
    }
}

/// How much of something there is, and may be.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ResourceUsage {
    /// The most there may be; `null` is without a bound.
    limit: Option<u32>,
    /// How many there are: more than the limit where the plan was a larger one before.
    used: u64,
}

/// What the caller's own tenant has, beside what its plan allows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "plan": "free", "rate_percent": 20, "stores": { "limit": 3, "used": 1 }, "members": { "limit": 5, "used": 2 },
    "service_accounts": { "limit": null, "used": 0 }
}))]
pub(super) struct UsageView {
    /// The name of the plan.
    plan: String,
    /// What the rates of the tenant and of its keys are multiplied by, in percent; RateLimit-Policy says what comes of it.
    rate_percent: u32,
    stores: ResourceUsage,
    members: ResourceUsage,
    service_accounts: ResourceUsage,
}

impl From<Usage> for UsageView {
    fn from(usage: Usage) -> Self {
        let of = |resource| ResourceUsage { limit: usage.plan.quotas.of(resource), used: usage.of(resource) };
        let [stores, members, service_accounts] = Resource::ALL.map(of);
        let rate_percent = usage.plan.rate_percent;
        Self { plan: usage.plan.name.to_string(), rate_percent, stores, members, service_accounts }
    }
}

/// Changes to the own tenant; what is absent stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Duka Limited" }))]
pub(super) struct ChangeOwnTenantBody {
    #[garde(dive)]
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    name: Option<NameField>,
    #[garde(dive)]
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    slug: Option<SlugField>,
    /// In which language its people are written to; `null` is the platform's.
    #[garde(dive)]
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<LocaleField>)]
    locale: Option<Option<LocaleField>>,
}

impl ChangeOwnTenantBody {
    pub(super) fn command(self, expected: Option<Version>) -> Result<ChangeTenant, ApiError> {
        let locale = self.locale.map(valid).transpose()?;
        Ok(ChangeTenant { name: valid(self.name)?, slug: valid(self.slug)?, locale, expected })
    }
}
