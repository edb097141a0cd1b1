use std::borrow::Cow;

use garde::Validate;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::format;
use crate::error::{ApiError, ErrorItem};

/// A secret as typed: a password, an invitation's token.
#[derive(Debug, Clone)]
pub(crate) struct SecretField(Result<SecretString, NoSecret>);

#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("must have 1 to {max} characters", max = SecretField::MAX)]
struct NoSecret;

impl SecretField {
    /// The most characters. More would be work for the hasher and nothing else.
    pub(crate) const MAX: usize = 512;

    /// The secret, see [`Text::valid`].
    pub(crate) fn valid(self) -> Result<SecretString, ApiError> {
        self.0.map_err(|detail| ApiError::invalid(vec![ErrorItem::pointer("", detail)]))
    }
}

impl<'de> Deserialize<'de> for SecretField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let secret = String::deserialize(deserializer)?;
        let fits = (1..=Self::MAX).contains(&secret.chars().count());
        let secret = SecretString::from(secret);
        Ok(Self(if fits { Ok(secret) } else { Err(NoSecret) }))
    }
}

impl Validate for SecretField {
    type Context = ();

    fn validate_into(&self, (): &(), parent: &mut dyn FnMut() -> garde::Path, report: &mut garde::Report) {
        if let Err(detail) = &self.0 {
            report.append(parent(), garde::Error::new(detail.to_string()));
        }
    }
}

impl PartialSchema for SecretField {
    fn schema() -> RefOr<Schema> {
        let schema = ObjectBuilder::new().schema_type(Type::String).max_length(Some(Self::MAX)).write_only(true);
        format(schema, KnownFormat::Password).into()
    }
}

impl ToSchema for SecretField {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_nowhere() {
        let secret: SecretField = serde_json::from_str("\"correct horse\"").unwrap();
        assert!(!format!("{secret:?}").contains("horse"));
        let long: SecretField = serde_json::from_str(&format!("{:?}", "x".repeat(513))).unwrap();
        assert!(long.validate().is_err());
    }
}
