use cotenant_domain::identity::SessionId;
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
