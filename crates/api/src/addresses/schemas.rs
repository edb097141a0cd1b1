use cotenant_domain::addresses::Confirmed;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::fields::{EmailField, SecretField};

/// The next address.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "email": "asha@soko.example", "current_password": "seven tall giraffes" }))]
pub(super) struct ChangeAddressBody {
    #[garde(dive)]
    pub(super) email: EmailField,
    #[garde(dive)]
    pub(super) current_password: SecretField,
}

/// The token of a message.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "token": "eml_..." }))]
pub(super) struct ConfirmAddressBody {
    #[garde(dive)]
    pub(super) token: SecretField,
}

/// What came of a token.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({ "in_effect": false }))]
pub(super) struct ConfirmedView {
    /// Whether the address is the person's from now on. Of a change, the message to the other address has to be answered too.
    in_effect: bool,
}

impl From<Confirmed> for ConfirmedView {
    fn from(confirmed: Confirmed) -> Self {
        Self { in_effect: confirmed == Confirmed::Whole }
    }
}
