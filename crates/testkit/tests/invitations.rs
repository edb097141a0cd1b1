//! Invitations: the one way into a tenant.

#![expect(clippy::unwrap_used, reason = "helpers of tests end the test like tests do")]

use cotenant_domain::invitations::{
    self, Accept, AcceptBy, AcceptError, Accepted, InvitationError, Invite, ListInvitations, StoreRole, accept, invite,
};
use cotenant_domain::members;
use cotenant_domain::platform;
use cotenant_domain::roles;
use cotenant_domain::shared::{Fault, FaultKind};
use cotenant_domain::stores;
use cotenant_domain::tenancy::Permission::{InvitationsCreate, ProductsRead, StoresRead};
use cotenant_domain::tenancy::{MemberActor, Origin};
use cotenant_testkit::World;
use cotenant_testkit::world::{FIRST_TENANT, OPERATOR, PASSWORD};
use secrecy::{ExposeSecret, SecretString};

const NEW: &str = "asha@duka.example";

async fn accept_new(world: &World, token: SecretString, password: &str) -> Result<Accepted, AcceptError> {
    let by = AcceptBy::New { display_name: "Asha".parse().unwrap(), password: password.into() };
    accept(&world.deps, Origin::default(), Accept { token, by }).await
}

async fn accept_known(world: &World, token: SecretString, actor: &MemberActor) -> Result<Accepted, AcceptError> {
    accept(&world.deps, Origin::default(), Accept { token, by: AcceptBy::Known(actor) }).await
}

/// An invitation to somebody new, sent: its token.
async fn sent(world: &World, by: &MemberActor) -> SecretString {
    world.invite(by, NEW, &[], &[]).await;
    world.work().await;
    world.token_sent_to(NEW)
}

#[tokio::test]
async fn somebody_new_joins_with_the_roles_of_the_invitation() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let role_id = world.role(&owner, "Clerk", &[StoresRead, ProductsRead]).await;
    let store_id = world.store(&owner, "A").await.base.id;
    world.invite(&owner, NEW, &[], &[StoreRole { store_id, role_id }]).await;
    world.work().await;
    let accepted = accept_new(&world, world.token_sent_to(NEW), PASSWORD).await.unwrap();
    assert_eq!(accepted.tenant.slug.as_str(), FIRST_TENANT);
    let asha = world.actor(NEW, FIRST_TENANT).await;
    assert!(asha.permissions().is_empty());
    assert!(asha.held(Some(store_id)).contains(ProductsRead));
}

#[tokio::test]
async fn who_invites_an_address_too_often_is_told_to_wait_and_nothing_is_sent() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    world.throttle.set_closed(true);
    let asks = Invite { id: None, email: NEW.parse().unwrap(), role_ids: Vec::new(), store_roles: Vec::new() };
    let refused = invite(&owner, &world.deps, asks).await.unwrap_err();
    assert_eq!((refused.kind(), refused.code()), (FaultKind::TooMany, "too_many_invitations"));
    assert_eq!(refused.wait(), Some(time::Duration::seconds(7)));
    assert_eq!(world.work().await.done, 0);
}

#[tokio::test]
async fn a_token_works_once() {
    let world = World::bootstrap().await;
    let token = sent(&world, &world.owner().await).await;
    accept_new(&world, token.clone(), PASSWORD).await.unwrap();
    assert!(matches!(accept_new(&world, token, PASSWORD).await, Err(AcceptError::NotFound)));
}

#[tokio::test]
async fn of_many_acceptances_at_once_one_wins() {
    let world = World::bootstrap().await;
    let token = sent(&world, &world.owner().await).await;
    let attempts: Vec<_> = (0..20)
        .map(|_| {
            let (world, token) = (world.clone(), token.clone());
            tokio::spawn(async move { accept_new(&world, token, PASSWORD).await })
        })
        .collect();
    let mut won = 0;
    for attempt in attempts {
        match attempt.await.unwrap() {
            Ok(_) => won += 1,
            Err(AcceptError::NotFound | AcceptError::SignInFirst) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(won, 1);
    world.actor(NEW, FIRST_TENANT).await;
}

#[tokio::test]
async fn a_known_person_joins_signed_in_and_keeps_their_password() {
    let world = World::bootstrap().await;
    let (owner, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    world.invite(&theirs, OPERATOR, &[], &[]).await;
    world.work().await;
    let token = world.token_sent_to(OPERATOR);
    let squatter = accept_new(&world, token.clone(), "another good password").await;
    assert!(matches!(squatter, Err(AcceptError::SignInFirst)), "{squatter:?}");
    accept_known(&world, token, &owner).await.unwrap();
    assert_eq!(world.actor(OPERATOR, "globex").await.user_id(), owner.user_id());
}

// Attacks: 25.
#[tokio::test]
async fn an_invitation_is_bound_to_its_address() {
    let world = World::bootstrap().await;
    let (owner, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let token = sent(&world, &theirs).await;
    assert!(matches!(accept_known(&world, token.clone(), &owner).await, Err(AcceptError::NotFound)));
    accept_new(&world, token, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn what_is_no_token_or_was_never_sent_opens_nothing_and_costs_no_hash() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let token = sent(&world, &owner).await;
    let text = token.expose_secret();
    let (head, secret) = text.rsplit_once('_').unwrap();
    let foreign = format!("inv_{}_{secret}", uuid::Uuid::from_u128(7).simple());
    let before = world.hasher.calls();
    for wrong in [String::new(), format!("{head}_{}", "0".repeat(64)), foreign, text.to_uppercase()] {
        let refused = accept_new(&world, wrong.clone().into(), PASSWORD).await;
        assert!(matches!(refused, Err(AcceptError::NotFound)), "{wrong:?} {refused:?}");
    }
    assert_eq!(world.hasher.calls(), before);
}

#[tokio::test]
async fn an_expired_or_withdrawn_invitation_opens_nothing() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let token = sent(&world, &owner).await;
    world.clock.advance(deps.policy.invitation);
    assert!(matches!(accept_new(&world, token, PASSWORD).await, Err(AcceptError::NotFound)));
    let owner = world.owner().await;
    let invitation = world.invite(&owner, NEW, &[], &[]).await;
    world.work().await;
    invitations::withdraw(&owner, deps, invitation.base.id, None).await.unwrap();
    assert!(matches!(accept_new(&world, world.token_sent_to(NEW), PASSWORD).await, Err(AcceptError::NotFound)));
    let again = invitations::withdraw(&owner, deps, invitation.base.id, None).await;
    assert!(matches!(again, Err(InvitationError::NotPending)));
}

#[tokio::test]
async fn an_invitation_to_a_tenant_that_is_not_in_use_opens_nothing() {
    let world = World::bootstrap().await;
    let (owner, operator, deps) = (world.owner().await, world.operator().await, &world.deps);
    let token = sent(&world, &owner).await;
    platform::suspend(&operator, deps, owner.tenant_id(), "unpaid".parse().unwrap(), None).await.unwrap();
    assert!(matches!(accept_new(&world, token.clone(), PASSWORD).await, Err(AcceptError::NotFound)));
    platform::reactivate(&operator, deps, owner.tenant_id(), None).await.unwrap();
    accept_new(&world, token, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn an_invitation_is_worth_what_the_inviter_can_still_give() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let inviter = world.clerk(&owner, "inviter@duka.example", &[InvitationsCreate, StoresRead]).await;
    let role = world.role(&owner, "Reader", &[StoresRead]).await;
    world.invite(&inviter, NEW, &[role], &[]).await;
    world.work().await;
    members::remove(&owner, deps, inviter.user_id(), None).await.unwrap();
    assert!(matches!(accept_new(&world, world.token_sent_to(NEW), PASSWORD).await, Err(AcceptError::NotFound)));
}

#[tokio::test]
async fn roles_and_stores_that_are_gone_are_passed_over() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let (kept, gone) =
        (world.role(&owner, "Kept", &[StoresRead]).await, world.role(&owner, "Gone", &[ProductsRead]).await);
    let store_id = world.store(&owner, "A").await.base.id;
    world.invite(&owner, NEW, &[kept, gone], &[StoreRole { store_id, role_id: kept }]).await;
    world.work().await;
    roles::delete(&owner, deps, gone, None).await.unwrap();
    stores::delete(&owner, deps, store_id, None).await.unwrap();
    accept_new(&world, world.token_sent_to(NEW), PASSWORD).await.unwrap();
    let asha = world.actor(NEW, FIRST_TENANT).await;
    assert_eq!(asha.permissions().iter().collect::<Vec<_>>(), [StoresRead]);
    assert!(asha.store_permissions().is_empty());
}

#[tokio::test]
async fn nobody_invites_beyond_their_own_rights_or_with_what_the_tenant_does_not_have() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let theirs = world.tenant("globex", "boss@globex.example").await;
    let inviter = world.clerk(&owner, "inviter@duka.example", &[InvitationsCreate, StoresRead]).await;
    let (within, beyond) =
        (world.role(&owner, "In", &[StoresRead]).await, world.role(&owner, "Out", &[ProductsRead]).await);
    let (foreign, store_id) = (world.role(&theirs, "R", &[]).await, world.store(&theirs, "A").await.base.id);
    let with = |role_ids, store_roles| Invite { id: None, email: NEW.parse().unwrap(), role_ids, store_roles };
    invite(&inviter, deps, with(vec![within], vec![])).await.unwrap();
    let refused = invite(&inviter, deps, with(vec![beyond], vec![])).await.unwrap_err();
    assert!(matches!(refused, InvitationError::BeyondOwnRights));
    let refused = invite(&owner, deps, with(vec![within, foreign], vec![])).await.unwrap_err();
    assert_eq!(refused.fields()[0].pointer, "/role_ids/1");
    let refused = invite(&owner, deps, with(vec![], vec![StoreRole { store_id, role_id: within }])).await.unwrap_err();
    assert_eq!(refused.fields()[0].pointer, "/store_roles/0/store_id");
    let nobody = world.clerk(&owner, "nobody@duka.example", &[]).await;
    assert_eq!(invite(&nobody, deps, with(vec![], vec![])).await.unwrap_err().kind(), FaultKind::Forbidden);
}

#[tokio::test]
async fn a_member_is_told_so_and_a_suspended_one_stays_suspended() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    world.invite(&owner, OPERATOR, &[], &[]).await;
    world.work().await;
    let refused = accept_known(&world, world.token_sent_to(OPERATOR), &owner).await;
    assert!(matches!(refused, Err(AcceptError::AlreadyMember)));
    let clerk = world.clerk(&owner, "clerk@duka.example", &[]).await;
    world.invite(&owner, "clerk@duka.example", &[], &[]).await;
    world.work().await;
    let suspend = members::ChangeMember { status: Some(members::NewStatus::Suspended), expected: None };
    members::change(&owner, deps, clerk.user_id(), suspend).await.unwrap();
    let refused = accept_known(&world, world.token_sent_to("clerk@duka.example"), &clerk).await;
    assert!(matches!(refused, Err(AcceptError::MembershipSuspended)));
}

#[tokio::test]
async fn an_invitation_kept_in_reserve_does_not_undo_a_removal() {
    let world = World::bootstrap().await;
    let (owner, theirs, deps) = (world.owner().await, world.tenant("globex", "boss@globex.example").await, &world.deps);
    let boss = "boss@globex.example";
    let mut tokens = Vec::new();
    for _ in 0..2 {
        world.invite(&owner, boss, &[], &[]).await;
        world.work().await;
        tokens.push(world.token_sent_to(boss));
    }
    accept_known(&world, tokens.remove(0), &theirs).await.unwrap();
    world.clock.advance(time::Duration::SECOND);
    members::remove(&owner, deps, theirs.user_id(), None).await.unwrap();
    let kept = accept_known(&world, tokens.remove(0), &theirs).await;
    assert!(matches!(kept, Err(AcceptError::NotFound)), "{kept:?}");
}

#[tokio::test]
async fn a_weak_password_leaves_the_invitation_open() {
    let world = World::bootstrap().await;
    let token = sent(&world, &world.owner().await).await;
    let refused = accept_new(&world, token.clone(), "asha@duka.example").await.unwrap_err();
    assert_eq!(refused.fields()[0].pointer, "/password");
    accept_new(&world, token, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn another_tenants_invitations_are_not_there() {
    let world = World::bootstrap().await;
    let (ours, deps) = (world.owner().await, &world.deps);
    let theirs = world.tenant("globex", "boss@globex.example").await;
    let invitation = world.invite(&theirs, NEW, &[], &[]).await;
    let refused = invitations::withdraw(&ours, deps, invitation.base.id, None).await;
    assert!(matches!(refused, Err(InvitationError::NotFound)));
    assert!(invitations::list(&ours, deps, ListInvitations::default()).await.unwrap().items.is_empty());
    let listed = invitations::list(&theirs, deps, ListInvitations::default()).await.unwrap().items;
    assert!(listed.contains(&invitation));
}
