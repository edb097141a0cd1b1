//! Paging: `limit`, `cursor` and `sort` of a list.

use std::str::FromStr;

use cotenant_domain::shared::{Direction, PageRequest};
use utoipa::openapi::ObjectBuilder;

use crate::cursor::{self, Binding, SortKind};
use crate::error::ApiError;
use crate::fields::{Described, LimitField, Text, valid};

/// A sort that lists can be asked for.
pub(crate) trait SortKey: Copy + 'static {
    /// The name of its schema.
    const NAME: &'static str;
    /// The word of the sort that is taken unless told.
    const DEFAULT: SortWord<Self>;
    /// The words of all others.
    const OTHERS: &'static [SortWord<Self>];
}

/// The word a sort is asked for with, the sort, and what kind of value it sorts by.
pub(crate) type SortWord<S> = (&'static str, S, SortKind);

/// A sort as asked for: a word of the list, with a hyphen before it for the other direction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sort<S> {
    key: S,
    kind: SortKind,
    direction: Direction,
}

/// A `sort` parameter.
pub(crate) type SortField<S> = Text<Sort<S>>;

/// Not a sort of this list.
#[derive(Debug, thiserror::Error)]
#[error("must be one of {0}")]
pub(crate) struct NoSort(String);

fn keys<S: SortKey>() -> impl Iterator<Item = SortWord<S>> {
    std::iter::once(S::DEFAULT).chain(S::OTHERS.iter().copied())
}

fn words<S: SortKey>() -> impl Iterator<Item = String> {
    keys::<S>().flat_map(|(word, _, _)| [word.to_owned(), format!("-{word}")])
}

impl<S: SortKey> FromStr for Sort<S> {
    type Err = NoSort;

    fn from_str(text: &str) -> Result<Self, NoSort> {
        let (word, direction) = match text.strip_prefix('-') {
            Some(word) => (word, Direction::Descending),
            None => (text, Direction::Ascending),
        };
        let found = keys::<S>().find(|(known, _, _)| *known == word);
        let (_, key, kind) = found.ok_or_else(|| NoSort(words::<S>().collect::<Vec<_>>().join(", ")))?;
        Ok(Self { key, kind, direction })
    }
}

impl<S: SortKey> Described for Sort<S> {
    const NAME: &'static str = S::NAME;

    fn describe(schema: ObjectBuilder) -> ObjectBuilder {
        let description = "What the list is sorted by; a hyphen before it turns it round. The first unless told.";
        schema.enum_values(Some(words::<S>())).description(Some(description))
    }
}

/// The page that a query asks for.
pub(crate) fn request<S: SortKey>(
    limit: Option<LimitField>,
    cursor: Option<String>,
    sort: Option<SortField<S>>,
    binding: Binding,
) -> Result<PageRequest<S>, ApiError> {
    let (_, key, kind) = S::DEFAULT;
    let sort = valid(sort)?.unwrap_or(Sort { key, kind, direction: Direction::Ascending });
    let limit = valid(limit)?.map(|l| l.0).unwrap_or_default();
    let after = cursor.map(|cursor| cursor::decode(&cursor, binding, sort.kind)).transpose()?;
    Ok(PageRequest { limit, sort: sort.key, direction: sort.direction, after })
}

/// The same of a list that has one order.
pub(crate) fn in_order<S>(page: PageRequest<S>) -> PageRequest<()> {
    PageRequest { limit: page.limit, sort: (), direction: page.direction, after: page.after }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cursor::encode;
    use cotenant_domain::shared::{Position, SortValue};
    use cotenant_domain::stores::StoreSort;

    fn sort(text: &str) -> Option<SortField<StoreSort>> {
        serde_json::from_value(serde_json::Value::String(text.into())).ok()
    }

    #[test]
    fn a_hyphen_turns_a_sort_round() {
        let here = Binding::new("/stores", None, &[]);
        let page = request(None, None, sort("-created_at"), here).unwrap();
        assert_eq!((page.sort, page.direction, page.limit.get()), (StoreSort::CreatedAt, Direction::Descending, 20));
        let page = request::<StoreSort>(None, None, None, here).unwrap();
        assert_eq!((page.sort, page.direction), (StoreSort::Id, Direction::Ascending));
    }

    #[test]
    fn only_listed_columns_sort() {
        for wrong in ["password_hash", "--name", "Name", "", "name,code", "name asc"] {
            assert!(wrong.parse::<Sort<StoreSort>>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_cursor_of_another_kind_of_sort_is_refused_even_when_its_binding_was_forged() {
        let here = Binding::new("/stores", None, &[]);
        let position = Position { value: SortValue::Int(1), id: uuid::Uuid::nil() };
        let error = request(None, Some(encode(&position, here)), sort("name"), here).unwrap_err();
        assert_eq!(error.problem().code, "invalid_cursor");
    }
}
