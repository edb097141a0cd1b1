use cotenant_domain::bootstrap::{Bootstrap, Bootstrapped};
use cotenant_domain::identity::SessionTenant;
use garde::Validate;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{SessionTenantView, UserView};
use crate::error::ApiError;
use crate::fields::{DisplayNameField, EmailField, NameField, Object, SecretField, SlugField};

/// The first person and the first tenant.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "secret": "the secret that the server was started with", "email": "asha@duka.example",
    "password": "a long sentence that nobody guesses", "display_name": "Asha Otieno",
    "tenant": { "name": "Duka Ltd", "slug": "duka" }
}))]
pub(super) struct BootstrapBody {
    /// The secret of `COTENANT__BOOTSTRAP__SECRET`.
    #[garde(dive)]
    secret: SecretField,
    #[garde(dive)]
    email: EmailField,
    /// 12 to 128 characters, not easy to guess.
    #[garde(dive)]
    password: SecretField,
    #[garde(dive)]
    display_name: DisplayNameField,
    #[garde(dive)]
    #[schema(value_type = FirstTenantBody)]
    tenant: Object<FirstTenantBody>,
}

/// The first tenant.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct FirstTenantBody {
    #[garde(dive)]
    name: NameField,
    #[garde(dive)]
    slug: SlugField,
}

impl BootstrapBody {
    /// The secret that was given, and what to begin with.
    pub(super) fn command(self) -> Result<(SecretString, Bootstrap), ApiError> {
        let command = Bootstrap {
            email: self.email.valid()?,
            password: self.password.valid()?,
            display_name: self.display_name.valid()?,
            tenant_name: self.tenant.0.name.valid()?,
            tenant_slug: self.tenant.0.slug.valid()?,
        };
        Ok((self.secret.valid()?, command))
    }
}

/// The beginning happened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "user": {
        "id": "01890a5d-ac96-774b-bcce-b302099a8057", "email": "asha@duka.example",
        "email_verified": false, "display_name": "Asha Otieno"
    },
    "tenant": { "id": "01890a5d-ac96-774b-bcce-b302099a8050", "slug": "duka", "name": "Duka Ltd" }
}))]
pub(super) struct BootstrappedView {
    /// The operator of the platform, who is also the tenant's owner.
    user: UserView,
    tenant: SessionTenantView,
}

impl From<Bootstrapped> for BootstrappedView {
    fn from(done: Bootstrapped) -> Self {
        let tenant = SessionTenant { id: done.tenant.base.id, slug: done.tenant.slug, name: done.tenant.name };
        Self { user: done.user.into(), tenant: tenant.into() }
    }
}
