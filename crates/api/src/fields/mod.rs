//! Fields of bodies and queries that are texts with rules.
//!
//! A [`Text`] is read leniently and judged with all other fields of its document, so that one answer names every
//! mistake. The rules are the domain's own: whatever parses there is valid here.

mod choice;
mod object;
mod secret;
mod values;

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use cotenant_domain::mail::Locale;
use cotenant_domain::shared::{
    Code, Currency, Description, DisplayName, EmailAddress, Justification, Name, PlanName, Reason, Sku, Slug, Timezone,
};
use cotenant_domain::tenancy::Permission;
use garde::Validate;
use serde::{Deserialize, Deserializer};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use crate::error::{ApiError, ErrorItem};

pub(crate) use choice::{Choice, Choices};
pub(crate) use object::Object;
pub(crate) use secret::SecretField;
pub(crate) use values::{Instant, LogPlace, PageLimit, Word};

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
        T::describe(ObjectBuilder::new().schema_type(Type::String)).into()
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
    JustificationField = Justification, "Justification", s => up_to(s, Justification::MAX, "Why, said to those whom it concerns.")
        .min_length(Some(10));
    CodeField = Code, "Code", s => up_to(s, Code::MAX, "A short code without spaces; case does not tell two apart.");
    SkuField = Sku, "Sku", s => up_to(s, Sku::MAX, "A stock-keeping unit without spaces; case does not tell two apart.");
    SlugField = Slug, "Slug", s => up_to(s, Slug::MAX, "A tenant's name in addresses and at sign-in.")
        .min_length(Some(2)).pattern(Some("^[a-z0-9][a-z0-9-]*[a-z0-9]$"));
    PlanField = PlanName, "PlanName", s => up_to(s, PlanName::MAX, "The name of a plan.")
        .min_length(Some(2)).pattern(Some("^[a-z0-9][a-z0-9-]*[a-z0-9]$"));
    EmailField = EmailAddress, "EmailAddress", s => format(up_to(s, EmailAddress::MAX, "An e-mail address."), KnownFormat::Email);
    CurrencyField = Currency, "Currency", s => s.pattern(Some("^[A-Z]{3}$")).description(Some("An ISO 4217 currency code."));
    TimezoneField = Timezone, "Timezone", s => s.description(Some("A name of the IANA time zone database."));
    PermissionField = Permission, "Permission", s => s.enum_values(Some(Permission::ALL.iter().map(|p| p.code())))
        .description(Some("The code of a permission; GET /api/v1/permissions explains each."));
    LimitField = PageLimit, "Limit", s => s.schema_type(Type::Integer).minimum(Some(1))
        .description(Some("The most rows of a page: 20 unless told, never more than 100."));
    PlaceField = LogPlace, "LogPlace", s => s.schema_type(Type::Integer).minimum(Some(0))
        .description(Some("A place in the log: 0 is before its first event."));
    LocaleField = Locale, "Locale", s => s.enum_values(Some(Locale::ALL.map(Locale::as_str)))
        .description(Some("A language in which people are written to."));
    FlagField = bool, "Flag", s => s.schema_type(Type::Boolean);
    IdField = Uuid, "Id", s => format(s, KnownFormat::Uuid);
    InstantField = Instant, "Instant", s => format(s, KnownFormat::DateTime).description(Some("An instant by RFC 3339."));
    WordField = Word, "Word", s => up_to(s, Word::MAX, "A word of lower-case letters, dots and underscores.");
}

/// Reads a field of a PATCH that can be changed and not cleared: absent is `None`, and `null` is a mistake.
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
