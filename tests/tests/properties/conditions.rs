//! Conditions joined by AND and OR, as deep as they come: the wrapper finds what they describe among the rows of its
//! scope, and nothing else. What they describe is worked out here over both tenants' rows.
//!
//! No list of the API takes an OR, so this holds the wrapper itself, which code to come might ask for one.

use std::collections::BTreeSet;

use cotenant_scoped::{Filter, Scope, Stores};
use cotenant_testkit::World;
use cotenant_testkit::world::Adapters;
use cotenant_tests::entities::product::{Column as C, Entity, Model};
use cotenant_tests::{FreshDatabase, prove};
use proptest::prelude::*;
use uuid::Uuid;

use crate::acts::{Act, Step, on_things, steps};
use crate::runner::{Count, drawn, holds, holds_that};
use crate::town::Town;

/// A condition. Rows, stores and tenants are counted around over those of both tenants.
#[derive(Debug, Clone)]
enum Tree {
    Tenant(u8),
    Store(u8),
    Stores(Vec<u8>),
    Id(u8),
    IdBelow(u8),
    IdFrom(u8),
    StockBelow(i64),
    StockAtMost(i64),
    StockAbove(i64),
    NameContains(&'static str),
    IsDeleted,
    IsNotDeleted,
    All(Vec<Tree>),
    Any(Vec<Tree>),
}

const TEXTS: [&str; 7] = ["product", "product 1", "", "%", "_", "' or 1=1 --", ") or (1=1"];

fn trees() -> impl Strategy<Value = Tree> {
    let nth = any::<u8>();
    let leaf = prop_oneof![
        nth.prop_map(Tree::Tenant),
        nth.prop_map(Tree::Store),
        proptest::collection::vec(nth, 0..3).prop_map(Tree::Stores),
        nth.prop_map(Tree::Id),
        nth.prop_map(Tree::IdBelow),
        nth.prop_map(Tree::IdFrom),
        (0_i64..5).prop_map(Tree::StockBelow),
        (0_i64..5).prop_map(Tree::StockAtMost),
        (0_i64..5).prop_map(Tree::StockAbove),
        proptest::sample::select(TEXTS.as_slice()).prop_map(Tree::NameContains),
        Just(Tree::IsDeleted),
        Just(Tree::IsNotDeleted),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let some = proptest::collection::vec(inner, 0..4);
        prop_oneof![some.clone().prop_map(Tree::All), some.clone().prop_map(Tree::Any), some.prop_map(Tree::Any)]
    })
}

/// The rows of both tenants.
struct Rows {
    tenants: [Uuid; 2],
    stores: Vec<Uuid>,
    all: Vec<Model>,
}

fn nth<T: Clone>(of: &[T], nth: u8) -> T {
    of[usize::from(nth) % of.len()].clone()
}

impl Tree {
    fn filter(&self, rows: &Rows) -> Filter<Entity> {
        let id = |n: u8| nth(&rows.all, n).id;
        match self {
            Self::Tenant(n) => Filter::eq(C::TenantId, nth(&rows.tenants, *n)),
            Self::Store(n) => Filter::eq(C::StoreId, nth(&rows.stores, *n)),
            Self::Stores(some) => Filter::is_in(C::StoreId, some.iter().map(|n| nth(&rows.stores, *n))),
            Self::Id(n) => Filter::eq(C::Id, id(*n)),
            Self::IdBelow(n) => Filter::lt(C::Id, id(*n)),
            Self::IdFrom(n) => Filter::gte(C::Id, id(*n)),
            Self::StockBelow(stock) => Filter::lt(C::Stock, *stock),
            Self::StockAtMost(stock) => Filter::lte(C::Stock, *stock),
            Self::StockAbove(stock) => Filter::gt(C::Stock, *stock),
            Self::NameContains(text) => Filter::contains(C::NameKey, text),
            Self::IsDeleted => Filter::is_not_null(C::DeletedAt),
            Self::IsNotDeleted => Filter::is_null(C::DeletedAt),
            Self::All(parts) => Filter::all(parts.iter().map(|part| part.filter(rows))),
            Self::Any(parts) => Filter::any(parts.iter().map(|part| part.filter(rows))),
        }
    }

    fn describes(&self, row: &Model, rows: &Rows) -> bool {
        let id = |n: u8| nth(&rows.all, n).id;
        match self {
            Self::Tenant(n) => row.tenant_id == nth(&rows.tenants, *n),
            Self::Store(n) => row.store_id == nth(&rows.stores, *n),
            Self::Stores(some) => some.iter().any(|n| row.store_id == nth(&rows.stores, *n)),
            Self::Id(n) => row.id == id(*n),
            Self::IdBelow(n) => row.id < id(*n),
            Self::IdFrom(n) => row.id >= id(*n),
            Self::StockBelow(stock) => row.stock < *stock,
            Self::StockAtMost(stock) => row.stock <= *stock,
            Self::StockAbove(stock) => row.stock > *stock,
            Self::NameContains(text) => row.name_key.contains(text),
            Self::IsDeleted => row.deleted_at.is_some(),
            Self::IsNotDeleted => row.deleted_at.is_none(),
            Self::All(parts) => parts.iter().all(|part| part.describes(row, rows)),
            Self::Any(parts) => parts.iter().any(|part| part.describes(row, rows)),
        }
    }
}

// Attacks: 3.
pub(crate) async fn a_tree_of_conditions_finds_what_it_describes_in_its_own_tenant(database: FreshDatabase) {
    let world = World::bootstrap_over(Adapters::over(database.adapters())).await;
    let scoped = database.connect();
    let rows = rows(&world, &database).await;
    let (trees_tried, found, described) = <(Count, Count, Count)>::default();
    let counts = (trees_tried.clone(), found.clone(), described.clone());
    let cases = || {
        let some = proptest::option::of(proptest::collection::vec(any::<u8>(), 0..4));
        (trees(), (0_usize..2, some, any::<bool>()))
    };
    holds("conditions", prove::times(200, 6_000), cases, async move |(tree, scope)| {
        let (whose, some, with_deleted) = scope;
        let reach: Option<BTreeSet<Uuid>> = some.map(|some| some.iter().map(|n| nth(&rows.stores, *n)).collect());
        let stores = reach.clone().map_or(Stores::All, |reach| Stores::Only(reach.into_iter().collect()));
        let scope = Scope::new(rows.tenants[whose], stores);
        let reached = |row: &&Model| {
            row.tenant_id == rows.tenants[whose] && reach.as_ref().is_none_or(|reach| reach.contains(&row.store_id))
        };
        let fits = |row: &&Model| tree.describes(row, &rows);
        let live = |row: &&Model| row.deleted_at.is_none();
        let expected: BTreeSet<Uuid> =
            rows.all.iter().filter(reached).filter(fits).filter(|r| with_deleted || live(r)).map(|r| r.id).collect();

        let transaction = scoped.read(scope.clone()).await.unwrap();
        let find = || transaction.find::<Entity>().filter(tree.filter(&rows));
        let find = || if with_deleted { find().with_deleted() } else { find() };
        let there: Vec<Uuid> = find().all().await.unwrap().iter().map(|row| row.id).collect();
        let count = find().count().await.unwrap();
        drop(transaction);
        holds_that!(count == there.len() as u64, "{count} were counted, {} were found", there.len());
        let distinct: BTreeSet<Uuid> = there.iter().copied().collect();
        holds_that!(distinct.len() == there.len(), "a row was found twice");
        holds_that!(distinct == expected, "found {distinct:?}, expected {expected:?}");

        let transaction = scoped.write(scope).await.unwrap();
        let met = transaction.update::<Entity>().filter(tree.filter(&rows)).add(C::Stock, 0).execute().await.unwrap();
        drop(transaction);
        let to_meet = rows.all.iter().filter(reached).filter(fits).filter(live).count();
        holds_that!(met == to_meet as u64, "an update met {met} rows instead of {to_meet}");
        trees_tried.add(1);
        found.add(there.len());
        described.add(rows.all.iter().filter(fits).count());
        Ok(())
    })
    .await;
    let (tried, found, described) = counts;
    assert!(found.get() > tried.get() && described.get() > found.get(), "conditions meet rows of both tenants");
    let told = [
        ("conditions", tried.get()),
        ("rows found", found.get()),
        ("rows outside the scope that they describe", described.get() - found.get()),
        ("leaks", 0),
    ];
    prove::figures("conditions with OR", &format!("{:?}", database.kind), &told);
}

/// Makes rows in both tenants by acts at random, and reads them, each tenant's in its own scope.
async fn rows(world: &World, database: &FreshDatabase) -> Rows {
    let mut town = Town::found(world, 0).await;
    for step in drawn("rows of the conditions", &steps(on_things(), 500)) {
        // Stores stay, so that there are many rows.
        if matches!(step.act, Act::DeleteStore { .. }) {
            continue;
        }
        drop(town.perform(&Step { who: 0, ..step }).await);
    }
    let mut tenants = [Uuid::nil(); 2];
    for (whose, tenant) in tenants.iter_mut().enumerate() {
        *tenant = town.owner(whose).await.tenant_id().as_uuid();
    }
    let scoped = database.connect();
    let mut all = Vec::new();
    for tenant in tenants {
        let transaction = scoped.read(Scope::new(tenant, Stores::All)).await.unwrap();
        let rows = transaction.find::<Entity>().with_deleted().all().await.unwrap();
        assert!(rows.len() > 8, "{}", rows.len());
        assert!(rows.iter().any(|row| row.deleted_at.is_some()), "{rows:?}");
        all.extend(rows);
    }
    let made: usize = town.tenants.iter().map(|tenant| tenant.products.len()).sum();
    assert_eq!(all.len(), made, "the two scopes together show everything that was made");
    let stores: BTreeSet<Uuid> = all.iter().map(|row| row.store_id).collect();
    Rows { tenants, stores: stores.into_iter().collect(), all }
}
