//! The audit log.

#![expect(clippy::unwrap_used, reason = "helpers of tests end the test like tests do")]

use cotenant_domain::audit::{self, ActorKind, AuditEvent, AuditFilter, ListAudit};
use cotenant_domain::identity::{Login, login};
use cotenant_domain::members;
use cotenant_domain::shared::{Fault, FaultKind, Limit, PageRequest};
use cotenant_domain::stores::{self, ChangeStore};
use cotenant_domain::tenancy::{Actor, Origin};
use cotenant_testkit::world::{Adapters, OPERATOR, PASSWORD};
use cotenant_testkit::{MemoryDatabase, World};
use serde_json::json;

async fn log(world: &World, actor: &Actor) -> Vec<AuditEvent> {
    let page = PageRequest { limit: Limit::nearest(100), ..PageRequest::default() };
    audit::list(actor, &world.deps, ListAudit { page, ..ListAudit::default() }).await.unwrap().items
}

#[tokio::test]
async fn an_act_says_who_did_what_to_which_object_and_what_changed() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let id = world.store(&owner, "A").await.base.id;
    let cmd = ChangeStore { is_active: Some(false), ..ChangeStore::default() };
    stores::change(&owner, deps, id, cmd).await.unwrap();
    let event = log(&world, &owner).await.pop().unwrap();
    assert_eq!(
        (event.action.as_str(), event.object_kind.as_str(), event.object_id),
        ("store.changed", "store", id.as_uuid())
    );
    assert_eq!((event.actor_kind, event.actor_id), (ActorKind::User, Some(owner.user_id().as_uuid())));
    assert_eq!(event.detail, json!({ "is_active": [true, false] }));
}

#[tokio::test]
async fn what_is_refused_or_changes_nothing_is_not_in_the_log() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let id = world.store(&owner, "A").await.base.id;
    let before = log(&world, &owner).await.len();
    stores::change(&owner, deps, id, ChangeStore::default()).await.unwrap();
    stores::delete(&owner, deps, id, Some(9)).await.unwrap_err();
    members::remove(&owner, deps, owner.user_id(), None).await.unwrap_err();
    assert_eq!(log(&world, &owner).await.len(), before);
}

#[tokio::test]
async fn the_log_has_no_gaps_and_no_secret() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let id = world.store(&owner, "A").await.base.id;
    world.product(&owner, id, "A-1").await;
    let clerk = world.clerk(&owner, "clerk@duka.example", &[]).await;
    members::remove(&owner, deps, clerk.user_id(), None).await.unwrap();
    let events = log(&world, &owner).await;
    assert!(events.iter().map(|event| event.seq).eq(1..=events.len() as i64));
    let actions: Vec<_> = events.iter().map(|event| event.action.as_str()).collect();
    for action in ["invitation.created", "invitation.token_minted", "invitation.accepted", "member.removed"] {
        assert!(actions.contains(&action), "{action} is not among {actions:?}");
    }
    let text = format!("{events:?}");
    let token = secrecy::ExposeSecret::expose_secret(&world.token_sent_to("clerk@duka.example")).to_owned();
    for secret in [PASSWORD, token.as_str(), token.rsplit_once('_').unwrap().1] {
        assert!(!text.contains(secret));
    }
}

#[tokio::test]
async fn only_who_may_read_the_log_reads_it_and_only_their_tenants() {
    let world = World::bootstrap().await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    world.store(&theirs, "A").await;
    assert!(log(&world, &ours).await.iter().all(|event| event.action != "store.opened"));
    let nobody = world.clerk(&ours, "clerk@duka.example", &[]).await;
    let filter = AuditFilter::default();
    let query = ListAudit { filter, ..ListAudit::default() };
    assert_eq!(audit::list(&nobody, &world.deps, query).await.unwrap_err().kind(), FaultKind::Forbidden);
}

#[tokio::test]
async fn a_refused_sign_in_is_in_the_platforms_log_without_the_address() {
    let database = MemoryDatabase::new();
    let world = World::bootstrap_over(Adapters::over(database.clone())).await;
    let owner = world.owner().await;
    let before = log(&world, &owner).await.len();
    for email in ["nobody@duka.example", OPERATOR] {
        let cmd = Login { email: email.parse().unwrap(), password: "wrong".into(), tenant: None };
        login(&world.deps, &Origin::default(), cmd).await.unwrap_err();
    }
    let events = database.platform_events();
    let refused: Vec<_> = events.iter().filter(|event| event.event.action == "session.refused").collect();
    let whom: Vec<_> = refused.iter().map(|event| event.event.object_id).collect();
    assert_eq!(whom, [None, Some(owner.user_id().as_uuid())]);
    assert!(!format!("{events:?}").contains("nobody@"));
    assert_eq!(log(&world, &owner).await.len(), before, "a stranger writes into no tenant's log");
}
