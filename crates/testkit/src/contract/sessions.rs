use cotenant_domain::identity::{Device, PreviousToken, Session, SessionId};
use cotenant_domain::shared::{Limit, PageRequest, RepositoryError};
use cotenant_domain::tenancy::AuthenticateError;
use time::Duration;

use super::{Kit, platform, reader, world, writer};
use crate::world::{FIRST_TENANT, OPERATOR};
use cotenant_domain::tenancy::TenantRead;

/// An ended session opens nothing from then on; ending it again changes nothing, and nor does ending one that is not.
pub async fn an_ended_session_stays_ended(kit: &dyn Kit) {
    let world = world(kit).await;
    let token = world.sign_in(OPERATOR, FIRST_TENANT).await.access_token;
    let actor = world.authenticate(&token).await.unwrap();
    let ended_at = world.deps.clock.now();
    for ends in [true, false] {
        let unit = writer(&world, &actor).await;
        let now = world.deps.clock.now();
        assert_eq!(unit.sessions().end(actor.session_id(), now).await.unwrap(), ends);
        assert!(!unit.sessions().end(SessionId::new(world.deps.ids.next()), now).await.unwrap());
        unit.commit().await.unwrap();
        world.clock.advance(Duration::seconds(1));
    }
    assert!(matches!(world.authenticate(&token).await, Err(AuthenticateError::Revoked)));
    let scope = actor.authorize(TenantRead).unwrap();
    let record = world.deps.access.access(&scope, actor.user_id(), actor.session_id()).await.unwrap().unwrap();
    assert_eq!(record.session_ended_at, Some(ended_at));
}

/// A session answers for its own person and tenant only.
pub async fn a_session_answers_for_its_own_person_and_tenant(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let colleague = world.clerk(&ours, "clerk@duka.example", &[]).await;
    let scope = ours.authorize(TenantRead).unwrap();
    for (user, session, there) in [
        (ours.user_id(), ours.session_id(), true),
        (ours.user_id(), colleague.session_id(), false),
        (colleague.user_id(), ours.session_id(), false),
        (theirs.user_id(), theirs.session_id(), false),
        (ours.user_id(), SessionId::new(world.deps.ids.next()), false),
    ] {
        let record = world.deps.access.access(&scope, user, session).await.unwrap();
        assert_eq!(record.is_some(), there, "{user} {session}");
    }
    drop(reader(&world, &ours).await);
}

/// An operator's session ends by itself or with the rank, and never begins again.
pub async fn an_operators_session_ends_with_the_rank(kit: &dyn Kit) {
    let world = world(kit).await;
    let (operator, other) = (world.operator().await, world.operator().await);
    let (user, access) = (operator.user_id(), &world.deps.access);
    let unit = platform(&world, &operator).await;
    unit.operators().end_session(operator.session_id(), world.deps.clock.now()).await.unwrap();
    unit.commit().await.unwrap();
    let ended = access.operator_session(user, operator.session_id()).await.unwrap().unwrap();
    assert_eq!(ended.session_ended_at, Some(world.deps.clock.now()));
    let alive = access.operator_session(user, other.session_id()).await.unwrap().unwrap();
    assert_eq!(alive.session_ended_at, None);
    let stranger = world.new_person("stranger@duka.example").base.id;
    assert_eq!(access.operator_session(stranger, other.session_id()).await.unwrap(), None);
    let unit = platform(&world, &operator).await;
    assert!(unit.operators().remove(user, world.deps.clock.now()).await.unwrap());
    assert!(!unit.operators().remove(user, world.deps.clock.now()).await.unwrap());
    unit.commit().await.unwrap();
    assert_eq!(access.operator_session(user, other.session_id()).await.unwrap(), None);
    let unit = platform(&world, &operator).await;
    assert_eq!(unit.operators().find(user).await.unwrap(), None);
    let record = cotenant_domain::platform::OperatorRecord { user_id: user, created_at: world.deps.clock.now() };
    assert!(unit.operators().insert(&record).await.unwrap());
    assert!(!unit.operators().insert(&record).await.unwrap(), "they are an operator already");
    assert_eq!(unit.operators().find(user).await.unwrap(), Some(record));
    unit.commit().await.unwrap();
    let back = access.operator_session(user, other.session_id()).await.unwrap();
    assert!(back.is_some_and(|session| session.session_ended_at.is_some()), "the rank's return revives no session");
}

/// A session is read back as it was written, and so is its renewal; what never changes stays as it was.
pub async fn sessions_are_read_back_as_they_were_written(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let mut session = world.new_session(owner.tenant_id(), owner.user_id());
    session.device = Device { agent: Some("curl/8".into()), address: None };
    session.refresh.family_hash = [7; 32];
    let unit = writer(&world, &owner).await;
    unit.sessions().insert(&session).await.unwrap();
    assert_eq!(unit.sessions().lock(session.id).await.unwrap(), Some(session.clone()));
    unit.commit().await.unwrap();
    world.clock.advance(Duration::minutes(1));
    let now = world.deps.clock.now();
    let mut renewed = session.clone();
    renewed.device = Device { agent: None, address: Some("192.0.2.7".into()) };
    renewed.last_used_at = now;
    renewed.idle_expires_at = now + Duration::minutes(30);
    renewed.refresh.hash = [8; 32];
    renewed.refresh.previous = Some(PreviousToken { hash: [0; 32], salt: [9; 32], used_at: now });
    let written = Session { expires_at: now, created_at: now, ..renewed.clone() };
    let unit = writer(&world, &owner).await;
    unit.sessions().renew(&written).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(reader(&world, &owner).await.sessions().find(session.id).await.unwrap(), Some(renewed));
}

/// A session that has ended is not renewed, and nor is one of another tenant.
pub async fn an_ended_or_foreign_session_is_not_renewed(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let foreign = reader(&world, &theirs).await.sessions().find(theirs.session_id()).await.unwrap().unwrap();
    let ended = world.new_session(ours.tenant_id(), ours.user_id());
    let unit = writer(&world, &ours).await;
    unit.sessions().insert(&ended).await.unwrap();
    assert!(unit.sessions().end(ended.id, world.deps.clock.now()).await.unwrap());
    assert_eq!(unit.sessions().lock(foreign.id).await.unwrap(), None);
    assert_eq!(unit.sessions().find(foreign.id).await.unwrap(), None);
    unit.commit().await.unwrap();
    for session in [&ended, &foreign] {
        let unit = writer(&world, &ours).await;
        assert!(matches!(unit.sessions().renew(session).await, Err(RepositoryError::Stale)));
    }
    let after = reader(&world, &theirs).await.sessions().find(foreign.id).await.unwrap();
    assert_eq!(after, Some(foreign));
}

/// A list shows the member's sessions that live, and ending the others spares the kept one and other people's.
pub async fn a_members_live_sessions_are_listed_and_ended_together(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let clerk = world.clerk(&owner, "clerk@duka.example", &[]).await;
    let now = world.deps.clock.now();
    let mut sessions: Vec<_> = (0..3).map(|_| world.new_session(owner.tenant_id(), owner.user_id())).collect();
    sessions[1].idle_expires_at = now;
    sessions[2].expires_at = now;
    let unit = writer(&world, &owner).await;
    for session in &sessions {
        unit.sessions().insert(session).await.unwrap();
    }
    unit.commit().await.unwrap();
    let live = async |user| {
        let page = PageRequest { limit: Limit::nearest(100), ..PageRequest::default() };
        let listed = reader(&world, &owner).await.sessions().list(user, now, &page).await.unwrap();
        listed.items.into_iter().map(|session| session.id).collect::<Vec<_>>()
    };
    let before = live(owner.user_id()).await;
    assert!(before.contains(&owner.session_id()) && before.contains(&sessions[0].id));
    assert!(!before.contains(&sessions[1].id) && !before.contains(&sessions[2].id));
    let unit = writer(&world, &owner).await;
    let ended = unit.sessions().end_others(owner.user_id(), owner.session_id(), now).await.unwrap();
    assert_eq!(unit.sessions().end_others(owner.user_id(), owner.session_id(), now).await.unwrap(), 0);
    unit.commit().await.unwrap();
    assert!(ended as usize >= before.len() - 1);
    assert_eq!(live(owner.user_id()).await, [owner.session_id()]);
    assert_eq!(live(clerk.user_id()).await, [clerk.session_id()]);
}
