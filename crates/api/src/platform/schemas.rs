use cotenant_domain::mail::Locale;
use cotenant_domain::platform::{ChangeTenant, CreateTenant, ListTenants, TenantFilter, TenantSort};
use cotenant_domain::tenancy::Version;
use cotenant_domain::tenants::{Tenant, TenantStatus};
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::{maybe_timestamp, timestamp};
use crate::cursor::{Binding, SortKind};
use crate::error::ApiError;
use crate::fields::{
    Choice, Choices, EmailField, FlagField, InstantField, LimitField, LocaleField, NameField, PlanField, ReasonField,
    SlugField, Text, present, valid,
};
use crate::invitations::InvitationView;
use crate::page::{self, SortField, SortKey, SortWord};

/// A tenant as the platform sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "01890a5d-ac96-774b-bcce-b302099a8050", "slug": "duka", "name": "Duka Ltd", "locale": "sw", "plan": null,
    "status": "active", "suspended_reason": null, "expires_at": "2027-11-23T00:00:00.000000Z",
    "created_at": "2026-11-23T03:20:04.123456Z", "updated_at": "2026-11-23T03:20:04.123456Z", "version": 1
}))]
pub(super) struct TenantView {
    id: Uuid,
    /// Its name in addresses and at sign-in.
    slug: String,
    name: String,
    /// In which language its people are written to (`en`, `sw`); `null` is the platform's.
    locale: Option<&'static str>,
    /// The plan that was chosen for it; `null` is the one that the settings name.
    plan: Option<String>,
    /// `active`, `suspended` (by an operator, or because its time has run out) or `closing` (deleted).
    status: &'static str,
    /// Why an operator suspended it.
    suspended_reason: Option<String>,
    /// When its time runs out.
    #[serde(serialize_with = "maybe_timestamp")]
    expires_at: Option<OffsetDateTime>,
    #[serde(serialize_with = "timestamp")]
    created_at: OffsetDateTime,
    #[serde(serialize_with = "timestamp")]
    updated_at: OffsetDateTime,
    /// How often it has changed, from 1; the ETag.
    version: i64,
    /// When it was deleted; only on a deleted tenant.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "maybe_timestamp")]
    deleted_at: Option<OffsetDateTime>,
    /// From when on it may be purged; only on a deleted tenant.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "maybe_timestamp")]
    purge_at: Option<OffsetDateTime>,
    /// The invitation to its owner; only in the answer to its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation: Option<InvitationView>,
}

impl TenantView {
    /// The tenant as it is at `now`.
    pub(super) fn at(now: OffsetDateTime, tenant: Tenant) -> Self {
        Self {
            id: tenant.base.id.as_uuid(),
            slug: tenant.slug.to_string(),
            name: tenant.name.to_string(),
            locale: tenant.locale.map(Locale::as_str),
            plan: tenant.plan.map(|name| name.to_string()),
            status: tenant.status.effective(tenant.expires_at, now).as_str(),
            suspended_reason: tenant.suspended_reason.map(|reason| reason.to_string()),
            expires_at: tenant.expires_at,
            created_at: tenant.base.created_at,
            updated_at: tenant.base.updated_at,
            version: tenant.base.version,
            deleted_at: tenant.deletion.map(|d| d.at),
            purge_at: tenant.purge_at,
            invitation: None,
        }
    }

    /// The same with the invitation to its owner.
    pub(super) fn inviting(self, invitation: InvitationView) -> Self {
        Self { invitation: Some(invitation), ..self }
    }
}

/// A tenant to be created.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Duka Ltd", "slug": "duka", "owner_email": "asha@duka.example" }))]
pub(super) struct CreateTenantBody {
    #[garde(dive)]
    name: NameField,
    #[garde(dive)]
    slug: SlugField,
    /// In which language its people are written to, the invitation among the first; the platform's unless told.
    #[garde(dive)]
    locale: Option<LocaleField>,
    /// Who is invited to own it.
    #[garde(dive)]
    owner_email: EmailField,
    /// When its time runs out; never unless told.
    #[garde(dive)]
    expires_at: Option<InstantField>,
}

impl TryFrom<CreateTenantBody> for CreateTenant {
    type Error = ApiError;

    fn try_from(body: CreateTenantBody) -> Result<Self, ApiError> {
        Ok(Self {
            name: body.name.valid()?,
            slug: body.slug.valid()?,
            locale: valid(body.locale)?,
            owner_email: body.owner_email.valid()?,
            expires_at: valid(body.expires_at)?.map(|instant| instant.0),
        })
    }
}

/// Changes to a tenant; what is absent stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Duka Limited", "expires_at": null }))]
pub(super) struct ChangeTenantBody {
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
    /// Its plan, one of those that are offered; `null` is the one that the settings name.
    #[garde(dive)]
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<PlanField>)]
    plan: Option<Option<PlanField>>,
    /// When its time runs out; `null` takes the end away.
    #[garde(dive)]
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<InstantField>)]
    expires_at: Option<Option<InstantField>>,
}

impl ChangeTenantBody {
    pub(super) fn command(self, expected: Option<Version>) -> Result<ChangeTenant, ApiError> {
        let expires_at = self.expires_at.map(valid).transpose()?;
        let locale = self.locale.map(valid).transpose()?;
        let plan = self.plan.map(valid).transpose()?;
        Ok(ChangeTenant {
            name: valid(self.name)?,
            slug: valid(self.slug)?,
            locale,
            plan,
            expires_at: expires_at.map(|end| end.map(|instant| instant.0)),
            expected,
        })
    }
}

/// A suspension.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "The invoice of October is unpaid" }))]
pub(super) struct SuspendBody {
    /// Why; it goes into the tenant's own audit log.
    #[garde(dive)]
    pub(super) reason: ReasonField,
}

impl Choices for TenantStatus {
    const NAME: &'static str = "TenantStatus";
    const ALL: &'static [(&'static str, Self)] =
        &[("active", Self::Active), ("suspended", Self::Suspended), ("closing", Self::Closing)];
}

impl SortKey for TenantSort {
    const NAME: &'static str = "TenantSort";
    const DEFAULT: SortWord<Self> = ("id", Self::Id, SortKind::Id);
    const OTHERS: &'static [SortWord<Self>] =
        &[("slug", Self::Slug, SortKind::Text), ("created_at", Self::CreatedAt, SortKind::Time)];
}

type StatusField = Text<Choice<TenantStatus>>;
type TenantSortField = SortField<TenantSort>;

/// Which tenants, in which order.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TenantQuery {
    #[garde(dive)]
    #[schema(nullable = false)]
    limit: Option<LimitField>,
    /// The `next_cursor` of the page before.
    #[garde(skip)]
    #[schema(nullable = false)]
    cursor: Option<String>,
    #[garde(dive)]
    #[schema(nullable = false)]
    sort: Option<TenantSortField>,
    /// Only tenants that an operator put into this status; an end of time that passes is not counted.
    #[garde(dive)]
    #[schema(nullable = false)]
    status: Option<StatusField>,
    /// Only tenants whose name or slug contains this, whatever the case.
    #[garde(dive)]
    #[schema(nullable = false)]
    q: Option<NameField>,
    /// Deleted tenants too.
    #[garde(dive)]
    #[schema(nullable = false)]
    include_deleted: Option<FlagField>,
}

impl TenantQuery {
    pub(super) fn command(self, binding: Binding) -> Result<ListTenants, ApiError> {
        let filter = TenantFilter {
            status: valid(self.status)?.map(|s| s.0),
            text: valid(self.q)?.map(|text| text.key()),
            include_deleted: valid(self.include_deleted)?.unwrap_or(false),
        };
        Ok(ListTenants { filter, page: page::request(self.limit, self.cursor, self.sort, binding)? })
    }
}
