//! Lists of stores and products of two tenants, asked for page by page with any filter, sort and page size, and from
//! any place, while both tenants go on writing.

mod asked;

use std::collections::BTreeSet;

use asked::{Case, NAMES, PRODUCT_SORTS, Query, STORE_SORTS, TEXTS, Thing, cases, product_at, store_at};
use cotenant_domain::invitations::StoreRole;
use cotenant_domain::products::{self, CreateProduct, ListProducts, Product, ProductFilter};
use cotenant_domain::shared::{Fault, Limit, Page, PageRequest, Position, fold};
use cotenant_domain::stores::{self, ListStores, OpenStore, Store, StoreFilter, StoreId};
use cotenant_domain::tenancy::{MemberActor, Permission};
use cotenant_testkit::World;
use cotenant_testkit::world::Adapters;
use cotenant_tests::{FreshDatabase, prove};
use time::Duration;
use uuid::Uuid;

use crate::runner::{Count, Outcome, holds, holds_that};
use crate::town::{Person, Town};

// Attacks: 2, 31.
pub(crate) async fn the_pages_of_a_list_are_the_rows_within_reach_each_once(database: FreshDatabase) {
    let world = World::bootstrap_over(Adapters::over(database.adapters())).await;
    let (tried, lists, rows) = <(Count, Count, Count)>::default();
    let counts = (tried.clone(), lists.clone(), rows.clone());
    let (pages, refused) = (Count::default(), Count::default());
    let more = (pages.clone(), refused.clone());
    holds("pages", prove::times(4, 50), cases, async move |case: Case| {
        let mut place = Place::build(&world, tried.next(), &case).await;
        for query in &case.queries {
            let seen = place.holds(query).await.map_err(|said| format!("{query:?}: {said}"))?;
            lists.add(1);
            refused.add(usize::from(seen.refused));
            rows.add(seen.rows);
            pages.add(seen.pages);
        }
        Ok(())
    })
    .await;
    let ((tried, lists, rows), (pages, refused)) = (counts, more);
    assert!(rows.get() * 3 > lists.get(), "{} rows in {} lists", rows.get(), lists.get());
    assert!(refused.get() * 4 < lists.get() * 3, "{} of {} lists were refused", refused.get(), lists.get());
    let told = [
        ("cases", tried.get()),
        ("lists", lists.get()),
        ("pages", pages.get()),
        ("rows", rows.get()),
        ("refused", refused.get()),
        ("missed", 0),
        ("twice", 0),
        ("leaks", 0),
    ];
    prove::figures("pages", &format!("{:?}", database.kind), &told);
}

/// What a list showed.
#[derive(Default)]
struct Seen {
    rows: usize,
    pages: usize,
    refused: bool,
}

/// Both tenants' stores and products as the use cases answered them, deleted ones marked.
struct Place {
    town: Town,
    stores: [Vec<Store>; 2],
    products: [Vec<Product>; 2],
    reach: [(u8, u8); 2],
    /// How many stores there were when the keeper came: later ones are beyond their reach.
    hired: [usize; 2],
    written: usize,
}

impl Place {
    async fn build(world: &World, number: u64, case: &Case) -> Self {
        let town = Town::found(world, number).await;
        let none = || [Vec::new(), Vec::new()];
        let mut place = Self {
            town,
            stores: none(),
            products: [Vec::new(), Vec::new()],
            reach: case.reach,
            hired: [0; 2],
            written: 0,
        };
        for whose in 0..2 {
            let owner = place.town.owner(whose).await;
            for id in place.town.tenants[whose].stores.clone() {
                let store = stores::view(&owner, &place.town.world.deps, id, false).await.unwrap();
                place.stores[whose].push(store);
            }
        }
        // One tenant's rows come between the other's.
        for thing in &case.stores {
            place.open(thing).await;
        }
        for whose in 0..2 {
            place.hire(whose).await;
        }
        for thing in &case.products {
            place.add(thing).await;
        }
        for thing in case.stores.iter().filter(|thing| thing.is_deleted) {
            place.close(thing.whose, usize::from(thing.store)).await;
        }
        place
    }

    async fn open(&mut self, thing: &Thing) {
        let (whose, n) = (thing.whose, self.stores[thing.whose].len());
        let owner = self.town.owner(whose).await;
        self.town.world.clock.advance(Duration::milliseconds(i64::from(thing.is_later)));
        let cmd = OpenStore {
            id: None,
            name: NAMES[thing.name].parse().unwrap(),
            code: format!("{}-{n}", NAMES[thing.name].replace(' ', "")).parse().unwrap(),
            timezone: "UTC".parse().unwrap(),
            currency: "KES".parse().unwrap(),
            is_active: thing.flag,
        };
        let store = stores::open(&owner, &self.town.world.deps, cmd).await.unwrap();
        self.stores[whose].push(store);
    }

    async fn add(&mut self, thing: &Thing) {
        let (whose, n) = (thing.whose, self.products[thing.whose].len());
        let owner = self.town.owner(whose).await;
        let deps = self.town.world.deps.clone();
        self.town.world.clock.advance(Duration::milliseconds(i64::from(thing.is_later)));
        let live: Vec<_> = self.stores[whose].iter().filter(|s| s.base.deletion.is_none()).map(|s| s.base.id).collect();
        // Few stores have most of the products, so that there are pages of them.
        let Some(store) = live.get(usize::from(thing.store) % live.len().clamp(1, 3)) else { return };
        let cmd = CreateProduct {
            id: None,
            sku: format!("{}-{n}", NAMES[thing.name].replace(' ', "")).parse().unwrap(),
            name: NAMES[thing.name].parse().unwrap(),
            price_minor: thing.number,
            currency: "KES".parse().unwrap(),
            stock: i64::from(thing.flag),
        };
        let product = products::create(&owner, &deps, *store, cmd).await.unwrap();
        if thing.is_deleted {
            products::delete(&owner, &deps, *store, product.base.id, None).await.unwrap();
            let deleted = products::view(&owner, &deps, *store, product.base.id, true).await.unwrap();
            return self.products[whose].push(deleted);
        }
        self.products[whose].push(product);
    }

    /// Deletes a store with what is in it, unless it is the last.
    async fn close(&mut self, whose: usize, nth: usize) -> Option<StoreId> {
        let owner = self.town.owner(whose).await;
        let deps = &self.town.world.deps;
        let live = self.stores[whose].iter().filter(|store| store.base.deletion.is_none()).count();
        let at = nth % self.stores[whose].len();
        let id = self.stores[whose][at].base.id;
        if live < 2 || stores::delete(&owner, deps, id, None).await.is_err() {
            return None;
        }
        self.stores[whose][at] = stores::view(&owner, deps, id, true).await.unwrap();
        for product in self.products[whose].iter_mut().filter(|product| product.base.store_id == id) {
            *product = products::view(&owner, deps, id, product.base.id, true).await.unwrap();
        }
        Some(id)
    }

    /// Brings in the keeper: the second of a tenant's people.
    async fn hire(&mut self, whose: usize) {
        let owner = self.town.owner(whose).await;
        let world = self.town.world.clone();
        let reads = world.role(&owner, "Reads", &[Permission::StoresRead, Permission::ProductsRead]).await;
        let sees = world.role(&owner, "Sees", &[Permission::DeletedRead]).await;
        let mut store_roles = Vec::new();
        for (n, store) in self.stores[whose].iter().enumerate() {
            let given = [(self.reach[whose].0, reads), (self.reach[whose].1, sees)];
            let given = given.into_iter().filter(|(bits, _)| bits & (1 << (n % 8)) != 0);
            store_roles.extend(given.map(|(_, role_id)| StoreRole { store_id: store.base.id, role_id }));
        }
        let email = format!("keeper@{}.example", self.town.tenants[whose].slug);
        self.hired[whose] = self.stores[whose].len();
        let keeper = world.join(&owner, &email, &[], &store_roles).await;
        self.town.tenants[whose].people.push(Person::new(email, keeper.user_id()));
    }

    /// The live stores at which the one who asks may do this (0: read, 1: see deleted things). Who may it in the whole
    /// tenant reaches deleted stores too.
    fn within(&self, query: &Query, what: usize) -> BTreeSet<StoreId> {
        let bits = [self.reach[query.whose].0, self.reach[query.whose].1][what];
        let given = |n: usize| bits & (1 << (n % 8)) != 0;
        let reached = |(n, store): &(usize, &Store)| {
            !query.keeper || (*n < self.hired[query.whose] && given(*n) && store.base.deletion.is_none())
        };
        self.stores[query.whose].iter().enumerate().filter(reached).map(|(_, store)| store.base.id).collect()
    }

    /// The store whose products are asked for; one time in four it is the other tenant's.
    fn asked(&self, query: &Query) -> Option<StoreId> {
        let nth = usize::from(query.of_store?);
        let whose = if nth % 4 == 3 { 1 - query.whose } else { query.whose };
        // The first stores have the most products.
        let stores = &self.stores[whose][..self.stores[whose].len().min(4)];
        Some(stores[nth / 4 % stores.len()].base.id)
    }

    /// The rows that the list has to show, in their order, or why it must show none.
    fn expected(&self, query: &Query) -> Result<Vec<Position>, &'static str> {
        let (reads, sees) = (self.within(query, 0), self.within(query, 1));
        if reads.is_empty() || (query.include_deleted && sees.is_empty()) {
            return Err("forbidden");
        }
        let reach: BTreeSet<_> = reads.into_iter().filter(|id| !query.include_deleted || sees.contains(id)).collect();
        let has =
            |keys: [String; 2]| query.text.is_none_or(|text| keys.iter().any(|key| key.contains(&fold(TEXTS[text]))));
        let mut rows: Vec<Position> = match self.asked(query) {
            None => {
                let shown = |store: &&Store| {
                    reach.contains(&store.base.id)
                        && (query.include_deleted || store.base.deletion.is_none())
                        && query.flag.is_none_or(|flag| flag == store.is_active)
                        && has([store.name.key(), store.code.key()])
                };
                self.stores[query.whose].iter().filter(shown).map(|store| store_at(store, query.sort)).collect()
            }
            Some(id) => {
                let parent = self.stores[query.whose].iter().find(|store| store.base.id == id);
                if !reach.contains(&id) || parent.is_none_or(|store| store.base.deletion.is_some()) {
                    return Err("not_found");
                }
                let shown = |product: &&Product| {
                    product.base.store_id == id
                        && (query.include_deleted || product.base.deletion.is_none())
                        && query.flag.is_none_or(|flag| flag == (product.stock > 0))
                        && has([product.name.key(), product.sku.key()])
                };
                self.products[query.whose].iter().filter(shown).map(|p| product_at(p, query.sort)).collect()
            }
        };
        rows.sort_by(|a, b| query.order(a, b));
        Ok(rows)
    }

    /// Goes through a list and holds it against what it has to show.
    async fn holds(&mut self, query: &Query) -> Result<Seen, String> {
        let expected = self.expected(query);
        let mut after = query.begin(self.asked(query).is_some(), expected.as_deref().unwrap_or_default());
        let expected = expected.map(|mut rows| {
            rows.retain(|row| after.as_ref().is_none_or(|after| query.order(row, after).is_gt()));
            rows
        });
        let (asked, mut touched) = (self.asked(query), BTreeSet::new());
        let (mut got, mut seen) = (Vec::<Position>::new(), Seen::default());
        loop {
            let actor = self.town.actor(query.whose, usize::from(query.keeper)).await?;
            let page = match (self.page(&actor, query, asked, after).await, &expected) {
                (Err(code), Err(expected)) if code == *expected => return Ok(Seen { refused: true, ..seen }),
                (Ok(page), Ok(_)) => page,
                (answer, expected) => return Err(format!("answered {answer:?}, expected {expected:?}")),
            };
            let most = query.limit as usize;
            let full = page.items.len() == most && page.items.last() == page.next.as_ref();
            holds_that!(full || (page.next.is_none() && page.items.len() <= most), "a page of {page:?}");
            got.extend(page.items);
            seen.pages += 1;
            after = page.next;
            if after.is_none() {
                break;
            }
            self.write_meanwhile(query, &mut touched).await;
        }
        seen.rows = got.len();
        self.compare(query, &expected.unwrap_or_default(), &got, &touched)?;
        Ok(seen)
    }

    fn compare(&self, query: &Query, expected: &[Position], got: &[Position], touched: &BTreeSet<Uuid>) -> Outcome {
        let in_order = got.windows(2).all(|pair| query.order(&pair[0], &pair[1]).is_lt());
        holds_that!(in_order, "twice or out of order: {got:?}");
        let steady = |rows: &[Position]| -> Vec<Position> {
            rows.iter().filter(|row| !touched.contains(&row.id)).cloned().collect()
        };
        let (steady_got, steady_expected) = (steady(got), steady(expected));
        holds_that!(steady_got == steady_expected, "got {steady_got:?}, expected {steady_expected:?}");
        // What came or went meanwhile may be there or not; it is the tenant's own, and within reach.
        let own: BTreeSet<Uuid> = match self.asked(query) {
            None => self.within(query, 0).iter().map(|id| id.as_uuid()).collect(),
            Some(_) => self.products[query.whose].iter().map(|product| product.base.id.as_uuid()).collect(),
        };
        let strange: Vec<_> = got.iter().filter(|row| !own.contains(&row.id)).collect();
        holds_that!(strange.is_empty(), "not of the list: {strange:?}");
        Ok(())
    }

    async fn page(
        &self,
        actor: &MemberActor,
        query: &Query,
        store: Option<StoreId>,
        after: Option<Position>,
    ) -> Result<Page<Position>, &'static str> {
        let (deps, limit) = (&self.town.world.deps, Limit::nearest(query.limit));
        let (direction, include_deleted) = (query.direction(), query.include_deleted);
        let text = query.text.map(|text| fold(TEXTS[text]));
        let Some(store) = store else {
            let filter = StoreFilter { is_active: query.flag, text, include_deleted };
            let page = PageRequest { limit, sort: STORE_SORTS[query.sort % 4], direction, after };
            let page = stores::list(actor, deps, ListStores { filter, page }).await;
            return page.map(|page| page.map(|row| store_at(&row, query.sort))).map_err(|error| error.code());
        };
        let filter = ProductFilter { in_stock: query.flag, text, include_deleted };
        let page = PageRequest { limit, sort: PRODUCT_SORTS[query.sort % 5], direction, after };
        let page = products::list(actor, deps, store, ListProducts { filter, page }).await;
        page.map(|page| page.map(|row| product_at(&row, query.sort))).map_err(|error| error.code())
    }

    /// Writes between two pages: like rows in the other tenant, and at times some in this one; those are `touched`.
    async fn write_meanwhile(&mut self, query: &Query, touched: &mut BTreeSet<Uuid>) {
        self.written += 1;
        let (written, other) = (self.written, 1 - query.whose);
        let thing = |whose| Thing {
            whose,
            name: written % NAMES.len(),
            store: 0,
            number: (written % 4) as i64,
            flag: written % 2 == 0,
            is_deleted: false,
            is_later: false,
        };
        match written % 3 {
            0 => self.open(&thing(other)).await,
            1 => self.add(&thing(other)).await,
            _ => drop(self.close(other, written).await),
        }
        if !query.own_writes {
            return;
        }
        let before = self.products[query.whose].len();
        match written % 4 {
            0 => {
                self.open(&thing(query.whose)).await;
                touched.extend(self.stores[query.whose].last().map(|store| store.base.id.as_uuid()));
            }
            1 if !query.keeper && query.of_store.is_none() => {
                touched.extend(self.close(query.whose, written).await.map(|id| id.as_uuid()));
            }
            2 => {
                self.add(&thing(query.whose)).await;
                touched.extend(self.products[query.whose][before..].iter().map(|product| product.base.id.as_uuid()));
            }
            _ => touched.extend(self.discard(query.whose, written).await),
        }
    }

    /// Deletes one product.
    async fn discard(&mut self, whose: usize, nth: usize) -> Option<Uuid> {
        let owner = self.town.owner(whose).await;
        let deps = &self.town.world.deps;
        let live: Vec<_> = self.products[whose]
            .iter()
            .enumerate()
            .filter(|(_, p)| p.base.deletion.is_none())
            .map(|(n, _)| n)
            .collect();
        let at = *live.get(nth % live.len().max(1))?;
        let (store, id) = (self.products[whose][at].base.store_id, self.products[whose][at].base.id);
        products::delete(&owner, deps, store, id, None).await.unwrap();
        self.products[whose][at] = products::view(&owner, deps, store, id, true).await.unwrap();
        Some(id.as_uuid())
    }
}
