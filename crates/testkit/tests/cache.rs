//! What is kept is shown to those for whom it is true, and to nobody else.

#![expect(clippy::unwrap_used, reason = "helpers of tests end the test like tests do")]

use std::collections::BTreeSet;
use std::sync::Arc;

use cotenant_domain::cache::Cache;
use cotenant_domain::invitations::StoreRole;
use cotenant_domain::products::{self, ListProducts, ProductError};
use cotenant_domain::roles::{self, CreateRole, ListRoles, RoleError, RoleFilter};
use cotenant_domain::shared::Page;
use cotenant_domain::stores;
use cotenant_domain::tenancy::{MemberActor, Permission};
use cotenant_domain::tenants::{self, ChangeTenant};
use cotenant_testkit::World;
use cotenant_testkit::fakes::MemoryCache;
use cotenant_testkit::world::{FIRST_TENANT, OPERATOR};
use secrecy::SecretString;

cotenant_testkit::cache_contract_tests!(Some((Arc::new(MemoryCache::new()) as Arc<dyn Cache>, ())));

fn renamed(name: &str) -> ChangeTenant {
    ChangeTenant { name: Some(name.parse().unwrap()), ..ChangeTenant::default() }
}

fn new_role(name: &str) -> CreateRole {
    let permissions = [Permission::StoresRead].into_iter().collect();
    CreateRole { id: None, name: name.parse().unwrap(), description: None, permissions }
}

/// The owner, at one request that reads.
async fn asks(world: &World, token: &SecretString) -> MemberActor {
    world.reading(token).await.unwrap()
}

async fn token(world: &World) -> SecretString {
    world.sign_in(OPERATOR, FIRST_TENANT).await.access_token
}

/// How many were found and how many were not, since `before`.
fn since(world: &World, before: (u64, u64)) -> (u64, u64) {
    let figures = world.cache.figures();
    (figures.hits - before.0, figures.misses - before.1)
}

#[tokio::test]
async fn what_was_read_is_not_read_again_until_something_changes() {
    let world = World::bootstrap().await;
    let (token, deps) = (token(&world).await, &world.deps);
    let owner = world.owner().await;
    let store = world.store(&owner, "A").await.base.id;
    let role = world.role(&owner, "Clerk", &[Permission::StoresRead]).await;
    let read = async || {
        tenants::view(&*asks(&world, &token).await, deps).await.unwrap();
        roles::view(&*asks(&world, &token).await, deps, role).await.unwrap();
        roles::list(&*asks(&world, &token).await, deps, ListRoles::default()).await.unwrap();
        products::list(&*asks(&world, &token).await, deps, store, ListProducts::default()).await.unwrap();
    };
    let mut seen = (0, 0);
    for (found, missed) in [(0, 4), (4, 0), (4, 0)] {
        read().await;
        assert_eq!(since(&world, seen), (found, missed));
        seen = (seen.0 + found, seen.1 + missed);
    }
    tenants::change(&*world.owner().await, deps, renamed("Renamed")).await.unwrap();
    read().await;
    assert_eq!(since(&world, seen), (0, 4));
}

#[tokio::test]
async fn a_request_whose_moment_is_over_asks_the_database() {
    let world = World::bootstrap().await;
    let (owner, deps) = (asks(&world, &token(&world).await).await, &world.deps);
    tenants::view(&owner, deps).await.unwrap();
    let seen = since(&world, (0, 0));
    let renamed = tenants::change(&owner, deps, renamed("Renamed")).await.unwrap();
    assert_eq!(tenants::view(&owner, deps).await.unwrap().name, renamed.name, "the actor's version is an old one");
    assert_eq!(since(&world, seen), (0, 0));
}

#[tokio::test]
async fn each_change_is_seen_at_the_next_request() {
    let world = World::bootstrap().await;
    let (token, deps) = (token(&world).await, &world.deps);
    let names = async || -> BTreeSet<String> {
        let page: Page<_> = roles::list(&*asks(&world, &token).await, deps, ListRoles::default()).await.unwrap();
        page.items.iter().map(|role| role.name.to_string()).collect()
    };
    assert_eq!(names().await.len(), 3);
    let role = roles::create(&*world.owner().await, deps, new_role("Clerk")).await.unwrap().base.id;
    assert!(names().await.contains("Clerk"));
    roles::view(&*asks(&world, &token).await, deps, role).await.unwrap();
    roles::delete(&*world.owner().await, deps, role, None).await.unwrap();
    assert!(!names().await.contains("Clerk"));
    let gone = roles::view(&*asks(&world, &token).await, deps, role).await;
    assert!(matches!(gone, Err(RoleError::NotFound)), "{gone:?}");
    let store = world.store(&*world.owner().await, "A").await.base.id;
    let products =
        async || products::list(&*asks(&world, &token).await, deps, store, ListProducts::default()).await.map(|_| ());
    assert!(products().await.is_ok() && products().await.is_ok());
    stores::delete(&*world.owner().await, deps, store, None).await.unwrap();
    assert!(matches!(products().await, Err(ProductError::NotFound)));
    stores::restore(&*world.owner().await, deps, store).await.unwrap();
    assert!(products().await.is_ok());
}

#[tokio::test]
async fn a_search_is_not_kept_and_neither_is_what_is_not_there() {
    let world = World::bootstrap().await;
    let (token, deps) = (token(&world).await, &world.deps);
    let nobody = roles::RoleId::new(deps.ids.next());
    for _ in 0..2 {
        let filter = RoleFilter { text: Some("own".into()) };
        roles::list(&*asks(&world, &token).await, deps, ListRoles { filter, ..ListRoles::default() }).await.unwrap();
        assert!(roles::view(&*asks(&world, &token).await, deps, nobody).await.is_err());
    }
    assert_eq!(since(&world, (0, 0)), (0, 2));
    assert_eq!(world.cache.keys(), []);
}

// Attacks: 10, 13.
#[tokio::test]
async fn nobody_is_shown_what_lies_outside_their_tenant_or_reach() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    world.tenant("globex", "boss@globex.example").await;
    let (here, there) = (world.store(&owner, "A").await.base.id, world.store(&owner, "B").await.base.id);
    let role_id = world.role(&owner, "Seller", &[Permission::ProductsRead]).await;
    world.join(&owner, "a@acme.example", &[], &[StoreRole { role_id, store_id: here }]).await;
    let (ours, theirs, seller) = (
        token(&world).await,
        world.sign_in("boss@globex.example", "globex").await.access_token,
        world.sign_in("a@acme.example", FIRST_TENANT).await.access_token,
    );
    let deps = &world.deps;
    for _ in 0..2 {
        for (token, slug) in [(&ours, FIRST_TENANT), (&theirs, "globex")] {
            let tenant = tenants::view(&*asks(&world, token).await, deps).await.unwrap();
            assert_eq!(tenant.slug.as_str(), slug);
        }
        for (token, store, is_shown) in [
            (&ours, here, true),
            (&ours, there, true),
            (&seller, here, true),
            (&seller, there, false),
            (&theirs, here, false),
        ] {
            let page = products::list(&*asks(&world, token).await, deps, store, ListProducts::default()).await;
            assert_eq!(page.is_ok(), is_shown, "{page:?}");
        }
        assert!(roles::view(&*asks(&world, &ours).await, deps, role_id).await.is_ok());
        let foreign = roles::view(&*asks(&world, &theirs).await, deps, role_id).await;
        assert!(matches!(foreign, Err(RoleError::NotFound)), "{foreign:?}");
    }
}

/// What happens in one order of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// A reader's access is read.
    Begin(usize),
    /// The reader shows the tenant.
    Show(usize),
    /// The tenant is renamed.
    Rename,
}

/// All orders of two readers, of which each begins before it shows, and two changes.
fn orders() -> Vec<Vec<Step>> {
    fn on(left: &[(Step, u8)], so_far: &mut Vec<Step>, all: &mut Vec<Vec<Step>>) {
        if left.iter().all(|(_, times)| *times == 0) {
            all.push(so_far.clone());
        }
        for n in 0..left.len() {
            let (step, times) = left[n];
            let early = matches!(step, Step::Show(reader) if !so_far.contains(&Step::Begin(reader)));
            if times > 0 && !early {
                let mut rest = left.to_vec();
                rest[n].1 -= 1;
                so_far.push(step);
                on(&rest, so_far, all);
                so_far.pop();
            }
        }
    }
    let steps = [Step::Begin(0), Step::Show(0), Step::Begin(1), Step::Show(1)].map(|step| (step, 1));
    let mut all = Vec::new();
    on(&[&steps[..], &[(Step::Rename, 2)]].concat(), &mut Vec::new(), &mut all);
    all
}

/// Whatever the order, a reader sees the tenant as it was when the reader's access was read: neither what somebody kept who
/// looked from an earlier moment, nor what will be.
#[tokio::test]
async fn in_no_order_of_readers_and_writers_is_anything_shown_that_was_not_true() {
    let orders = orders();
    assert_eq!(orders.len(), 90);
    for order in orders {
        let world = World::bootstrap().await;
        let (token, deps) = (token(&world).await, &world.deps);
        let (mut name, mut changes, mut readers) = ("Acme".to_owned(), 0, [None, None]);
        for step in &order {
            match *step {
                Step::Begin(reader) => readers[reader] = Some((asks(&world, &token).await, name.clone())),
                Step::Show(reader) => {
                    let (actor, expected) = readers[reader].take().unwrap();
                    let shown = tenants::view(&actor, deps).await.unwrap();
                    assert_eq!(shown.name.as_str(), expected, "{order:?}");
                }
                Step::Rename => {
                    changes += 1;
                    name = format!("Name {changes}");
                    tenants::change(&*world.owner().await, deps, renamed(&name)).await.unwrap();
                }
            }
        }
        let last = tenants::view(&*asks(&world, &token).await, deps).await.unwrap();
        assert_eq!(last.name.as_str(), name, "{order:?}");
    }
}
