//! The audit log.

#![expect(clippy::unwrap_used, reason = "helpers of tests end the test like tests do")]

use cotenant_domain::audit::{
    self, ActorKind, Anchors, AuditError, AuditEvent, AuditFilter, Export, ExportAudit, ExportFormat, Head, ListAudit,
    NewAudit, Object, Refusal, Restraint, Verified, Verifier, begin_export, event_line, record_refusal,
};
use cotenant_domain::identity::{Login, login};
use cotenant_domain::members;
use cotenant_domain::shared::{Direction, Fault, FaultKind, Limit, PageRequest};
use cotenant_domain::stores::{self, ChangeStore};
use cotenant_domain::tenancy::{Actor, Denied, Origin, Permission, StoresCreate};
use cotenant_testkit::world::{Adapters, OPERATOR, PASSWORD};
use cotenant_testkit::{MemoryDatabase, World};
use serde_json::json;
use time::Duration;

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
    let refused: Vec<_> = events.iter().filter(|event| event.action == "session.refused").collect();
    let whom: Vec<_> = refused.iter().map(|event| event.object_id).collect();
    assert_eq!(whom, [None, Some(owner.user_id().as_uuid())]);
    assert!(!format!("{events:?}").contains("nobody@"));
    assert_eq!(log(&world, &owner).await.len(), before, "a stranger writes into no tenant's log");
}

async fn record(world: &World, owner: &Actor, events: usize) {
    let unit = world.deps.db.write(&owner.authorize(StoresCreate).unwrap()).await.unwrap();
    for _ in 0..events {
        let id = world.deps.ids.next();
        let object = Object { kind: "thing", id };
        let at = world.deps.clock.now();
        unit.audit().record(NewAudit { id, at, action: "thing.done", object, detail: json!({}) }).await.unwrap();
    }
    unit.commit().await.unwrap();
}

fn jsonl(filter: AuditFilter, after_seq: i64) -> ExportAudit {
    ExportAudit { format: ExportFormat::JsonLines, filter, after_seq }
}

/// The lines of an export, page by page, and how many events each page had.
async fn written(world: &World, actor: &Actor, mut export: Export) -> (Vec<String>, Vec<usize>) {
    let (mut lines, mut pages) = (vec![export.opening().line()], Vec::new());
    loop {
        let events = export.next_page(actor, &world.deps).await.unwrap();
        if events.is_empty() {
            lines.push(export.closing().line());
            return (lines, pages);
        }
        pages.push(events.len());
        lines.extend(events.iter().map(event_line));
    }
}

fn verify(lines: &[String]) -> Verified {
    let mut verifier = Verifier::new(Anchors::default());
    lines.iter().for_each(|line| verifier.line(line).unwrap());
    verifier.finish().unwrap()
}

async fn head(world: &World, actor: &Actor) -> Head {
    let page = PageRequest { limit: Limit::nearest(1), direction: Direction::Descending, ..PageRequest::default() };
    let newest = audit::list(actor, &world.deps, ListAudit { page, ..ListAudit::default() }).await.unwrap();
    newest.items.first().map(|event| Head { seq: event.seq, hash: event.hash }).unwrap()
}

#[tokio::test]
async fn an_export_goes_page_by_page_to_the_end_that_was_there_at_its_beginning() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    record(&world, &owner, 230).await;
    let end = head(&world, &owner).await;
    let export = begin_export(&owner, &world.deps, jsonl(AuditFilter::default(), 0)).await.unwrap();
    record(&world, &owner, 50).await;
    let (lines, pages) = written(&world, &owner, export).await;
    assert_eq!((pages.iter().sum::<usize>() as i64, pages.iter().max()), (end.seq, Some(&100)));
    let verified = verify(&lines);
    assert_eq!((verified.count as i64, verified.head, verified.unchained), (end.seq, end, 0));
}

#[tokio::test]
async fn what_was_recorded_since_follows_from_what_was_exported_before() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let first = begin_export(&owner, &world.deps, jsonl(AuditFilter::default(), 0)).await.unwrap();
    let kept = verify(&written(&world, &owner, first).await.0).head;
    record(&world, &owner, 7).await;
    let since = begin_export(&owner, &world.deps, jsonl(AuditFilter::default(), kept.seq)).await.unwrap();
    let verified = verify(&written(&world, &owner, since).await.0);
    // That the first was made comes in between.
    assert_eq!((verified.after, verified.count), (kept, 8));
    for nowhere in [kept.seq + 1000, i64::MAX] {
        let refused = begin_export(&owner, &world.deps, jsonl(AuditFilter::default(), nowhere)).await.unwrap_err();
        assert!(matches!(refused, AuditError::NotFound), "{refused:?}");
    }
}

#[tokio::test]
async fn that_an_export_was_made_is_recorded_with_its_filters() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let end = head(&world, &owner).await.seq;
    let filter = AuditFilter { action: Some("store.opened".into()), ..AuditFilter::default() };
    let cmd = ExportAudit { format: ExportFormat::Csv, filter, after_seq: 1 };
    begin_export(&owner, &world.deps, cmd).await.unwrap();
    let event = log(&world, &owner).await.pop().unwrap();
    assert_eq!((event.action.as_str(), event.object_id), ("audit.exported", owner.tenant_id().as_uuid()));
    let filter = json!({ "action": "store.opened" });
    assert_eq!(event.detail, json!({ "format": "csv", "filter": filter, "after_seq": 1, "to_seq": end }));
}

#[tokio::test]
async fn a_right_that_is_taken_ends_an_export_at_the_next_page() {
    let world = World::bootstrap().await;
    let (owner, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    record(&world, &owner, 300).await;
    let role = world.role(&owner, "Auditor", &[Permission::AuditRead]).await;
    let auditor = world.join(&owner, "auditor@duka.example", &[role], &[]).await;
    let mut export = begin_export(&auditor, &world.deps, jsonl(AuditFilter::default(), 0)).await.unwrap();
    assert_eq!(export.next_page(&auditor, &world.deps).await.unwrap().len(), 100);
    let grant = members::RoleGrant { user_id: auditor.user_id(), role_id: role, store_id: None };
    members::revoke(&owner, &world.deps, grant).await.unwrap();
    let auditor = world.actor("auditor@duka.example", "acme").await;
    let refused = export.next_page(&auditor, &world.deps).await.unwrap_err();
    assert!(matches!(refused, AuditError::Denied(Denied::Forbidden(Permission::AuditRead))), "{refused:?}");
    for other in [&owner, &theirs] {
        assert_eq!(export.next_page(other, &world.deps).await.unwrap_err().kind(), FaultKind::Conflict, "not theirs");
    }
}

#[tokio::test]
async fn of_many_refusals_one_a_minute_is_recorded_and_tells_of_the_others() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let clerk = world.clerk(&owner, "clerk@duka.example", &[]).await;
    let restraint = Restraint::default();
    let refuse = async || {
        let refusal = Refusal { permission: Permission::RolesRead, code: "forbidden", request: "GET /roles".into() };
        record_refusal(&clerk, &world.deps, &restraint, refusal).await.unwrap();
    };
    for _ in 0..40 {
        refuse().await;
    }
    world.clock.advance(Duration::MINUTE);
    refuse().await;
    let events = log(&world, &owner).await;
    let refused: Vec<_> = events.iter().filter(|event| event.action == "access.refused").collect();
    assert_eq!(refused.len(), 2);
    assert!(refused.iter().all(|event| event.actor_id == Some(clerk.user_id().as_uuid())));
    let detail = |left_out| json!({ "permission": "roles.read", "code": "forbidden", "request": "GET /roles", "left_out": left_out });
    assert_eq!([&refused[0].detail, &refused[1].detail], [&detail(0), &detail(39)]);
}

#[tokio::test]
async fn an_actor_knows_what_was_refused_to_them() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let clerk = world.clerk(&owner, "clerk@duka.example", &[]).await;
    assert_eq!(clerk.refused(), None);
    audit::list(&clerk, &world.deps, ListAudit::default()).await.unwrap_err();
    assert_eq!((clerk.refused(), owner.refused()), (Some(Permission::AuditRead), None));
}
