use std::collections::BTreeMap;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::error::JobError;
use crate::shared::{Id, rfc3339};

/// What can stand in a payload: an id, a word of the program, an instant. Texts of people and secrets are none of these on
/// purpose: what is in a queue is in its backups too, and in the hands of whoever reads them.
pub trait Field: Sized {
    /// The stored form.
    fn write(&self) -> String;
    /// Reads the stored form.
    fn read(stored: &str) -> Option<Self>;
}

impl<T> Field for Id<T> {
    fn write(&self) -> String {
        self.to_string()
    }

    fn read(stored: &str) -> Option<Self> {
        stored.parse().ok()
    }
}

impl Field for OffsetDateTime {
    fn write(&self) -> String {
        rfc3339(*self)
    }

    fn read(stored: &str) -> Option<Self> {
        Self::parse(stored, &Rfc3339).ok()
    }
}

/// What a job is about, as a type of its kind; [`payload!`](crate::payload!) makes one.
pub trait Payload: Sized + Send + Sync {
    /// Its fields as they are stored.
    fn write(&self) -> Fields;
    /// Reads the stored fields.
    ///
    /// # Errors
    ///
    /// [`JobError::Payload`] names the first field that is missing or cannot be read, and not what it holds.
    fn read(fields: &Fields) -> Result<Self, JobError>;
}

/// Of a job that is about nothing further: a scheduled one.
impl Payload for () {
    fn write(&self) -> Fields {
        Fields::default()
    }

    fn read(_: &Fields) -> Result<Self, JobError> {
        Ok(())
    }
}

/// The fields of a payload as they are stored: a JSON object of texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(BTreeMap<String, String>);

impl Fields {
    /// The same with one more field.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &impl Field) -> Self {
        self.0.insert(name.to_owned(), value.write());
        self
    }

    /// Reads a field.
    ///
    /// # Errors
    ///
    /// [`JobError::Payload`] where it is missing or is no `F`.
    pub fn get<F: Field>(&self, name: &'static str) -> Result<F, JobError> {
        self.0.get(name).and_then(|stored| F::read(stored)).ok_or(JobError::Payload(name))
    }

    /// The stored text.
    pub fn text(&self) -> String {
        let fields = self.0.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
        serde_json::Value::Object(fields.collect()).to_string()
    }

    /// Reads the stored text; `None` where it is something else.
    pub fn parse(stored: &str) -> Option<Self> {
        serde_json::from_str(stored).ok().map(Self)
    }
}

/// Makes a [`Payload`](crate::jobs::Payload): a struct of public fields, each a [`Field`](crate::jobs::Field).
///
/// ```
/// use cotenant_domain::products::ProductId;
/// use cotenant_domain::stores::StoreId;
///
/// cotenant_domain::payload! {
///     /// Which product of which store.
///     pub struct ProductToCount {
///         /// The store.
///         store_id: StoreId,
///         /// The product.
///         product_id: ProductId,
///     }
/// }
/// ```
///
/// What is no field does not get in:
///
/// ```compile_fail
/// cotenant_domain::payload! {
///     /// A secret on its way into every backup.
///     pub struct PasswordToSend {
///         /// The password.
///         password: String,
///     }
/// }
/// ```
#[macro_export]
macro_rules! payload {
    ($(#[$about:meta])* $vis:vis struct $name:ident { $($(#[$what:meta])* $field:ident: $type:ty),* $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        $vis struct $name {
            $($(#[$what])* $vis $field: $type,)*
        }

        impl $crate::jobs::Payload for $name {
            fn write(&self) -> $crate::jobs::Fields {
                $crate::jobs::Fields::default()$(.with(stringify!($field), &self.$field))*
            }

            fn read(fields: &$crate::jobs::Fields) -> Result<Self, $crate::jobs::JobError> {
                Ok(Self { $($field: fields.get(stringify!($field))?,)* })
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;
    use uuid::Uuid;

    payload! {
        struct Thing {
            thing_id: Id<()>,
            at: OffsetDateTime,
        }
    }

    fn thing() -> Thing {
        Thing { thing_id: Id::new(Uuid::from_u128(9)), at: datetime!(2026-01-02 03:04:05.000006 UTC) }
    }

    #[test]
    fn a_payload_is_read_back_as_it_was_written() {
        let stored = thing().write().text();
        assert_eq!(stored, r#"{"at":"2026-01-02T03:04:05.000006Z","thing_id":"00000000-0000-0000-0000-000000000009"}"#);
        assert_eq!(Thing::read(&Fields::parse(&stored).unwrap()).unwrap(), thing());
    }

    #[test]
    fn a_payload_that_cannot_be_read_names_the_field_and_not_the_value() {
        for stored in ["{}", r#"{"thing_id": "canary"}"#] {
            let error = Thing::read(&Fields::parse(stored).unwrap()).unwrap_err();
            assert_eq!(error.to_string(), "the payload has no valid `thing_id`");
        }
        for stored in ["canary", r#"["canary"]"#, r#"{"thing_id": 7}"#, ""] {
            assert_eq!(Fields::parse(stored), None);
        }
    }
}
