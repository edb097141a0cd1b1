use std::str::FromStr;

use utoipa::openapi::schema::ObjectBuilder;

use super::Described;

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
        found
            .map(|(_, value)| Self(*value))
            .ok_or_else(|| NoChoice(T::ALL.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ")))
    }
}

impl<T: Choices> Described for Choice<T> {
    const NAME: &'static str = T::NAME;

    fn describe(schema: ObjectBuilder) -> ObjectBuilder {
        schema.enum_values(Some(T::ALL.iter().map(|(word, _)| *word)))
    }
}
