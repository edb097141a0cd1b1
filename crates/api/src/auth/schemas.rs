use cotenant_domain::identity::{Me, OwnSession, Profile, SessionTenant, SignedIn, SignedInOperator};
use cotenant_domain::shared::PageRequest;
use cotenant_domain::stores::StoreId;
use cotenant_domain::tenancy::PermissionSet;
use garde::Validate;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::timestamp;
use crate::cursor::{Binding, SortKind};
use crate::error::ApiError;
use crate::fields::{EmailField, LimitField, SecretField, SlugField};
use crate::page::{self, SortField, SortKey, SortWord};

/// A sign-in.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "email": "asha@duka.example", "password": "a long sentence that nobody guesses", "tenant": "duka"
}))]
pub(super) struct LoginBody {
    #[garde(dive)]
    pub(super) email: EmailField,
    #[garde(dive)]
    pub(super) password: SecretField,
    /// The tenant's slug; needed where the person belongs to several.
    #[garde(dive)]
    pub(super) tenant: Option<SlugField>,
    /// `true` signs an operator in to the platform instead.
    #[garde(skip)]
    #[serde(default)]
    pub(super) platform: bool,
}

/// A switch to another tenant.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "tenant": "soko" }))]
pub(super) struct SwitchBody {
    /// The tenant's slug.
    #[garde(dive)]
    pub(super) tenant: SlugField,
}

/// A renewal.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "refresh_token": "rfr_..." }))]
pub(super) struct RefreshBody {
    /// The refresh token of the answer before. It is good once.
    #[garde(dive)]
    pub(super) refresh_token: SecretField,
}

/// A change of one's own password.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "current_password": "a long sentence that nobody guesses", "new_password": "another long sentence of mine"
}))]
pub(super) struct PasswordBody {
    #[garde(dive)]
    pub(super) current_password: SecretField,
    #[garde(dive)]
    pub(super) new_password: SecretField,
}

/// The one order of sessions.
#[derive(Debug, Clone, Copy)]
pub(super) struct ById;

impl SortKey for ById {
    const NAME: &'static str = "SessionSort";
    const DEFAULT: SortWord<Self> = ("id", Self, SortKind::Id);
    const OTHERS: &'static [SortWord<Self>] = &[];
}

type SessionSortField = SortField<ById>;

/// Which page of sessions, in which order.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SessionQuery {
    #[garde(dive)]
    #[schema(nullable = false)]
    limit: Option<LimitField>,
    /// The `next_cursor` of the page before.
    #[garde(skip)]
    #[schema(nullable = false)]
    cursor: Option<String>,
    #[garde(dive)]
    #[schema(nullable = false)]
    sort: Option<SessionSortField>,
}

impl SessionQuery {
    pub(super) fn page(self, binding: Binding) -> Result<PageRequest<()>, ApiError> {
        Ok(page::in_order(page::request(self.limit, self.cursor, self.sort, binding)?))
    }
}

/// A session began, or was renewed.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "access_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "token_type": "Bearer", "expires_in": 3600,
    "refresh_token": "rfr_...", "refresh_expires_in": 604800,
    "tenant": { "id": "01890a5d-ac96-774b-bcce-b302099a8050", "slug": "duka", "name": "Duka Ltd" },
    "user": {
        "id": "01890a5d-ac96-774b-bcce-b302099a8057", "email": "asha@duka.example",
        "email_verified": true, "display_name": "Asha Otieno"
    }
}))]
pub(super) struct SignedInView {
    /// The bearer token (RFC 6750).
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// How long it lives, in seconds.
    expires_in: i64,
    /// What renews the session, once: POST /api/v1/auth/refresh. An operator's session is not renewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// How long the session can be renewed, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_expires_in: Option<i64>,
    /// The tenant it is for; absent from an operator's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<SessionTenantView>,
    user: UserView,
}

/// One of a person's own sessions in a tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "01890a5d-ac96-774b-bcce-b302099a8052", "current": true, "agent": "Mozilla/5.0", "address": "192.0.2.7",
    "created_at": "2026-11-23T03:20:04.000000Z", "last_used_at": "2026-11-24T08:01:00.000000Z",
    "expires_at": "2026-12-01T08:01:00.000000Z"
}))]
pub(super) struct SessionView {
    id: Uuid,
    /// Whether it is the one that asks.
    current: bool,
    /// The client's own name of itself, when it signed in or renewed the session last.
    agent: Option<String>,
    /// The client's address at that moment.
    address: Option<String>,
    #[serde(serialize_with = "timestamp")]
    created_at: OffsetDateTime,
    /// When it began or was renewed last.
    #[serde(serialize_with = "timestamp")]
    last_used_at: OffsetDateTime,
    /// When it ends unless it is renewed before.
    #[serde(serialize_with = "timestamp")]
    expires_at: OffsetDateTime,
}

impl From<OwnSession> for SessionView {
    fn from(OwnSession { session, current }: OwnSession) -> Self {
        Self {
            id: session.id.as_uuid(),
            current,
            agent: session.device.agent,
            address: session.device.address,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.idle_expires_at,
        }
    }
}

/// A tenant.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionTenantView {
    id: Uuid,
    slug: String,
    name: String,
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserView {
    id: Uuid,
    email: String,
    /// Whether it was shown that the address is theirs.
    email_verified: bool,
    display_name: String,
}

/// Who is signed in, where, and what they may do there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "user": {
        "id": "01890a5d-ac96-774b-bcce-b302099a8057", "email": "asha@duka.example",
        "email_verified": true, "display_name": "Asha Otieno"
    },
    "tenant": { "id": "01890a5d-ac96-774b-bcce-b302099a8050", "slug": "duka", "name": "Duka Ltd" },
    "tenant_status": "active",
    "permissions": ["tenant.read", "stores.read"],
    "store_permissions": [{
        "store_id": "01890a5d-ac96-774b-bcce-b302099a8051", "permissions": ["products.read", "products.update"]
    }]
}))]
pub(super) struct MeView {
    user: UserView,
    tenant: SessionTenantView,
    /// `active`, `suspended` or `closing`; in a suspended tenant no permission counts.
    tenant_status: &'static str,
    /// The codes of the permissions held in the whole tenant.
    permissions: Vec<&'static str>,
    /// Those held at single stores, beside those held everywhere.
    store_permissions: Vec<StorePermissionsView>,
}

/// The permissions held at a store.
#[derive(Debug, Serialize, ToSchema)]
struct StorePermissionsView {
    store_id: Uuid,
    permissions: Vec<&'static str>,
}

impl From<SessionTenant> for SessionTenantView {
    fn from(tenant: SessionTenant) -> Self {
        Self { id: tenant.id.as_uuid(), slug: tenant.slug.to_string(), name: tenant.name.to_string() }
    }
}

impl From<Profile> for UserView {
    fn from(user: Profile) -> Self {
        Self {
            id: user.id.as_uuid(),
            email: user.email.to_string(),
            email_verified: user.email_verified,
            display_name: user.display_name.to_string(),
        }
    }
}

impl From<SignedIn> for SignedInView {
    fn from(signed_in: SignedIn) -> Self {
        Self {
            access_token: signed_in.access_token.expose_secret().to_owned(),
            token_type: "Bearer",
            expires_in: signed_in.expires_in.whole_seconds(),
            refresh_token: Some(signed_in.refresh_token.expose_secret().to_owned()),
            refresh_expires_in: Some(signed_in.refresh_expires_in.whole_seconds()),
            tenant: Some(signed_in.tenant.into()),
            user: signed_in.user.into(),
        }
    }
}

impl From<SignedInOperator> for SignedInView {
    fn from(signed_in: SignedInOperator) -> Self {
        Self {
            access_token: signed_in.access_token.expose_secret().to_owned(),
            token_type: "Bearer",
            expires_in: signed_in.expires_in.whole_seconds(),
            refresh_token: None,
            refresh_expires_in: None,
            tenant: None,
            user: signed_in.user.into(),
        }
    }
}

impl From<Me> for MeView {
    fn from(me: Me) -> Self {
        let at_store = |(store, held): (&StoreId, &PermissionSet)| StorePermissionsView {
            store_id: store.as_uuid(),
            permissions: held.codes(),
        };
        Self {
            tenant_status: me.tenant_status.as_str(),
            permissions: me.permissions.codes(),
            store_permissions: me.store_permissions.iter().map(at_store).collect(),
            user: me.user.into(),
            tenant: me.tenant.into(),
        }
    }
}
