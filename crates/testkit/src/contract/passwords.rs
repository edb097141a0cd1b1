use std::sync::Arc;

use async_trait::async_trait;
use cotenant_domain::Deps;
use cotenant_domain::identity::{
    ChangePassword, HashError, Login, LoginError, PasswordCheck, PasswordHash, PasswordHasher, SessionError, SignedIn,
    SignedInPerson, UserId, change_password, login, switch,
};
use cotenant_domain::tenancy::{AuthenticateError, MemberActor, Origin};
use secrecy::SecretString;
use tokio::sync::Barrier;

use super::{Kit, a_hash, add_person, person, world};
use crate::world::{FIRST_TENANT, OPERATOR, PASSWORD, World};

const NEXT: &str = "another horse altogether";

async fn stored(world: &World, id: UserId) -> Option<String> {
    let unit = world.deps.db.person().await.unwrap();
    unit.people().password(id).await.unwrap().map(|hash| hash.expose().to_owned())
}

async fn changes(world: &World, actor: &MemberActor) {
    let cmd = ChangePassword { current: PASSWORD.into(), new: NEXT.into() };
    change_password(&world.deps, SignedInPerson::Member(actor), cmd).await.unwrap();
}

/// Makes the first person a member of a second tenant.
async fn in_two_tenants(world: &World) {
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    world.invite(&theirs, OPERATOR, &[], &[]).await;
    world.work().await;
    world.accept_as(&ours, OPERATOR).await;
}

async fn signs_in(deps: &Deps, password: &str) -> Result<SignedIn, LoginError> {
    let tenant = Some(FIRST_TENANT.parse().unwrap());
    let cmd = Login { email: OPERATOR.parse().unwrap(), password: password.into(), tenant };
    login(deps, &Origin::default(), cmd).await
}

/// Another password is stored, with a higher epoch; other people keep theirs.
pub async fn another_password_raises_the_epoch_and_only_its_own_persons(kit: &dyn Kit) {
    let world = world(kit).await;
    let (one, two) = (world.new_person("one@duka.example"), world.new_person("two@duka.example"));
    for person in [&one, &two] {
        add_person(&world, person).await.unwrap();
    }
    let hash = world.deps.passwords.hash(NEXT.into()).await.unwrap();
    let unit = world.deps.db.person().await.unwrap();
    assert_eq!(unit.people().lock(one.base.id).await.unwrap(), Some(one.clone()));
    unit.people().set_password(one.base.id, &hash, world.deps.clock.now()).await.unwrap();
    unit.commit().await.unwrap();
    let changed = person(&world, "one@duka.example").await.unwrap();
    assert_eq!((changed.epoch, changed.base.version), (one.epoch + 1, one.base.version + 1));
    assert_eq!(stored(&world, one.base.id).await.as_deref(), Some(hash.expose()));
    assert_eq!(person(&world, "two@duka.example").await, Some(two.clone()));
    assert_eq!(stored(&world, two.base.id).await.as_deref(), Some(a_hash(&world).await.expose()));
    let nobody = world.new_person("nobody@duka.example").base.id;
    let unit = world.deps.db.person().await.unwrap();
    assert_eq!(unit.people().lock(nobody).await.unwrap(), None);
    super::assert_stale(unit.people().set_password(nobody, &hash, world.deps.clock.now()).await);
}

/// A new hash of the old password is stored while that is the password, and never afterwards; no epoch rises.
pub async fn a_rehash_never_undoes_another_password(kit: &dyn Kit) {
    let world = world(kit).await;
    let one = world.new_person("one@duka.example");
    add_person(&world, &one).await.unwrap();
    let (id, now) = (one.base.id, world.deps.clock.now());
    let hashes = ["first", "second", "third"].map(|text| PasswordHash::new(text.into()));
    let [second, third] = [&hashes[1], &hashes[2]];
    for (old, new, stores) in [(a_hash(&world).await, second, true), (a_hash(&world).await, third, false)] {
        let unit = world.deps.db.person().await.unwrap();
        assert_eq!(unit.people().rehash(id, &old, new, now).await.unwrap(), stores);
        unit.commit().await.unwrap();
        assert_eq!(stored(&world, id).await.as_deref(), Some("second"));
    }
    assert_eq!(person(&world, "one@duka.example").await.unwrap().epoch, one.epoch);
}

/// Sessions of one person end wherever they are, but for the one that asks; those of others go on.
pub async fn a_new_password_ends_sessions_in_all_tenants_and_nobody_elses(kit: &dyn Kit) {
    let world = world(kit).await;
    in_two_tenants(&world).await;
    let boss = world.sign_in("boss@globex.example", "globex").await;
    let (kept, here) = (world.sign_in(OPERATOR, FIRST_TENANT).await, world.sign_in(OPERATOR, FIRST_TENANT).await);
    let elsewhere = world.sign_in(OPERATOR, "globex").await;
    let operator = world.operator().await;
    changes(&world, &world.authenticate(&kept.access_token).await.unwrap()).await;
    for ended in [&here, &elsewhere] {
        let refused = world.authenticate(&ended.access_token).await;
        assert!(matches!(refused, Err(AuthenticateError::Revoked)), "{refused:?}");
    }
    for lives in [&kept, &boss] {
        assert!(world.authenticate(&lives.access_token).await.is_ok());
    }
    let access = &world.deps.access;
    let epoch = access.operator_session(operator.user_id(), operator.session_id()).await.unwrap().unwrap().person_epoch;
    assert_eq!(epoch, 2, "tokens as an operator are of another epoch");
}

/// Holds a check of a password back until the test says that enough has happened.
struct Gate {
    inner: Arc<dyn PasswordHasher>,
    checked: Barrier,
    go_on: Barrier,
}

#[async_trait]
impl PasswordHasher for Gate {
    async fn hash(&self, password: SecretString) -> Result<PasswordHash, HashError> {
        self.inner.hash(password).await
    }

    async fn verify(&self, password: SecretString, hash: Option<PasswordHash>) -> Result<PasswordCheck, HashError> {
        let check = self.inner.verify(password, hash).await;
        self.checked.wait().await;
        self.go_on.wait().await;
        check
    }
}

/// Of a sign-in and a new password at once, the sign-in with the old one either ends or never begins: here it was right
/// when it was checked.
pub async fn a_sign_in_that_a_new_password_overtakes_begins_nothing(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let gate = Arc::new(Gate { inner: world.deps.passwords.clone(), checked: Barrier::new(2), go_on: Barrier::new(2) });
    let mut held = world.deps.clone();
    held.passwords = gate.clone();
    let overtakes = async {
        gate.checked.wait().await;
        changes(&world, &owner).await;
        gate.go_on.wait().await;
    };
    let (signed_in, ()) = tokio::join!(signs_in(&held, PASSWORD), overtakes);
    assert!(matches!(signed_in, Err(LoginError::Invalid)), "{signed_in:?}");
    assert!(signs_in(&world.deps, NEXT).await.is_ok());
}

/// A session that a new password ended begins no other by a switch, though its request came before.
pub async fn what_a_new_password_ended_begins_nothing(kit: &dyn Kit) {
    let world = world(kit).await;
    let (owner, other) = (world.owner().await, world.owner().await);
    changes(&world, &owner).await;
    let switched = switch(&other, &world.deps, &FIRST_TENANT.parse().unwrap()).await;
    assert!(matches!(switched, Err(SessionError::Ended)), "{switched:?}");
}
