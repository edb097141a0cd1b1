use cotenant_domain::mail::Locale;
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
    "id": "01890a5d-ac96-774b-bcce-b302099a8050", "slug": "duka", "name": "Duka Ltd", "locale": "sw", "expires_at": null,
    "created_at": "2026-11-23T03:20:04.123456Z", "updated_at": "2026-11-23T03:20:04.123456Z", "version": 1
}))]
pub(super) struct OwnTenantView {
    id: Uuid,
    /// Its name in addresses and at sign-in.
    slug: String,
    name: String,
    /// In which language its people are written to (`en`, `sw`); `null` is the platform's.
    locale: Option<&'static str>,
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

impl From<Tenant> for OwnTenantView {
    fn from(tenant: Tenant) -> Self {
        Self {
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
