use cotenant_domain::audit::{ActorKind, AuditFilter};
use cotenant_domain::identity::UserId;
use cotenant_domain::shared::{Limit, PageRequest};
use cotenant_domain::support::{End, MakeSupportGrant, SupportGrant, SupportGrantFilter, SupportToken, make};
use cotenant_domain::tenancy::{Actor, Operator, TenantRead};
use secrecy::{ExposeSecret, SecretString};
use time::Duration;

use super::{Kit, assert_missing_reference, platform, reader, world, writer};
use crate::world::World;

async fn made(world: &World, operator: &Operator, actor: &Actor) -> (SupportGrant, SecretString) {
    let reason = "Ticket 4711: caf\u{e9} \u{1F3ED}".parse().unwrap();
    let cmd = MakeSupportGrant { reason, duration: Duration::HOUR, may_write: true };
    let new = make(operator, &world.deps, actor.tenant_id(), cmd).await.unwrap();
    (new.grant, new.token)
}

fn end_by(world: &World, user: UserId) -> End {
    End { at: world.deps.clock.now(), by_kind: ActorKind::User, by_id: Some(user.as_uuid()) }
}

/// A grant is read as it was written, by the platform and by its tenant.
pub async fn a_support_grant_is_read_back_at_both_doors(kit: &dyn Kit) {
    let world = world(kit).await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let (grant, _) = made(&world, &operator, &owner).await;
    assert_eq!(platform(&world, &operator).await.support_grants().find(grant.id).await.unwrap(), Some(grant.clone()));
    assert_eq!(reader(&world, &owner).await.support_grants().find(grant.id).await.unwrap(), Some(grant.clone()));
    let mut stray = grant.clone();
    stray.id = world.deps.ids.next().into();
    stray.tenant_id = world.deps.ids.next().into();
    let unit = platform(&world, &operator).await;
    assert_missing_reference(unit.support_grants().insert(&stray).await);
    drop(unit);
    stray = SupportGrant { id: stray.id, operator_id: world.deps.ids.next().into(), ..grant };
    let unit = platform(&world, &operator).await;
    assert_missing_reference(unit.support_grants().insert(&stray).await);
}

/// An end is written once, at either door, and not after the grant has run out.
pub async fn a_support_grant_ends_once_and_only_while_it_is_live(kit: &dyn Kit) {
    let world = world(kit).await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let (grant, _) = made(&world, &operator, &owner).await;
    let (other, _) = made(&world, &operator, &owner).await;
    let (late, _) = made(&world, &operator, &owner).await;
    let unit = writer(&world, &owner).await;
    let end = end_by(&world, owner.user_id());
    assert!(unit.support_grants().end(grant.id, end).await.unwrap());
    assert!(!unit.support_grants().end(grant.id, end).await.unwrap());
    unit.commit().await.unwrap();
    let unit = platform(&world, &operator).await;
    let by_the_system = End { by_kind: ActorKind::System, by_id: None, ..end };
    assert!(!unit.support_grants().end(grant.id, by_the_system).await.unwrap());
    assert!(unit.support_grants().end(other.id, by_the_system).await.unwrap());
    let ended = unit.support_grants().find(other.id).await.unwrap().unwrap();
    assert_eq!(ended, SupportGrant { end: Some(by_the_system), ..other });
    assert_eq!(unit.support_grants().find(grant.id).await.unwrap().unwrap().end, Some(end));
    unit.commit().await.unwrap();
    world.clock.advance(Duration::HOUR);
    let (at_the_end, again) = (end_by(&world, owner.user_id()), platform(&world, &operator).await);
    assert!(!again.support_grants().end(late.id, at_the_end).await.unwrap(), "it is over");
    drop(again);
    assert!(!writer(&world, &owner).await.support_grants().end(late.id, at_the_end).await.unwrap());
}

/// When and from where a grant was used is noted, though it has ended since.
pub async fn the_use_of_a_support_grant_is_noted(kit: &dyn Kit) {
    let world = world(kit).await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let (grant, _) = made(&world, &operator, &owner).await;
    let now = world.deps.clock.now();
    let unit = writer(&world, &owner).await;
    unit.support_grants().note_use(grant.id, now, Some("192.0.2.7")).await.unwrap();
    let used = SupportGrant { last_used_at: Some(now), last_used_address: Some("192.0.2.7".into()), ..grant.clone() };
    assert_eq!(unit.support_grants().find(grant.id).await.unwrap(), Some(used.clone()));
    let end = end_by(&world, owner.user_id());
    unit.support_grants().end(grant.id, end).await.unwrap();
    let later = now + Duration::MINUTE;
    unit.support_grants().note_use(grant.id, later, None).await.unwrap();
    let noted = SupportGrant { end: Some(end), last_used_at: Some(later), last_used_address: None, ..used };
    assert_eq!(unit.support_grants().find(grant.id).await.unwrap(), Some(noted));
}

/// A tenant neither sees, ends nor notes a grant of another.
pub async fn a_support_grant_of_another_tenant_is_out_of_reach(kit: &dyn Kit) {
    let world = world(kit).await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let other = world.tenant("globex", "boss@globex.example").await;
    let (grant, _) = made(&world, &operator, &owner).await;
    let unit = writer(&world, &other).await;
    assert_eq!(unit.support_grants().find(grant.id).await.unwrap(), None);
    assert!(!unit.support_grants().end(grant.id, end_by(&world, other.user_id())).await.unwrap());
    unit.support_grants().note_use(grant.id, world.deps.clock.now(), None).await.unwrap();
    let page = unit.support_grants().list(&SupportGrantFilter::default(), &PageRequest::default()).await.unwrap();
    assert!(page.items.is_empty());
    unit.commit().await.unwrap();
    assert_eq!(reader(&world, &owner).await.support_grants().find(grant.id).await.unwrap(), Some(grant));
}

/// What decides about a grant is read anew each time, and in its tenant alone.
pub async fn the_access_of_a_support_grant_is_read_in_its_tenant_at_once(kit: &dyn Kit) {
    let world = world(kit).await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let other = world.tenant("globex", "boss@globex.example").await;
    let (grant, token) = made(&world, &operator, &owner).await;
    let access = async |actor: &Actor| {
        let scope = actor.authorize(TenantRead).unwrap();
        world.deps.access.support_access(&scope, grant.id).await.unwrap()
    };
    let read = access(&owner).await.unwrap();
    assert_eq!((read.operator_id, read.may_write, read.expires_at), (operator.user_id(), true, grant.expires_at));
    assert_eq!(
        (read.granted_at_epoch, read.tenant_epoch, read.ended_at),
        (grant.tenant_epoch, grant.tenant_epoch, None)
    );
    assert!(read.hash.is_of(&SupportToken::parse(token.expose_secret()).unwrap()));
    assert_eq!(access(&other).await, None);
    let unit = writer(&world, &owner).await;
    let end = end_by(&world, owner.user_id());
    unit.support_grants().end(grant.id, end).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(access(&owner).await.unwrap().ended_at, Some(end.at));
    let unit = platform(&world, &operator).await;
    let mut tenant = unit.tenants().find(owner.tenant_id()).await.unwrap().unwrap();
    let version = tenant.base.version;
    tenant.epoch += 1;
    tenant.base.touch(end.at);
    unit.tenants().update(&tenant, version).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(access(&owner).await.unwrap().tenant_epoch, grant.tenant_epoch + 1);
    let unit = platform(&world, &operator).await;
    tenant.deletion = Some(super::deletion(&world));
    tenant.base.touch(end.at);
    unit.tenants().update(&tenant, version + 1).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(access(&owner).await, None, "no grant leads into a deleted tenant");
}

/// Lists show what was asked for, page by page, and the live grants come by tenant.
pub async fn support_grants_are_filtered_and_paged(kit: &dyn Kit) {
    let world = world(kit).await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let other = world.tenant("globex", "boss@globex.example").await;
    let mut grants = Vec::new();
    for actor in [&owner, &other, &owner] {
        grants.push(made(&world, &operator, actor).await.0.id);
    }
    let now = world.deps.clock.now();
    let unit = platform(&world, &operator).await;
    let one = PageRequest { limit: Limit::nearest(1), ..PageRequest::default() };
    let (mut page, mut seen) = (one.clone(), Vec::new());
    loop {
        let found = unit.support_grants().list(&SupportGrantFilter::default(), &page).await.unwrap();
        seen.extend(found.items.iter().map(|grant| grant.id));
        let Some(next) = found.next else { break };
        page = PageRequest { after: Some(next), ..one.clone() };
    }
    assert_eq!(seen, grants);
    let listed = async |operator_id, live_at| {
        let filter = SupportGrantFilter { operator_id, live_at };
        let found = unit.support_grants().list(&filter, &PageRequest::default()).await.unwrap();
        found.items.iter().map(|grant| grant.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(Some(operator.user_id()), Some(now)).await, grants);
    assert!(listed(Some(other.user_id()), None).await.is_empty());
    assert!(listed(None, Some(now + Duration::HOUR)).await.is_empty(), "over");
    assert!(unit.support_grants().end(grants[0], end_by(&world, owner.user_id())).await.unwrap());
    assert_eq!(listed(None, Some(now)).await, grants[1..]);
    let live = unit.support_grants().live_of(operator.user_id(), now).await.unwrap();
    let mut expected = vec![(other.tenant_id(), grants[1]), (owner.tenant_id(), grants[2])];
    expected.sort();
    assert_eq!(live.iter().map(|grant| (grant.tenant_id, grant.id)).collect::<Vec<_>>(), expected);
    let live = unit.support_grants().live_in(owner.tenant_id(), now).await.unwrap();
    assert_eq!(live.iter().map(|grant| grant.id).collect::<Vec<_>>(), [grants[2]]);
    assert!(unit.support_grants().live_of(other.user_id(), now).await.unwrap().is_empty());
    assert!(unit.support_grants().live_in(owner.tenant_id(), now + Duration::HOUR).await.unwrap().is_empty());
}

/// Each event of what is done under a grant names the operator and the grant, whatever the use case.
pub async fn what_support_does_names_the_grant(kit: &dyn Kit) {
    let world = world(kit).await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let (grant, token) = made(&world, &operator, &owner).await;
    let support = world.bearer(&token).await.unwrap();
    let store = world.store(&support, "A").await;
    let unit = reader(&world, &owner).await;
    let filter = AuditFilter { object_id: Some(store.base.id.as_uuid()), ..AuditFilter::default() };
    let event = unit.audit().list(&filter, &PageRequest::default()).await.unwrap().items.remove(0);
    assert_eq!((event.actor_kind, event.actor_id), (ActorKind::Operator, Some(operator.user_id().as_uuid())));
    assert_eq!(event.detail["support_grant_id"], grant.id.to_string());
    assert_eq!(event.action, "store.opened");
}
