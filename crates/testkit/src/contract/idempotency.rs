//! Requests that are done once: the key, the effect and the answer are there together or not at all.

use cotenant_domain::idempotency::{Answer, Errand, Fingerprint, KEPT, Repetition, Request, Sweeps, conclude};
use cotenant_domain::platform::{self, CreateTenant, PlatformError};
use cotenant_domain::shared::RepositoryError;
use cotenant_domain::stores::{OpenStore, Store, StoreError, StoreFilter, open};
use cotenant_domain::tenancy::{Actor, Bearer, MemberActor, Operator, Permission};
use cotenant_domain::tenants::TenantId;
use time::Duration;

use super::{Kit, platform as at_platform, reader, world, writer};
use crate::world::World;

/// An errand that has just come.
fn errand(world: &World, key: &str, body: &str) -> Errand {
    let fingerprint = Fingerprint::of("POST", "/stores", body.as_bytes());
    let (key, at) = (key.parse().unwrap(), world.deps.clock.now());
    Errand::new(Request { key, route: "open_store", fingerprint, store: None, at })
}

fn asking(actor: &MemberActor, errand: &Errand) -> MemberActor {
    Bearer::Member(actor.clone()).doing(errand.clone()).member().unwrap()
}

/// What is kept in these rules.
fn an_answer() -> Answer {
    Answer {
        status: 201,
        location: Some("/stores/caf\u{e9}".into()),
        etag: Some("\"1\"".into()),
        body: Some(vec![0, 0xff, b'"', 0xc3, 0xa9]),
    }
}

/// Opens a store for an errand and goes no further.
async fn begin(world: &World, actor: &MemberActor, errand: &Errand, code: &str) -> Result<Store, StoreError> {
    let cmd = OpenStore {
        id: None,
        name: code.parse().unwrap(),
        code: code.parse().unwrap(),
        timezone: "Africa/Nairobi".parse().unwrap(),
        currency: "KES".parse().unwrap(),
        is_active: true,
    };
    open(&asking(actor, errand), &world.deps, cmd).await
}

async fn end(world: &World, errand: &Errand, owner: Option<TenantId>, answer: &Answer) -> Result<(), RepositoryError> {
    conclude(errand, &world.deps, &Sweeps::default(), owner, answer).await
}

/// Opens a store under a key; what is met where the key was used before.
async fn once(world: &World, actor: &MemberActor, key: &str, code: &str) -> Option<Repetition> {
    let errand = errand(world, key, code);
    match begin(world, actor, &errand, code).await {
        Ok(_) => {
            assert!(errand.is_complete());
            end(world, &errand, Some(actor.tenant_id()), &an_answer()).await.unwrap();
            None
        }
        Err(StoreError::Repository(RepositoryError::Repeated)) => Some(errand.repetition().unwrap()),
        Err(error) => panic!("{error:?}"),
    }
}

async fn codes(world: &World, actor: &Actor) -> Vec<String> {
    let page = reader(world, actor).await.stores().list(&StoreFilter::default(), &Default::default()).await.unwrap();
    page.items.iter().map(|store| store.code.to_string()).collect()
}

/// Before the answer is known nothing has happened; then the effect and the answer are there, and the answer is read back as
/// it was given.
pub async fn an_answer_is_kept_together_with_the_effect(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let errand = errand(&world, "k", "A");
    begin(&world, &owner, &errand, "A").await.unwrap();
    assert!(errand.is_complete());
    assert!(codes(&world, &owner).await.is_empty(), "an effect without an answer");
    end(&world, &errand, Some(owner.tenant_id()), &an_answer()).await.unwrap();
    assert_eq!(codes(&world, &owner).await, ["A"]);
    assert_eq!(once(&world, &owner, "k", "A").await, Some(Repetition::Answered(an_answer())));
    assert_eq!(codes(&world, &owner).await, ["A"]);
    assert!(end(&world, &errand, Some(owner.tenant_id()), &an_answer()).await.is_err(), "it is concluded once");
}

/// An answer without a body, with something that is shown once, is kept so.
pub async fn an_answer_without_its_body_is_kept_as_such(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let bare = Answer { status: 201, location: None, etag: None, body: None };
    let first = errand(&world, "k", "A");
    begin(&world, &owner, &first, "A").await.unwrap();
    end(&world, &first, Some(owner.tenant_id()), &bare).await.unwrap();
    assert_eq!(once(&world, &owner, "k", "A").await, Some(Repetition::Answered(bare)));
}

/// What is given up, or fails, leaves neither effect nor key.
pub async fn what_is_given_up_leaves_neither_effect_nor_key(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let given_up = errand(&world, "k", "A");
    begin(&world, &owner, &given_up, "A").await.unwrap();
    given_up.give_up();
    assert!(codes(&world, &owner).await.is_empty());
    world.store(&owner, "B").await;
    let refused = errand(&world, "k", "A");
    assert!(matches!(begin(&world, &owner, &refused, "B").await, Err(StoreError::CodeTaken)));
    assert!(!refused.is_complete() && refused.repetition().is_none());
    assert_eq!(once(&world, &owner, "k", "C").await, None, "the key is free for a corrected request");
}

/// Of several with one key at the same moment one has an effect; the others wait for it and are given its answer.
pub async fn of_several_at_once_under_one_key_one_has_an_effect(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let one = async || once(&world, &owner, "k", "A").await;
    let (a, b, c, d) = tokio::join!(one(), one(), one(), one());
    let repeated = [a, b, c, d].into_iter().flatten().collect::<Vec<_>>();
    assert_eq!(repeated, vec![Repetition::Answered(an_answer()); 3]);
    assert_eq!(codes(&world, &owner).await, ["A"]);
}

// Attacks: 14.
/// A key means nothing in another tenant and nothing of somebody else.
pub async fn a_key_belongs_to_who_gave_it_in_one_tenant(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let clerk = world.clerk(&owner, "clerk@acme.example", &[Permission::StoresCreate, Permission::StoresRead]).await;
    let stranger = world.tenant("globex", "hank@globex.example").await;
    assert_eq!(once(&world, &owner, "k", "A").await, None);
    assert_eq!(once(&world, &stranger, "k", "A").await, None);
    assert_eq!(once(&world, &clerk, "k", "B").await, None);
    assert_eq!(once(&world, &stranger, "k", "A").await, Some(Repetition::Answered(an_answer())));
    assert_eq!(codes(&world, &owner).await, ["A", "B"]);
    assert_eq!(codes(&world, &stranger).await, ["A"]);
}

/// A key that was another request's opens nothing and shows nothing.
pub async fn a_key_of_another_request_is_told(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    assert_eq!(once(&world, &owner, "k", "A").await, None);
    assert_eq!(once(&world, &owner, "k", "B").await, Some(Repetition::Reused));
    assert_eq!(once(&world, &owner, "K", "B").await, None, "another key: case counts");
}

/// An answer is kept for its time and no longer, whether or not somebody swept.
pub async fn a_kept_answer_runs_out(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    assert_eq!(once(&world, &owner, "k", "A").await, None);
    world.clock.advance(KEPT - Duration::MICROSECOND);
    assert_eq!(once(&world, &owner, "k", "A").await, Some(Repetition::Answered(an_answer())));
    world.clock.advance(Duration::MICROSECOND);
    assert_eq!(once(&world, &owner, "k", "B").await, None, "the key is free");
    assert_eq!(once(&world, &owner, "k", "B").await, Some(Repetition::Answered(an_answer())));
}

/// A sweep takes what is as old as it says and nothing younger, in one tenant.
pub async fn answers_are_swept_by_their_age_in_one_tenant(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let stranger = world.tenant("globex", "hank@globex.example").await;
    for actor in [&owner, &stranger] {
        assert_eq!(once(&world, actor, "old", "A").await, None);
    }
    let old = world.deps.clock.now();
    world.clock.advance(Duration::MICROSECOND);
    assert_eq!(once(&world, &owner, "young", "B").await, None);
    let unit = writer(&world, &owner).await;
    assert_eq!(unit.answers().sweep(old, 100).await.unwrap(), 1);
    unit.commit().await.unwrap();
    assert_eq!(once(&world, &owner, "young", "B").await, Some(Repetition::Answered(an_answer())));
    assert_eq!(once(&world, &stranger, "old", "A").await, Some(Repetition::Answered(an_answer())));
    assert_eq!(once(&world, &owner, "old", "C").await, None, "it was swept");
}

/// A sweep takes as much as it is told to, the oldest first.
pub async fn answers_are_swept_some_at_a_time(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    for code in ["A", "B", "C", "D", "E"] {
        assert_eq!(once(&world, &owner, code, code).await, None);
        world.clock.advance(Duration::SECOND);
    }
    let unit = writer(&world, &owner).await;
    assert_eq!(unit.answers().sweep(world.deps.clock.now(), 2).await.unwrap(), 2);
    unit.commit().await.unwrap();
    assert_eq!(once(&world, &owner, "C", "C").await, Some(Repetition::Answered(an_answer())), "A and B were older");
    let unit = writer(&world, &owner).await;
    let mut swept = Vec::new();
    for _ in 0..3 {
        swept.push(unit.answers().sweep(world.deps.clock.now(), 2).await.unwrap());
    }
    assert_eq!(swept, [2, 1, 0]);
}

/// Whoever keeps an answer orders its sweep, which comes after it has run out and leaves nothing that has. One order stands for
/// all that is kept in its hours, whichever server knows of it.
pub async fn a_sweep_is_ordered_with_what_it_will_sweep(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    world.work().await;
    for code in ["A", "B", "C"] {
        // Each is concluded by one who remembers nothing.
        assert_eq!(once(&world, &owner, code, code).await, None);
    }
    world.clock.advance(KEPT);
    assert_eq!(world.work().await.done, 0, "not before the last that it stands for has run out");
    world.clock.advance(Duration::hours(6));
    assert_eq!(once(&world, &owner, "D", "D").await, None);
    assert_eq!(world.work().await.done, 1);
    let unit = writer(&world, &owner).await;
    assert_eq!(unit.answers().sweep(world.deps.clock.now(), 10).await.unwrap(), 1, "what is younger is left");
}

async fn create(world: &World, operator: &Operator, slug: &str) -> Option<Repetition> {
    let fingerprint = Fingerprint::of("POST", "/platform/tenants", slug.as_bytes());
    let (key, at) = ("k".parse().unwrap(), world.deps.clock.now());
    let errand = Errand::new(Request { key, route: "create_tenant", fingerprint, store: None, at });
    let cmd = CreateTenant {
        name: slug.parse().unwrap(),
        slug: slug.parse().unwrap(),
        locale: None,
        owner_email: "hank@globex.example".parse().unwrap(),
        expires_at: None,
    };
    match platform::create(&operator.clone().doing(errand.clone()), &world.deps, cmd).await {
        Ok(_) => {
            end(world, &errand, None, &an_answer()).await.unwrap();
            None
        }
        Err(PlatformError::Repository(RepositoryError::Repeated)) => Some(errand.repetition().unwrap()),
        Err(error) => panic!("{error:?}"),
    }
}

/// What an operator does upon a tenant is done once as well: its key is the platform's.
pub async fn an_operators_errand_is_kept_at_the_platform(kit: &dyn Kit) {
    let world = world(kit).await;
    let operator = world.operator().await;
    assert_eq!(create(&world, &operator, "globex").await, None);
    assert_eq!(create(&world, &operator, "globex").await, Some(Repetition::Answered(an_answer())));
    assert_eq!(create(&world, &operator, "initech").await, Some(Repetition::Reused));
}

/// The platform's answers are swept like a tenant's, by a job of its own.
pub async fn an_operators_errand_is_swept_at_the_platform(kit: &dyn Kit) {
    let world = world(kit).await;
    let operator = world.operator().await;
    assert_eq!(create(&world, &operator, "globex").await, None);
    world.work().await;
    world.clock.advance(KEPT + Duration::hours(6));
    assert_eq!(world.work().await.done, 1);
    let unit = at_platform(&world, &operator).await;
    assert_eq!(unit.answers().sweep(world.deps.clock.now(), 10).await.unwrap(), 0, "nothing is left");
}
