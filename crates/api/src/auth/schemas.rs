use cotenant_domain::identity::{Me, Profile, SessionTenant, SignedIn, SignedInOperator};
use cotenant_domain::stores::StoreId;
use cotenant_domain::tenancy::PermissionSet;
use garde::Validate;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::fields::{EmailField, SecretField, SlugField};

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

/// A session began.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "access_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "token_type": "Bearer", "expires_in": 3600,
    "tenant": { "id": "01890a5d-ac96-774b-bcce-b302099a8050", "slug": "duka", "name": "Duka Ltd" },
    "user": {
        "id": "01890a5d-ac96-774b-bcce-b302099a8057", "email": "asha@duka.example", "display_name": "Asha Otieno"
    }
}))]
pub(super) struct SessionView {
    /// The bearer token (RFC 6750).
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// How long it lives, in seconds.
    expires_in: i64,
    /// The tenant it is for; absent from an operator's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<SessionTenantView>,
    user: UserView,
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
    display_name: String,
}

/// Who is signed in, where, and what they may do there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "user": {
        "id": "01890a5d-ac96-774b-bcce-b302099a8057", "email": "asha@duka.example", "display_name": "Asha Otieno"
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
        Self { id: user.id.as_uuid(), email: user.email.to_string(), display_name: user.display_name.to_string() }
    }
}

impl From<SignedIn> for SessionView {
    fn from(signed_in: SignedIn) -> Self {
        Self {
            access_token: signed_in.access_token.expose_secret().to_owned(),
            token_type: "Bearer",
            expires_in: signed_in.expires_in.whole_seconds(),
            tenant: Some(signed_in.tenant.into()),
            user: signed_in.user.into(),
        }
    }
}

impl From<SignedInOperator> for SessionView {
    fn from(signed_in: SignedInOperator) -> Self {
        Self {
            access_token: signed_in.access_token.expose_secret().to_owned(),
            token_type: "Bearer",
            expires_in: signed_in.expires_in.whole_seconds(),
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
