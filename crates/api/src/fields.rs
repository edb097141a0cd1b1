//! Fields of bodies and queries that are texts with rules.
//!
//! A [`Text`] is read leniently and judged with all other fields of its document, so that one answer names every
//! mistake. The rules are the domain's own: whatever parses there is valid here.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use cotenant_domain::shared::{
    Code, Currency, Description, DisplayName, EmailAddress, Limit, Name, Reason, Sku, Slug, Timezone,
};
use cotenant_domain::tenancy::Permission;
use garde::Validate;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use crate::error::{ApiError, ErrorItem};

/// A text that may be a `T`.
#[derive(Debug, Clone)]
pub(crate) struct Text<T>(Result<T, String>);

impl<T> Text<T> {
    /// The value. A document that passed validation has one in every field.
    pub(crate) fn valid(self) -> Result<T, ApiError> {
        self.0.map_err(|detail| ApiError::invalid(vec![ErrorItem::pointer("", detail)]))
    }
}

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Ok(Self(text.parse().map_err(|error: T::Err| error.to_string())))
    }
}

impl<T> Validate for Text<T> {
    type Context = ();

    fn validate_into(&self, (): &(), parent: &mut dyn FnMut() -> garde::Path, report: &mut garde::Report) {
        if let Err(detail) = &self.0 {
            report.append(parent(), garde::Error::new(detail));
        }
    }
}

/// The value of an optional field.
pub(crate) fn valid<T>(field: Option<Text<T>>) -> Result<Option<T>, ApiError> {
    field.map(Text::valid).transpose()
}

/// How the API document describes a kind of text.
pub(crate) trait Described {
    /// The name of its schema.
    const NAME: &'static str;
    /// What the schema says beyond `type: string`.
    fn describe(schema: ObjectBuilder) -> ObjectBuilder;
}

impl<T: Described> PartialSchema for Text<T> {
    fn schema() -> RefOr<Schema> {
        let schema: Object = T::describe(ObjectBuilder::new().schema_type(Type::String)).build();
        schema.into()
    }
}

impl<T: Described> ToSchema for Text<T> {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed(T::NAME)
    }
}

macro_rules! described {
    ($($field:ident = $kind:ty, $name:literal, $schema:ident => $describe:expr;)*) => {$(
        /// See the kind of text that it holds.
        pub(crate) type $field = Text<$kind>;

        impl Described for $kind {
            const NAME: &'static str = $name;

            fn describe($schema: ObjectBuilder) -> ObjectBuilder {
                $describe
            }
        }
    )*};
}

fn up_to(schema: ObjectBuilder, most: usize, description: &str) -> ObjectBuilder {
    schema.min_length(Some(1)).max_length(Some(most)).description(Some(description))
}

fn format(schema: ObjectBuilder, format: KnownFormat) -> ObjectBuilder {
    schema.format(Some(SchemaFormat::KnownFormat(format)))
}

described! {
    NameField = Name, "Name", s => up_to(s, Name::MAX, "A name, without control or invisible characters.");
    DisplayNameField = DisplayName, "DisplayName", s => up_to(s, DisplayName::MAX, "What a person calls themselves.");
    DescriptionField = Description, "Description", s => up_to(s, Description::MAX, "A sentence or two.");
    ReasonField = Reason, "Reason", s => up_to(s, Reason::MAX, "Why, for the audit log.");
    CodeField = Code, "Code", s => up_to(s, Code::MAX, "A short code without spaces; case does not tell two apart.");
    SkuField = Sku, "Sku", s => up_to(s, Sku::MAX, "A stock-keeping unit without spaces; case does not tell two apart.");
    SlugField = Slug, "Slug", s => up_to(s, Slug::MAX, "A tenant's name in addresses and at sign-in.")
        .min_length(Some(2)).pattern(Some("^[a-z0-9][a-z0-9-]*[a-z0-9]$"));
    EmailField = EmailAddress, "EmailAddress", s => format(up_to(s, EmailAddress::MAX, "An e-mail address."), KnownFormat::Email);
    CurrencyField = Currency, "Currency", s => s.pattern(Some("^[A-Z]{3}$")).description(Some("An ISO 4217 currency code."));
    TimezoneField = Timezone, "Timezone", s => s.description(Some("A name of the IANA time zone database."));
    PermissionField = Permission, "Permission", s => s.enum_values(Some(Permission::ALL.iter().map(|p| p.code())))
        .description(Some("The code of a permission; GET /api/v1/permissions explains each."));
    LimitField = PageLimit, "Limit", s => s.pattern(Some("^[1-9][0-9]*$"))
        .description(Some("The most rows of a page: 20 unless told, never more than 100."));
    FlagField = bool, "Flag", s => s.enum_values(Some(["true", "false"]));
    IdField = Uuid, "Id", s => format(s, KnownFormat::Uuid);
    InstantField = Instant, "Instant", s => format(s, KnownFormat::DateTime).description(Some("An instant by RFC 3339."));
    WordField = Word, "Word", s => up_to(s, Word::MAX, "A word of lower-case letters, dots and underscores.");
}

/// A value that is one of a few, each with its word.
pub(crate) trait Choices: Copy + 'static {
    /// The name of its schema.
    const NAME: &'static str;
    /// All of them.
    const ALL: &'static [(&'static str, Self)];
}

/// One of a few.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice<T>(pub(crate) T);

/// Not one of them.
#[derive(Debug, thiserror::Error)]
#[error("must be one of {0}")]
pub(crate) struct NoChoice(String);

impl<T: Choices> FromStr for Choice<T> {
    type Err = NoChoice;

    fn from_str(text: &str) -> Result<Self, NoChoice> {
        let found = T::ALL.iter().find(|(word, _)| *word == text);
        found.map(|(_, value)| Self(*value)).ok_or_else(|| {
            NoChoice(T::ALL.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", "))
        })
    }
}

impl<T: Choices> Described for Choice<T> {
    const NAME: &'static str = T::NAME;

    fn describe(schema: ObjectBuilder) -> ObjectBuilder {
        schema.enum_values(Some(T::ALL.iter().map(|(word, _)| *word)))
    }
}

/// A page size as asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageLimit(pub(crate) Limit);

/// Not a page size.
#[derive(Debug, thiserror::Error)]
#[error("must be a whole number from 1 on")]
pub(crate) struct NoPageLimit;

impl FromStr for PageLimit {
    type Err = NoPageLimit;

    fn from_str(text: &str) -> Result<Self, NoPageLimit> {
        if text.is_empty() || text.len() > 40 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NoPageLimit);
        }
        match text.parse().unwrap_or(u32::MAX) {
            0 => Err(NoPageLimit),
            asked => Ok(Self(Limit::nearest(asked))),
        }
    }
}

/// An instant in UTC, in whole microseconds, of a year that every database takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Instant(pub(crate) OffsetDateTime);

/// Not an instant.
#[derive(Debug, thiserror::Error)]
#[error("must be an instant by RFC 3339, such as 2026-11-23T03:20:04Z")]
pub(crate) struct NoInstant;

impl FromStr for Instant {
    type Err = NoInstant;

    fn from_str(text: &str) -> Result<Self, NoInstant> {
        let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| NoInstant)?;
        let at = at.checked_to_offset(UtcOffset::UTC).filter(|at| (1..=9999).contains(&at.year())).ok_or(NoInstant)?;
        Ok(Self(cotenant_domain::shared::whole_microseconds(at)))
    }
}

/// A word as codes of actions and kinds of objects are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word(pub(crate) String);

impl Word {
    /// The most characters.
    pub(crate) const MAX: usize = 64;
}

/// Not a word.
#[derive(Debug, thiserror::Error)]
#[error("must be 1 to {max} lower-case letters, dots and underscores", max = Word::MAX)]
pub(crate) struct NoWord;

impl FromStr for Word {
    type Err = NoWord;

    fn from_str(text: &str) -> Result<Self, NoWord> {
        let letter = |b: u8| b.is_ascii_lowercase() || b == b'.' || b == b'_';
        let fits = (1..=Self::MAX).contains(&text.len()) && text.bytes().all(letter);
        if fits { Ok(Self(text.to_owned())) } else { Err(NoWord) }
    }
}

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

/// Reads a field of a PATCH that can be changed and not cleared: absent is `None`, and `null` is a mistake.
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn an_oversize_page_is_the_largest_page_and_nonsense_is_refused() {
        let limit = |text: &str| text.parse::<PageLimit>().map(|l| l.0.get()).ok();
        assert_eq!((limit("1"), limit("100"), limit("101"), limit("99999999999999")), (Some(1), Some(100), Some(100), Some(100)));
        for wrong in ["0", "000", "-1", "+1", "1.5", "", "ten", "1e3", " 1"] {
            assert_eq!(limit(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_instant_is_turned_to_utc_and_must_have_a_year_that_databases_take() {
        let instant = |text: &str| text.parse::<Instant>().map(|i| i.0).ok();
        assert_eq!(instant("2026-11-23T06:20:04.1234567+03:00"), Some(datetime!(2026-11-23 03:20:04.123456 UTC)));
        for wrong in ["2026-11-23", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00", "now", ""] {
            assert_eq!(instant(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_secret_shows_nowhere() {
        let secret: SecretField = serde_json::from_str("\"correct horse\"").unwrap();
        assert!(!format!("{secret:?}").contains("horse"));
        let long: SecretField = serde_json::from_str(&format!("{:?}", "x".repeat(513))).unwrap();
        assert!(long.validate().is_err());
    }
}
