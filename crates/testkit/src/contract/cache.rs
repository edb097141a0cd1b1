//! What every cache keeps to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cotenant_domain::cache::{Cache, Entry, Found, Key, Turn, load};
use cotenant_domain::invitations::StoreRole;
use cotenant_domain::shared::RepositoryError;
use cotenant_domain::tenancy::{Permission, ProductsRead, TenantRead};
use cotenant_domain::tenants::{self, ChangeTenant};
use cotenant_domain::uow::ReadUnit;
use tokio::sync::{Barrier, oneshot};
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::World;
use crate::world::{FIRST_TENANT, OPERATOR};

/// How long what must not wait may take.
const SOON: Duration = Duration::from_secs(20);

/// What the rules keep.
pub enum Probe {}

impl Entry for Probe {
    const NAME: &'static str = "probe";
    const FORMAT: u16 = 1;
    type Of = u32;
    type Value = String;
    type Form = String;

    fn form(value: &String) -> String {
        value.clone()
    }

    fn value(form: String) -> Option<String> {
        Some(form)
    }
}

/// A unit of a request that reads, as somebody signed in to a tenant.
async fn reading(world: &World, email: &str, tenant: &str) -> Box<dyn ReadUnit> {
    let token = world.sign_in(email, tenant).await.access_token;
    let actor = world.reading(&token).await.unwrap();
    let whole = actor.authorize(TenantRead).or_else(|_| actor.authorize(ProductsRead));
    world.deps.db.read(&whole.unwrap()).await.unwrap()
}

fn key(unit: &dyn ReadUnit, of: u32) -> Key {
    Key::of::<Probe>(unit.vantage().unwrap(), &of).unwrap()
}

/// What the rules keep one of.
const SOME: u32 = 7;

async fn some_key() -> Key {
    let world = World::bootstrap().await;
    key(&*reading(&world, OPERATOR, FIRST_TENANT).await, SOME)
}

async fn turn(cache: &dyn Cache, key: &Key) -> Box<dyn Turn> {
    match timeout(SOON, cache.find(key)).await.unwrap() {
        Found::Absent(turn) => turn,
        Found::Kept(value) => panic!("{key} is kept: {value:?}"),
    }
}

async fn value(cache: &dyn Cache, key: &Key) -> Option<Arc<[u8]>> {
    match timeout(SOON, cache.find(key)).await.unwrap() {
        Found::Kept(value) => Some(value),
        Found::Absent(turn) => {
            turn.release();
            None
        }
    }
}

/// A value is found under its own key, and under none of another tenant, version, reach or kind.
pub async fn a_value_is_found_under_its_own_key_only(cache: Arc<dyn Cache>) {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    world.tenant("globex", "boss@globex.example").await;
    let (store, other) = (world.store(&owner, "A").await.base.id, world.store(&owner, "B").await.base.id);
    let role = world.role(&owner, "Seller", &[Permission::ProductsRead]).await;
    for (email, store_id) in [("a@acme.example", store), ("b@acme.example", other)] {
        world.join(&owner, email, &[], &[StoreRole { role_id: role, store_id }]).await;
    }
    let mut keys = Vec::new();
    for (email, tenant) in [
        (OPERATOR, FIRST_TENANT),
        ("boss@globex.example", "globex"),
        ("a@acme.example", FIRST_TENANT),
        ("b@acme.example", FIRST_TENANT),
    ] {
        keys.push(key(&*reading(&world, email, tenant).await, SOME));
    }
    keys.push(key(&*reading(&world, OPERATOR, FIRST_TENANT).await, SOME + 1));
    let renamed = ChangeTenant { name: Some("Renamed".parse().unwrap()), ..ChangeTenant::default() };
    tenants::change(&owner, &world.deps, renamed).await.unwrap();
    keys.push(key(&*reading(&world, OPERATOR, FIRST_TENANT).await, SOME));
    for (n, key) in keys.iter().enumerate() {
        assert!(value(&*cache, key).await.is_none(), "{key} before anything was kept there");
        turn(&*cache, key).await.keep(Arc::from(n.to_string().as_bytes())).await;
    }
    for (n, key) in keys.iter().enumerate() {
        assert_eq!(value(&*cache, key).await.as_deref(), Some(n.to_string().as_bytes()), "{key}");
    }
}

/// Two hundred who ask at the same time cost one load.
pub async fn one_loads_for_all_who_ask_at_the_same_time(cache: Arc<dyn Cache>) {
    let world = Arc::new(World::bootstrap().await);
    let loads = Arc::new(AtomicU32::new(0));
    let mut asking = Vec::new();
    for _ in 0..200 {
        let unit = reading(&world, OPERATOR, FIRST_TENANT).await;
        let (cache, loads) = (cache.clone(), loads.clone());
        asking.push(tokio::spawn(async move {
            let read = async {
                loads.fetch_add(1, Ordering::Relaxed);
                for _ in 0..50 {
                    yield_now().await;
                }
                Ok(Some("value".to_owned()))
            };
            load::<Probe>(&*cache, &*unit, &SOME, read).await.unwrap()
        }));
    }
    for asked in asking {
        assert_eq!(timeout(SOON, asked).await.unwrap().unwrap().as_deref(), Some("value"));
    }
    assert_eq!(loads.load(Ordering::Relaxed), 1);
}

/// Whoever has the turn and goes away leaves it to the next; whoever waits and goes away is not missed.
pub async fn a_turn_that_is_broken_off_passes_to_the_next(cache: Arc<dyn Cache>) {
    let key = some_key().await;
    let first = turn(&*cache, &key).await;
    let (begun, has_begun) = oneshot::channel();
    let impatient = tokio::spawn({
        let (cache, key) = (cache.clone(), key.clone());
        async move {
            begun.send(()).unwrap();
            drop(cache.find(&key).await);
        }
    });
    has_begun.await.unwrap();
    yield_now().await;
    let next = tokio::spawn({
        let (cache, key) = (cache.clone(), key.clone());
        async move { turn(&*cache, &key).await.keep(Arc::from(&b"second"[..])).await }
    });
    yield_now().await;
    assert!(!next.is_finished(), "one has the turn at a time");
    impatient.abort();
    drop(first);
    timeout(SOON, next).await.unwrap().unwrap();
    assert_eq!(value(&*cache, &key).await.as_deref(), Some(&b"second"[..]));
}

/// A load that brings nothing keeps nobody waiting: all go on at once and not one after the other, and whoever comes later
/// begins anew.
pub async fn a_load_that_fails_lets_all_go_on_at_once(cache: Arc<dyn Cache>) {
    let key = some_key().await;
    let first = turn(&*cache, &key).await;
    let together = Arc::new(Barrier::new(50));
    let mut waiting = Vec::new();
    for _ in 0..50 {
        let (cache, key, together) = (cache.clone(), key.clone(), together.clone());
        waiting.push(tokio::spawn(async move {
            let turn = turn(&*cache, &key).await;
            timeout(SOON, together.wait()).await.unwrap();
            turn.release();
        }));
    }
    for _ in 0..200 {
        yield_now().await;
    }
    first.release();
    for waited in waiting {
        waited.await.unwrap();
    }
    turn(&*cache, &key).await.keep(Arc::from(&b"later"[..])).await;
    assert_eq!(value(&*cache, &key).await.as_deref(), Some(&b"later"[..]));
}

/// What failed or is not there is not kept, and the error is the one of who asked.
pub async fn neither_errors_nor_absences_are_kept(cache: Arc<dyn Cache>) {
    let world = World::bootstrap().await;
    let unit = reading(&world, OPERATOR, FIRST_TENANT).await;
    let failed = load::<Probe>(&*cache, &*unit, &SOME, async { Err(RepositoryError::Stale) }).await;
    assert!(matches!(failed, Err(RepositoryError::Stale)));
    assert_eq!(load::<Probe>(&*cache, &*unit, &SOME, async { Ok(None) }).await.unwrap(), None);
    for read in ["first", "second"] {
        let read = async { Ok(Some(read.to_owned())) };
        assert_eq!(load::<Probe>(&*cache, &*unit, &SOME, read).await.unwrap().as_deref(), Some("first"));
    }
}

/// Stamps one test for each rule of caches; takes an expression that gives an empty `Arc<dyn Cache>`, or `None` where there is
/// no such cache on this machine.
#[macro_export]
macro_rules! cache_contract_tests {
    ($cache:expr) => {
        $crate::cache_contract_tests! { @each $cache =>
            a_value_is_found_under_its_own_key_only,
            one_loads_for_all_who_ask_at_the_same_time,
            a_turn_that_is_broken_off_passes_to_the_next,
            a_load_that_fails_lets_all_go_on_at_once,
            neither_errors_nor_absences_are_kept,
        }
    };
    (@each $cache:expr => $($rule:ident,)*) => {$(
        #[tokio::test]
        async fn $rule() {
            if let Some((cache, _alive)) = $cache {
                $crate::contract::$rule(cache).await;
            }
        }
    )*};
}
