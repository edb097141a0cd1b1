//! Deleting and restoring are inverse: a model keeps what each act of deletion took, and everything that can be listed
//! must be as the model says, in both tenants.

use std::collections::BTreeMap;

use cotenant_domain::products::{self, ListProducts, Product, ProductFilter, ProductId};
use cotenant_domain::shared::{Code, Limit, PageRequest, Sku};
use cotenant_domain::stores::{self, ListStores, Store, StoreFilter, StoreId};
use cotenant_testkit::World;
use cotenant_testkit::world::Adapters;
use cotenant_tests::{FreshDatabase, prove};
use proptest::prelude::*;

use crate::acts::{Act, Nth, Step, code, on_things, steps};
use crate::runner::{Count, Outcome, holds, holds_that};
use crate::town::Town;

/// Acts at random, and more of those that this is about: there are products from the first, some of them deleted by
/// themselves, and most stores that are deleted are restored some acts later.
fn with_returns(drawn: Vec<Step>) -> Vec<Step> {
    let mut all: Vec<Step> = (0..2).flat_map(|whose| begin().map(move |act| Step { whose, who: 0, act })).collect();
    let mut due: Vec<(usize, Step)> = Vec::new();
    for (n, step) in drawn.into_iter().enumerate() {
        if let Act::DeleteStore { store, .. } = step.act
            && store % 8 != 0
        {
            due.push((n + 4, Step { act: Act::RestoreStore { store }, whose: step.whose, who: 0 }));
        }
        all.push(step);
        let (now, later): (Vec<_>, Vec<_>) = due.into_iter().partition(|(at, _)| *at <= n);
        all.extend(now.into_iter().map(|(_, step)| step));
        due = later;
    }
    all.extend(due.into_iter().map(|(_, step)| step));
    all
}

fn sequences() -> impl Strategy<Value = Vec<Step>> {
    steps(on_things(), 60).prop_map(with_returns)
}

/// Three products in each of the first two stores, one of each deleted.
fn begin() -> impl Iterator<Item = Act> {
    let product = |n: Nth| Act::CreateProduct { store: n % 2 * 4, sku: n / 2, stock: 1 };
    let deleted = |n: Nth| Act::DeleteProduct { product: n * 4, seen: None };
    (0..6).map(product).chain((0..2).map(deleted))
}

// Attacks: 34.
pub(crate) async fn what_went_together_comes_back_together(database: FreshDatabase) {
    let world = World::bootstrap_over(Adapters::over(database.adapters())).await;
    let (cases, acts, done) = <(Count, Count, Count)>::default();
    let (restores, counts) = (Count::default(), (cases.clone(), acts.clone(), done.clone()));
    let restored = restores.clone();
    holds("deletion", prove::times(5, 60), sequences, async move |steps: Vec<Step>| {
        let mut town = Town::found(&world, cases.next()).await;
        let mut models = [Model::of(&town, 0), Model::of(&town, 1)];
        for (n, step) in steps.iter().enumerate() {
            // The owner does it all: what people may do is another property's concern.
            let step = Step { who: 0, ..step.clone() };
            let expected = models[step.whose].expects(&town, &step, n);
            let made = town.tenants[step.whose].stores.len() + town.tenants[step.whose].products.len();
            let answer = town.perform(&step).await.map(|_| ());
            holds_that!(answer == expected, "act {n}, {step:?}: answered {answer:?}, expected {expected:?}");
            acts.add(1);
            done.add(usize::from(answer.is_ok()));
            if answer.is_ok() {
                let is_new = made < town.tenants[step.whose].stores.len() + town.tenants[step.whose].products.len();
                models[step.whose].follows(&town, &step, n, is_new);
                restored.add(usize::from(matches!(step.act, Act::RestoreStore { .. })));
            }
        }
        for (whose, model) in models.iter().enumerate() {
            model.is_what_is_there(&mut town, whose).await?;
        }
        Ok(())
    })
    .await;
    let (cases, acts, done) = counts;
    assert!(done.get() * 10 > acts.get(), "{} of {} acts were done", done.get(), acts.get());
    assert!(restores.get() > 0, "{} stores were restored in {} cases", restores.get(), cases.get());
    let told = [
        ("sequences", cases.get()),
        ("acts", acts.get()),
        ("stores restored", restores.get()),
        ("rows that differ from the model", 0),
    ];
    prove::figures("delete and restore", &format!("{:?}", database.kind), &told);
}

#[derive(Debug, Clone, PartialEq)]
struct ModelStore {
    code: Code,
    is_active: bool,
    version: i64,
    is_deleted: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct ModelProduct {
    store: StoreId,
    sku: Sku,
    stock: i64,
    version: i64,
    /// The act that took it.
    gone_in: Option<usize>,
}

/// What a tenant has, deleted or not.
#[derive(Debug, Default)]
struct Model {
    stores: BTreeMap<StoreId, ModelStore>,
    products: BTreeMap<ProductId, ModelProduct>,
    /// The act that took a store.
    acts: BTreeMap<StoreId, usize>,
}

type Answer = Result<(), &'static str>;

fn refused_if(condition: bool, code: &'static str) -> Answer {
    if condition { Err(code) } else { Ok(()) }
}

impl Model {
    fn of(town: &Town, whose: usize) -> Self {
        let codes = ["First", "Second"].into_iter();
        let store = |(id, code): (&StoreId, &str)| {
            let (code, is_active) = (code.parse().unwrap(), true);
            (*id, ModelStore { code, is_active, version: 1, is_deleted: false })
        };
        Self { stores: town.tenants[whose].stores.iter().zip(codes).map(store).collect(), ..Self::default() }
    }

    fn live(&self, store: StoreId) -> Result<&ModelStore, &'static str> {
        self.stores.get(&store).filter(|store| !store.is_deleted).ok_or("not_found")
    }

    fn code_is_free(&self, code: &Code, except: Option<StoreId>) -> Answer {
        let mut others = self.stores.iter().filter(|(id, store)| Some(**id) != except && !store.is_deleted);
        refused_if(others.any(|(_, store)| store.code.key() == code.key()), "code_taken")
    }

    fn sku_is_free(&self, at: StoreId, sku: &Sku, except: Option<ProductId>) -> Answer {
        let here = |(id, product): &(&ProductId, &ModelProduct)| {
            Some(**id) != except && product.store == at && product.gone_in.is_none()
        };
        refused_if(self.products.iter().filter(here).any(|(_, other)| other.sku.key() == sku.key()), "sku_taken")
    }

    fn product(&self, (store, id): (StoreId, ProductId)) -> Option<&ModelProduct> {
        self.products.get(&id).filter(|product| product.store == store)
    }

    fn live_product(&self, place: (StoreId, ProductId)) -> Result<&ModelProduct, &'static str> {
        self.live(place.0)?;
        self.product(place).filter(|product| product.gone_in.is_none()).ok_or("not_found")
    }

    /// What an act must be answered.
    fn expects(&self, town: &Town, step: &Step, _n: usize) -> Answer {
        let store = |nth| town.store(step.whose, nth).ok_or("nothing");
        let product = |nth| town.product(step.whose, nth).ok_or("nothing");
        let fits = |seen: Option<i64>, version| refused_if(seen.is_some_and(|seen| seen != version), "stale");
        match step.act {
            Act::OpenStore { code: nth } => self.code_is_free(&code(nth).parse().unwrap(), None),
            Act::ChangeStore { store: nth, code: to, seen, .. } => {
                let id = store(nth)?;
                fits(seen, self.live(id)?.version)?;
                to.map_or(Ok(()), |to| self.code_is_free(&code(to).parse().unwrap(), Some(id)))
            }
            Act::DeleteStore { store: nth, seen } => fits(seen, self.live(store(nth)?)?.version),
            Act::RestoreStore { store: nth } => {
                let id = store(nth)?;
                let found = self.stores.get(&id).ok_or("not_found")?;
                refused_if(!found.is_deleted, "not_deleted")?;
                self.code_is_free(&found.code, Some(id))
            }
            Act::ViewStore { store: nth, deleted } => {
                let found = self.stores.get(&store(nth)?).ok_or("not_found")?;
                refused_if(found.is_deleted && !deleted, "not_found")
            }
            Act::CreateProduct { store: nth, sku, stock } => {
                let id = store(nth)?;
                refused_if(stock < 0, "invalid")?;
                self.live(id)?;
                self.sku_is_free(id, &code(sku).parse().unwrap(), None)
            }
            Act::ChangeProduct { product: nth, sku, stock, seen } => {
                let place = product(nth)?;
                fits(seen, self.live_product(place)?.version)?;
                refused_if(stock.is_some_and(|stock| stock < 0), "invalid")?;
                sku.map_or(Ok(()), |sku| self.sku_is_free(place.0, &code(sku).parse().unwrap(), Some(place.1)))
            }
            Act::DeleteProduct { product: nth, seen } => fits(seen, self.live_product(product(nth)?)?.version),
            Act::RestoreProduct { product: nth } => {
                let place = product(nth)?;
                let found = self.product(place).ok_or("not_found")?;
                self.live(place.0).map_err(|_| "parent_deleted")?;
                refused_if(found.gone_in.is_none(), "not_deleted")?;
                self.sku_is_free(place.0, &found.sku, Some(place.1))
            }
            Act::ViewProduct { product: nth, deleted } => {
                let found = self.product(product(nth)?).ok_or("not_found")?;
                refused_if(found.gone_in.is_some() && !deleted, "not_found")
            }
            _ => Ok(()),
        }
    }

    /// Does an act that was done; a new thing is the last of its list.
    fn follows(&mut self, town: &Town, step: &Step, n: usize, is_new: bool) {
        let tenant = &town.tenants[step.whose];
        // Asked before there was anything new: the places are counted as they were.
        let store = |nth| town.store(step.whose, nth).unwrap();
        let product = |nth| town.product(step.whose, nth).unwrap().1;
        match step.act {
            Act::OpenStore { code: nth } => {
                assert!(is_new);
                let code = code(nth).parse().unwrap();
                let opened = ModelStore { code, is_active: true, version: 1, is_deleted: false };
                self.stores.insert(*tenant.stores.last().unwrap(), opened);
            }
            Act::ChangeStore { store: nth, code: to, is_active, .. } => {
                let row = self.stores.get_mut(&store(nth)).unwrap();
                let before = row.clone();
                row.code = to.map_or(row.code.clone(), |to| code(to).parse().unwrap());
                row.is_active = is_active.unwrap_or(row.is_active);
                row.version += i64::from(*row != before);
            }
            Act::DeleteStore { store: nth, .. } => self.delete(store(nth), n),
            Act::RestoreStore { store: nth } => self.restore(store(nth)),
            Act::CreateProduct { sku, stock, .. } => {
                assert!(is_new);
                let (store, id) = *tenant.products.last().unwrap();
                let sku = code(sku).parse().unwrap();
                self.products.insert(id, ModelProduct { store, sku, stock, version: 1, gone_in: None });
            }
            Act::ChangeProduct { product: nth, sku, stock, .. } => {
                let row = self.products.get_mut(&product(nth)).unwrap();
                let before = row.clone();
                row.sku = sku.map_or(row.sku.clone(), |sku| code(sku).parse().unwrap());
                row.stock = stock.unwrap_or(row.stock);
                row.version += i64::from(*row != before);
            }
            Act::DeleteProduct { product: nth, .. } => {
                let row = self.products.get_mut(&product(nth)).unwrap();
                (row.gone_in, row.version) = (Some(n), row.version + 1);
            }
            Act::RestoreProduct { product: nth } => {
                let row = self.products.get_mut(&product(nth)).unwrap();
                (row.gone_in, row.version) = (None, row.version + 1);
            }
            _ => {}
        }
    }

    fn delete(&mut self, id: StoreId, n: usize) {
        let row = self.stores.get_mut(&id).unwrap();
        (row.is_deleted, row.version) = (true, row.version + 1);
        self.acts.insert(id, n);
        for product in self.products.values_mut().filter(|product| product.store == id && product.gone_in.is_none()) {
            (product.gone_in, product.version) = (Some(n), product.version + 1);
        }
    }

    fn restore(&mut self, id: StoreId) {
        let row = self.stores.get_mut(&id).unwrap();
        (row.is_deleted, row.version) = (false, row.version + 1);
        let act = self.acts.remove(&id);
        for product in self.products.values_mut().filter(|product| product.store == id && product.gone_in == act) {
            (product.gone_in, product.version) = (None, product.version + 1);
        }
    }

    /// Holds every list of the tenant against the model: with what is deleted and without it.
    async fn is_what_is_there(&self, town: &mut Town, whose: usize) -> Outcome {
        let actor = town.owner(whose).await;
        let deps = &town.world.deps;
        for include_deleted in [false, true] {
            let filter = StoreFilter { include_deleted, ..StoreFilter::default() };
            let page = stores::list(&actor, deps, ListStores { filter, page: most() }).await.unwrap();
            let there: BTreeMap<StoreId, ModelStore> = page.items.iter().map(|s| (s.base.id, shown_store(s))).collect();
            let mut expected = self.stores.clone();
            expected.retain(|_, store| include_deleted || !store.is_deleted);
            holds_that!(there == expected, "stores {there:#?}, expected {expected:#?}");
            for store in self.stores.iter().filter(|(_, store)| !store.is_deleted).map(|(id, _)| *id) {
                let filter = ProductFilter { include_deleted, ..ProductFilter::default() };
                let query = ListProducts { filter, page: most() };
                let page = products::list(&actor, deps, store, query).await.unwrap();
                let shown =
                    |p: &Product| (p.base.id, (p.sku.clone(), p.stock, p.base.version, p.base.deletion.is_some()));
                let there: BTreeMap<_, _> = page.items.iter().map(shown).collect();
                let here = self.products.iter().filter(|(_, p)| p.store == store);
                let expected = here.map(|(id, p)| (*id, (p.sku.clone(), p.stock, p.version, p.gone_in.is_some())));
                let expected: BTreeMap<_, _> = expected.filter(|(_, p)| include_deleted || !p.3).collect();
                holds_that!(there == expected, "products of {store} {there:#?}, expected {expected:#?}");
            }
        }
        Ok(())
    }
}

fn shown_store(store: &Store) -> ModelStore {
    ModelStore {
        code: store.code.clone(),
        is_active: store.is_active,
        version: store.base.version,
        is_deleted: store.base.deletion.is_some(),
    }
}

fn most<S: Default>() -> PageRequest<S> {
    PageRequest { limit: Limit::nearest(100), ..PageRequest::default() }
}
