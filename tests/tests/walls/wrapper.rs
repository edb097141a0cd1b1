//! The wrapper, with rows of two tenants in the tables.

use std::collections::BTreeSet;

use cotenant_infrastructure::ScopedDatabase;
use cotenant_scoped::{Error, Filter, Order, Scope, Stores};
use cotenant_tests::entities::{product, store, user_role};
use cotenant_tests::{FreshDatabase, on_both_databases, prove};
use sea_orm::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::raw::{A, B, Raw, id, insert, tenant};

on_both_databases! {
    no_filter_reaches_another_tenant;
    no_filter_reaches_a_store_outside_the_scope;
    a_row_of_another_tenant_is_not_inserted;
    what_holds_a_wall_is_not_set;
    a_wildcard_is_a_character;
    no_tenant_is_no_rows;
}

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

/// Both tenants with two stores and three products each, two of them in the first store.
async fn world(database: &FreshDatabase) -> (Raw, ScopedDatabase) {
    let mut raw = Raw::open(database).await;
    raw.seed().await;
    for owner in [A, B] {
        let store = insert("stores", &raw.row("stores", owner, 2));
        raw.execute(&store).await.unwrap();
        for number in [2, 3] {
            let mut row = raw.row("products", owner, number);
            if number == 3 {
                row.iter_mut().find(|(column, _)| *column == "store_id").unwrap().1 = raw.uuid(id(owner, 's', 1));
            }
            raw.execute(&insert("products", &row)).await.unwrap();
        }
    }
    (raw, database.connect())
}

fn all(owner: u8) -> Scope {
    Scope::new(tenant(owner), Stores::All)
}

/// Xorshift: the same filters at every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.roll(of.len() as u64)).unwrap()].clone()
    }

    /// A condition on one column, often made to meet the other tenant's rows.
    fn leaf(&mut self) -> Filter<product::Entity> {
        use product::Column as C;
        let number = |dice: &mut Self| u8::try_from(1 + dice.roll(3)).unwrap();
        let owner = self.pick(&[A, B, B]);
        let (column, value): (C, Value) = match self.roll(6) {
            0 | 1 => (C::TenantId, tenant(owner).into()),
            2 => (C::StoreId, id(owner, 's', number(self)).into()),
            3 => (C::Id, id(owner, 'i', number(self)).into()),
            4 => (C::Name, format!("name-{}", number(self)).into()),
            _ => (C::Stock, i64::try_from(self.roll(3)).unwrap().into()),
        };
        match self.roll(9) {
            0 | 1 => Filter::eq(column, value),
            2 => Filter::lt(column, value),
            3 => Filter::lte(column, value),
            4 => Filter::gt(column, value),
            5 => Filter::gte(column, value),
            6 => Filter::is_in(column, [value]),
            7 => self.pick(&[Filter::is_null(C::DeletedAt), Filter::is_not_null(column)]),
            _ => Filter::contains(C::Name, self.pick(&["", "name", "%", "' OR 1=1 --", ") OR (1=1"])),
        }
    }

    fn filter(&mut self, depth: u64) -> Filter<product::Entity> {
        if depth == 0 {
            return self.leaf();
        }
        let parts: Vec<_> = (0..self.roll(4)).map(|_| self.filter(depth - 1)).collect();
        match self.roll(3) {
            0 => Filter::all(parts),
            1 => Filter::any(parts),
            _ => Filter::any([Filter::is_not_null(product::Column::Id), Filter::all(parts)]),
        }
    }
}

/// Reads with random filters in all ways there are; every row must be `fits`. Answers how many rows were seen.
async fn read_at_random(
    scoped: &ScopedDatabase,
    scope: &Scope,
    seed: u64,
    fits: impl Fn(&product::Model) -> bool,
) -> u64 {
    let (mut dice, mut seen) = (Dice(seed), 0);
    for turn in 0..120 {
        let filter = dice.filter(turn % 4);
        let context = format!("seed {seed}, turn {turn}: {filter:?}");
        let transaction = scoped.read(scope.clone()).await.unwrap();
        let find = || transaction.find::<product::Entity>().filter(filter.clone());
        let mut rows = find().with_deleted().all().await.expect(&context);
        seen += rows.len() as u64;
        let count = find().with_deleted().count().await.expect(&context);
        assert_eq!(count, rows.len() as u64, "{context}");
        rows.extend(find().all().await.expect(&context));
        rows.extend(find().order_by(product::Column::Name, Order::Descending).one().await.expect(&context));
        let beyond = find().order_by(product::Column::TenantId, Order::Ascending).limit(9);
        let first = vec![Value::from(Uuid::nil()), Value::from(Uuid::nil())];
        let columns = vec![product::Column::TenantId, product::Column::Id];
        rows.extend(beyond.after(columns, first, Order::Ascending).all().await.expect(&context));
        assert!(rows.iter().all(&fits), "{context}: {rows:?}");
    }
    seen
}

/// Writes with random filters, committed. Answers how many rows were met.
async fn write_at_random(scoped: &ScopedDatabase, scope: &Scope, seed: u64) -> u64 {
    use product::Column as C;
    let (mut dice, mut met) = (Dice(seed), 0);
    for turn in 0..60 {
        let filter = dice.filter(turn % 4);
        let transaction = scoped.write(scope.clone()).await.unwrap();
        met += match dice.roll(4) {
            0 => transaction.update::<product::Entity>().filter(filter).add(C::Stock, 1).execute().await.unwrap(),
            1 => {
                let rows =
                    transaction.update::<product::Entity>().filter(filter).set(C::Stock, 1_i64).returning().await;
                rows.unwrap().len() as u64
            }
            2 => {
                let act = id(A, 'x', 1);
                transaction.soft_delete::<product::Entity>(filter, C::Version, C::UpdatedAt, NOW, act).await.unwrap()
            }
            _ => transaction.restore::<product::Entity>(filter, C::Version, C::UpdatedAt, NOW).await.unwrap(),
        };
        transaction.commit().await.unwrap();
    }
    met
}

// Attacks: 2, 3.
async fn no_filter_reaches_another_tenant(database: FreshDatabase) {
    let (mut raw, scoped) = world(&database).await;
    let before = raw.snapshot(B).await;
    let mut seen = 0;
    for seed in [1, prove::seed("filters")] {
        seen += read_at_random(&scoped, &all(A), seed, |row| row.tenant_id == tenant(A)).await;
        assert!(write_at_random(&scoped, &all(A), seed).await > 20, "the filters meet own rows");
    }
    assert!(seen > 100, "the filters meet own rows: {seen}");
    let transaction = scoped.write(all(A)).await.unwrap();
    let theirs = Filter::any([Filter::eq(user_role::Column::TenantId, tenant(B)), Filter::all([])]);
    assert_eq!(transaction.revoke::<user_role::Entity>(theirs).await.unwrap(), 1);
    transaction.commit().await.unwrap();
    assert_eq!(raw.snapshot(B).await, before);
}

// Attacks: 3, 10.
async fn no_filter_reaches_a_store_outside_the_scope(database: FreshDatabase) {
    let (mut raw, scoped) = world(&database).await;
    let here = id(A, 's', 1);
    let scope = Scope::new(tenant(A), Stores::Only(vec![here, id(B, 's', 1)]));
    let outside = format!("SELECT name || version FROM products WHERE store_id <> {} ORDER BY id", raw.uuid(here));
    let before = raw.texts(&outside).await.unwrap();
    assert_eq!(before.len(), 4);
    let fits = |row: &product::Model| row.tenant_id == tenant(A) && row.store_id == here;
    assert!(read_at_random(&scoped, &scope, 5, fits).await > 20);
    assert!(write_at_random(&scoped, &scope, 5).await > 10);
    assert_eq!(raw.texts(&outside).await.unwrap(), before);
    let transaction = scoped.read(scope).await.unwrap();
    let stores: BTreeSet<Uuid> =
        transaction.find::<store::Entity>().all().await.unwrap().iter().map(|row| row.id).collect();
    assert_eq!(stores, BTreeSet::from([here]), "the store itself is in the scope of its own");
}

// Attacks: 9.
async fn a_row_of_another_tenant_is_not_inserted(database: FreshDatabase) {
    let (mut raw, scoped) = world(&database).await;
    let before = raw.snapshot(B).await;
    let transaction = scoped.read(all(B)).await.unwrap();
    let mut row = transaction.find::<product::Entity>().one().await.unwrap().unwrap();
    drop(transaction);
    row.id = id(B, 'i', 9);
    row.sku_key = "another".to_owned();
    let transaction = scoped.write(all(A)).await.unwrap();
    let outcome = transaction.insert::<product::Entity>(row.clone()).await;
    assert!(matches!(outcome, Err(Error::OutOfScope)), "{outcome:?}");
    assert!(transaction.commit().await.is_err(), "after a refusal the transaction can only be dropped");
    let transaction = scoped.write(all(A)).await.unwrap();
    let outcome = transaction.insert_new::<product::Entity>(row.clone()).await;
    assert!(matches!(outcome, Err(Error::OutOfScope)), "{outcome:?}");
    drop(transaction);
    assert_eq!(raw.snapshot(B).await, before);
    let elsewhere = Scope::new(tenant(B), Stores::Only(vec![Uuid::nil()]));
    let transaction = scoped.write(elsewhere).await.unwrap();
    let outcome = transaction.insert::<product::Entity>(row.clone()).await;
    assert!(matches!(outcome, Err(Error::OutOfScope)), "{outcome:?}");
    drop(transaction);
    let transaction = scoped.write(all(B)).await.unwrap();
    transaction.insert::<product::Entity>(row).await.expect("the same row is welcome at home");
}

// Attacks: 9.
async fn what_holds_a_wall_is_not_set(database: FreshDatabase) {
    use product::Column as C;
    let (mut raw, scoped) = world(&database).await;
    let before = raw.snapshot(A).await;
    for column in [C::TenantId, C::StoreId, C::Id, C::DeletedAt, C::DeletionId] {
        let transaction = scoped.write(all(A)).await.unwrap();
        let set = transaction.update::<product::Entity>().set(column, tenant(B)).execute().await;
        assert!(matches!(set, Err(Error::OutOfScope)), "{column:?}: {set:?}");
        let added = transaction.update::<product::Entity>().add(column, 1).returning().await;
        assert!(matches!(added, Err(Error::OutOfScope)), "{column:?}: {added:?}");
    }
    let transaction = scoped.write(all(A)).await.unwrap();
    let id = transaction.update::<store::Entity>().set(store::Column::Id, id(B, 's', 1)).execute().await;
    assert!(matches!(id, Err(Error::OutOfScope)), "the column of a store's own wall: {id:?}");
    drop(transaction);
    assert_eq!(raw.snapshot(A).await, before);
}

async fn a_wildcard_is_a_character(database: FreshDatabase) {
    let (mut raw, scoped) = world(&database).await;
    for (number, name) in [(1, "100%"), (2, "a_b"), (3, r"a\b")] {
        let id = raw.uuid(id(A, 'i', number));
        raw.execute(&format!("UPDATE products SET name = '{name}' WHERE id = {id}")).await.unwrap();
    }
    let transaction = scoped.read(all(A)).await.unwrap();
    let wanted = [("%", "100%"), ("_", "a_b"), ("\\", r"a\b"), ("0%", "100%"), ("a_", "a_b"), (r"\b", r"a\b")];
    for (text, name) in wanted {
        let filter = Filter::contains(product::Column::Name, text);
        let rows = transaction.find::<product::Entity>().filter(filter).all().await.unwrap();
        assert_eq!(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), [name], "{text}");
    }
}

// Attacks: 4.
async fn no_tenant_is_no_rows(database: FreshDatabase) {
    let (_raw, scoped) = world(&database).await;
    let transaction = scoped.write(Scope::new(Uuid::nil(), Stores::All)).await.unwrap();
    assert_eq!(transaction.find::<store::Entity>().with_deleted().count().await.unwrap(), 0);
    assert_eq!(transaction.update::<store::Entity>().add(store::Column::Version, 1).execute().await.unwrap(), 0);
}
