use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::fields::{EmailField, SecretField};

/// Somebody forgot their password.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "email": "asha@duka.example" }))]
pub(super) struct RequestResetBody {
    #[garde(dive)]
    pub(super) email: EmailField,
}

/// A new password in place of the forgotten one.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "token": "rpw_...", "new_password": "another long sentence of mine" }))]
pub(super) struct ConfirmResetBody {
    /// The token from the message.
    #[garde(dive)]
    pub(super) token: SecretField,
    #[garde(dive)]
    pub(super) new_password: SecretField,
}
