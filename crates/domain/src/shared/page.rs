use time::OffsetDateTime;
use uuid::Uuid;

/// How many rows a page may hold: 1 to [`Limit::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u32);

impl Limit {
    /// The most rows of one page.
    pub const MAX: u32 = 100;

    /// The limit nearest to what was asked: an oversize page is a smaller page, not an error.
    pub fn nearest(asked: u32) -> Self {
        Self(asked.clamp(1, Self::MAX))
    }

    /// The number of rows.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(20)
    }
}

/// Which way a sort runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// Smallest first.
    #[default]
    Ascending,
    /// Largest first.
    Descending,
}

/// The value of the sort column in the last row of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortValue {
    /// The rows are sorted by id alone.
    Id,
    /// A folded text, see [`fold`](super::fold).
    Text(String),
    /// An instant.
    Time(OffsetDateTime),
    /// A whole number.
    Int(i64),
}

/// The place after which the next page begins (keyset pagination): the sort value of a row and its id, which breaks ties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The row's value in the sort column.
    pub value: SortValue,
    /// The row's id.
    pub id: Uuid,
}

/// A request for one page of rows sorted by `S`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageRequest<S> {
    /// The most rows wanted.
    pub limit: Limit,
    /// The sort column, one of an allow-list.
    pub sort: S,
    /// Which way the sort runs.
    pub direction: Direction,
    /// Where the last page ended; `None` asks for the first page.
    pub after: Option<Position>,
}

/// One page of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, at most the limit that was asked for.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last page.
    pub next: Option<Position>,
}

impl<T> Page<T> {
    /// Cuts `rows`, of which one more than `limit` was fetched, to a page; `position` tells where a row stands.
    pub fn cut(mut rows: Vec<T>, limit: Limit, position: impl Fn(&T) -> Position) -> Self {
        let most = limit.get() as usize;
        let next = if rows.len() > most {
            rows.truncate(most);
            rows.last().map(position)
        } else {
            None
        };
        Self { items: rows, next }
    }

    /// The same page with every row turned into something else.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}
