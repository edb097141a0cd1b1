//! What is made and asked, drawn at random; and in which order an answer comes.

use std::cmp::Ordering;

use cotenant_domain::products::{Product, ProductSort};
use cotenant_domain::shared::{Direction, Position, SortValue, fold};
use cotenant_domain::stores::{Store, StoreSort};
use cotenant_testkit::fakes::FixedClock;
use proptest::prelude::*;
use time::Duration;
use uuid::Uuid;

/// Names collide, and sort differently in other alphabets, cases and locales than by their folded texts.
pub(super) const NAMES: [&str; 8] = ["tea", "Tea", "TEA 2", "Ärger", "arger", "100%", "a_b", "ﬁsh"];
pub(super) const TEXTS: [&str; 7] = ["tea", "TEA", "ä", "%", "_", "FI", "nothing like it"];

/// Something of a tenant.
#[derive(Debug, Clone)]
pub(super) struct Thing {
    pub(super) whose: usize,
    pub(super) name: usize,
    pub(super) store: u8,
    pub(super) number: i64,
    pub(super) flag: bool,
    pub(super) is_deleted: bool,
    pub(super) is_later: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Query {
    pub(super) whose: usize,
    /// A keeper of some stores, or the owner.
    pub(super) keeper: bool,
    /// Of the products of this store, or of stores.
    pub(super) of_store: Option<u8>,
    pub(super) sort: usize,
    pub(super) direction: bool,
    pub(super) limit: u32,
    pub(super) text: Option<usize>,
    pub(super) flag: Option<bool>,
    pub(super) include_deleted: bool,
    /// From the place of a name and an id that need not exist.
    pub(super) from: Option<(usize, i64, u128)>,
    /// Writes between pages: of the other tenant always, of the own one at times.
    pub(super) own_writes: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) stores: Vec<Thing>,
    pub(super) products: Vec<Thing>,
    /// The stores of each tenant at which its keeper may read, and at which they may see what is deleted.
    pub(super) reach: [(u8, u8); 2],
    pub(super) queries: Vec<Query>,
}

fn things(most: usize) -> impl Strategy<Value = Vec<Thing>> {
    let rare = proptest::bool::weighted(0.25);
    let parts = (0_usize..2, 0..NAMES.len(), any::<u8>(), 0_i64..4, any::<bool>(), rare, rare);
    let thing = parts.prop_map(|(whose, name, store, number, flag, is_deleted, is_later)| Thing {
        whose,
        name,
        store,
        number,
        flag,
        is_deleted,
        is_later,
    });
    proptest::collection::vec(thing, most / 2..=most)
}

fn queries() -> impl Strategy<Value = Query> {
    let who = (0_usize..2, any::<bool>(), proptest::option::of(any::<u8>()));
    let order = (0_usize..5, any::<bool>(), 1_u32..6);
    let filter = (proptest::option::weighted(0.3, 0..TEXTS.len()), proptest::option::weighted(0.3, any::<bool>()));
    let from = proptest::option::weighted(0.2, (0..NAMES.len(), -1_i64..5, any::<u128>()));
    let rest = (proptest::bool::weighted(0.3), from, proptest::bool::weighted(0.3));
    (who, order, filter, rest).prop_map(|(who, order, filter, rest)| Query {
        whose: who.0,
        keeper: who.1,
        of_store: who.2,
        sort: order.0,
        direction: order.1,
        limit: order.2,
        text: filter.0,
        flag: filter.1,
        include_deleted: rest.0,
        from: rest.1,
        own_writes: rest.2,
    })
}

pub(super) fn cases() -> impl Strategy<Value = Case> {
    let reach = || (any::<u8>(), any::<u8>());
    (things(12), things(36), [reach(), reach()], proptest::collection::vec(queries(), 24))
        .prop_map(|(stores, products, reach, queries)| Case { stores, products, reach, queries })
}

pub(super) const STORE_SORTS: [StoreSort; 4] = [StoreSort::Id, StoreSort::Name, StoreSort::Code, StoreSort::CreatedAt];
pub(super) const PRODUCT_SORTS: [ProductSort; 5] =
    [ProductSort::Id, ProductSort::Name, ProductSort::Sku, ProductSort::Price, ProductSort::CreatedAt];

pub(super) fn store_at(store: &Store, sort: usize) -> Position {
    let value = match STORE_SORTS[sort % 4] {
        StoreSort::Id => SortValue::Id,
        StoreSort::Name => SortValue::Text(store.name.key()),
        StoreSort::Code => SortValue::Text(store.code.key()),
        StoreSort::CreatedAt => SortValue::Time(store.base.created_at),
    };
    Position { value, id: store.base.id.as_uuid() }
}

pub(super) fn product_at(product: &Product, sort: usize) -> Position {
    let value = match PRODUCT_SORTS[sort % 5] {
        ProductSort::Id => SortValue::Id,
        ProductSort::Name => SortValue::Text(product.name.key()),
        ProductSort::Sku => SortValue::Text(product.sku.key()),
        ProductSort::Price => SortValue::Int(product.price_minor),
        ProductSort::CreatedAt => SortValue::Time(product.base.created_at),
    };
    Position { value, id: product.base.id.as_uuid() }
}

impl Query {
    pub(super) fn direction(&self) -> Direction {
        if self.direction { Direction::Ascending } else { Direction::Descending }
    }

    /// The order of the list.
    pub(super) fn order(&self, a: &Position, b: &Position) -> Ordering {
        let by_value = match (&a.value, &b.value) {
            (SortValue::Text(a), SortValue::Text(b)) => a.cmp(b),
            (SortValue::Time(a), SortValue::Time(b)) => a.cmp(b),
            (SortValue::Int(a), SortValue::Int(b)) => a.cmp(b),
            _ => Ordering::Equal,
        };
        let order = by_value.then(a.id.cmp(&b.id));
        if self.direction { order } else { order.reverse() }
    }

    /// Where the first page begins: mostly at the beginning, at times after a row, at times where there is none.
    pub(super) fn begin(&self, of_products: bool, rows: &[Position]) -> Option<Position> {
        let (name, number, id) = self.from?;
        if id % 2 == 0 && !rows.is_empty() {
            return Some(rows[(id / 2 % rows.len() as u128) as usize].clone());
        }
        let text = SortValue::Text(fold(NAMES[name]));
        let time = SortValue::Time(FixedClock::START + Duration::milliseconds(number));
        let value = match (of_products, if of_products { self.sort % 5 } else { self.sort % 4 }) {
            (_, 0) => SortValue::Id,
            (_, 1 | 2) => text,
            (true, 3) => SortValue::Int(number),
            _ => time,
        };
        Some(Position { value, id: Uuid::from_u128(id) })
    }
}
