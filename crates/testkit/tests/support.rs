//! Operators' access to a tenant: who makes it, what it opens, who sees it, and how it ends.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use cotenant_domain::audit::{self, ActorKind, AuditEvent, AuditFilter, ListAudit};
use cotenant_domain::identity::{ChangePassword, SignedInPerson, change_password};
use cotenant_domain::mail::Occasion;
use cotenant_domain::members;
use cotenant_domain::password_resets::{ConfirmReset, confirm, request};
use cotenant_domain::platform::{self, LocalTrust};
use cotenant_domain::roles::SystemRole;
use cotenant_domain::services::NOTED_EVERY;
use cotenant_domain::shared::{Fault, FaultKind, Limit, PageRequest};
use cotenant_domain::stores;
use cotenant_domain::support::{
    LONGEST, ListSupportGrants, MOST, MakeSupportGrant, NewSupportGrant, SHORTEST, SupportError, end, end_at_platform,
    list, list_at_platform, make, note_use,
};
use cotenant_domain::tenancy::{Actor, AuthenticateError, Bearer, Operator, Origin, Permission, SupportActor};
use cotenant_domain::tenants::TenantId;
use cotenant_testkit::world::{Adapters, OPERATOR, PASSWORD};
use cotenant_testkit::{MemoryDatabase, World};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use time::Duration;

fn cmd(may_write: bool) -> MakeSupportGrant {
    MakeSupportGrant { reason: "Ticket 4711".parse().unwrap(), duration: Duration::HOUR, may_write }
}

async fn made(world: &World, operator: &Operator, tenant: TenantId, may_write: bool) -> NewSupportGrant {
    make(operator, &world.deps, tenant, cmd(may_write)).await.unwrap()
}

async fn support(world: &World, token: &SecretString) -> Result<SupportActor, AuthenticateError> {
    match world.bearer(token).await? {
        Bearer::Support(support) => Ok(support),
        Bearer::Member(_) | Bearer::Service(_) => panic!("a grant's token is nobody else's"),
    }
}

async fn is_refused(world: &World, token: &SecretString) -> bool {
    matches!(world.bearer(token).await, Err(AuthenticateError::Invalid))
}

async fn events(world: &World, actor: &Actor, action: &str) -> Vec<AuditEvent> {
    let page = PageRequest { limit: Limit::nearest(100), ..PageRequest::default() };
    let filter = AuditFilter { action: Some(action.into()), ..AuditFilter::default() };
    audit::list(actor, &world.deps, ListAudit { filter, page }).await.unwrap().items
}

/// Another operator, who is the owner of a tenant beside the first.
async fn second_operator(world: &World) -> Operator {
    let email = "boss@globex.example";
    world.tenant("globex", email).await;
    platform::add_operator(LocalTrust::of_the_command_line(), &world.deps, &email.parse().unwrap()).await.unwrap();
    let (deps, origin) = (&world.deps, Origin::default());
    let signed_in = cotenant_domain::identity::login_operator(deps, &origin, &email.parse().unwrap(), PASSWORD.into())
        .await
        .unwrap();
    world.operator_by(&signed_in.access_token).await.unwrap()
}

#[tokio::test]
async fn a_grant_reads_the_whole_tenant_and_the_tenant_is_told_why() {
    let database = MemoryDatabase::new();
    let world = World::bootstrap_over(Adapters::over(database.clone())).await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let store = world.store(&owner, "A").await.base.id;
    let new = made(&world, &operator, owner.tenant_id(), false).await;
    let helper = support(&world, &new.token).await.unwrap();
    assert_eq!((helper.tenant_id(), helper.operator_id()), (owner.tenant_id(), operator.user_id()));
    assert_eq!(stores::view(&helper, &world.deps, store, false).await.unwrap().base.id, store);
    let event = events(&world, &owner, "support_grant.made").await.remove(0);
    assert_eq!((event.actor_kind, event.actor_id), (ActorKind::Operator, Some(operator.user_id().as_uuid())));
    assert_eq!((event.object_kind.as_str(), event.object_id), ("support_grant", new.grant.id.as_uuid()));
    assert_eq!((&event.detail["reason"], &event.detail["may_write"]), (&json!("Ticket 4711"), &json!(false)));
    assert!(event.detail["expires_at"].is_string());
    let platforms = database.platform_events().pop().unwrap();
    assert_eq!((platforms.action.as_str(), platforms.object_id), ("support_grant.made", Some(new.grant.id.as_uuid())));
    assert_eq!(platforms.detail["tenant_id"], owner.tenant_id().to_string());
    assert_eq!(
        list(&owner, &world.deps, ListSupportGrants::default()).await.unwrap().items,
        std::slice::from_ref(&new.grant)
    );
    let all = list_at_platform(&operator, &world.deps, ListSupportGrants::default()).await.unwrap();
    assert_eq!(all.items, [new.grant]);
}

#[tokio::test]
async fn its_owners_are_told_by_mail_and_nobody_else() {
    let world = World::bootstrap().await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let role = world.system_role(&owner, SystemRole::Owner).await;
    world.join(&owner, "second@acme.example", &[role], &[]).await;
    let gone = world.join(&owner, "gone@acme.example", &[role], &[]).await;
    members::remove(&owner, &world.deps, gone.user_id(), None).await.unwrap();
    let admin = world.system_role(&owner, SystemRole::Admin).await;
    world.join(&owner, "admin@acme.example", &[admin], &[]).await;
    world.work().await;
    let before = world.mailer.sent().len();
    let id = made(&world, &operator, owner.tenant_id(), false).await.grant.id;
    // A tenant that is suspended is told at once, too.
    platform::suspend(&operator, &world.deps, owner.tenant_id(), "unpaid".parse().unwrap(), None).await.unwrap();
    world.work().await;
    let sent = world.mailer.sent();
    let mut told: Vec<_> = sent[before..].iter().map(|message| message.to.as_str()).collect();
    told.sort_unstable();
    assert_eq!(told, [OPERATOR, "second@acme.example"]);
    assert!(matches!(sent[before].occasion, Occasion::SupportGranted { grant_id, .. } if grant_id == id));
}

// Attacks: 23.
#[tokio::test]
async fn support_never_gives_power_and_writes_only_where_it_may() {
    let world = World::bootstrap().await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let reading = made(&world, &operator, owner.tenant_id(), false).await;
    let writing = made(&world, &operator, owner.tenant_id(), true).await;
    let (reader, writer) =
        (support(&world, &reading.token).await.unwrap(), support(&world, &writing.token).await.unwrap());
    let store = world.store(&writer, "A").await.base.id;
    let refused = stores::delete(&reader, &world.deps, store, None).await.unwrap_err();
    assert_eq!(refused.code(), "forbidden");
    stores::delete(&writer, &world.deps, store, None).await.unwrap();
    for actor in [&reader, &writer] {
        use Permission::{
            InvitationsCreate, InvitationsDelete, MembersRemove, MembersUpdate, RolesGrant, RolesWrite,
            ServiceAccountsManage, SupportEnd,
        };
        for power in [
            InvitationsCreate,
            InvitationsDelete,
            MembersRemove,
            MembersUpdate,
            RolesGrant,
            RolesWrite,
            ServiceAccountsManage,
            SupportEnd,
        ] {
            assert!(!actor.permissions().contains(power), "{power}");
        }
        let ended = end(actor, &world.deps, reading.grant.id).await.unwrap_err();
        assert_eq!(ended.code(), "forbidden", "not even its own grant, as the tenant");
    }
    let opened = events(&world, &owner, "store.opened").await.pop().unwrap();
    assert_eq!(opened.detail["support_grant_id"], writing.grant.id.to_string());
}

#[tokio::test]
async fn a_grant_runs_out_and_its_length_has_bounds() {
    let world = World::bootstrap().await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let new = made(&world, &operator, owner.tenant_id(), false).await;
    world.clock.advance(Duration::HOUR - Duration::SECOND);
    assert!(support(&world, &new.token).await.is_ok());
    world.clock.advance(Duration::SECOND);
    assert!(is_refused(&world, &new.token).await);
    let now = world.deps.clock.now();
    for (asked, given) in [(Duration::ZERO, SHORTEST), (Duration::days(30), LONGEST), (Duration::MAX, LONGEST)] {
        let cmd = MakeSupportGrant { duration: asked, ..cmd(false) };
        let new = make(&operator, &world.deps, owner.tenant_id(), cmd).await.unwrap();
        assert_eq!(new.grant.expires_at, now + given);
    }
    let grants = list(&owner, &world.deps, ListSupportGrants::default()).await.unwrap().items;
    end(&owner, &world.deps, grants[0].id).await.unwrap();
    assert!(events(&world, &owner, "support_grant.ended").await.is_empty(), "one that is over stays as it is");
}

#[tokio::test]
async fn the_tenant_or_any_operator_ends_a_grant_and_both_logs_say_who() {
    let database = MemoryDatabase::new();
    let world = World::bootstrap_over(Adapters::over(database.clone())).await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let other = second_operator(&world).await;
    let (one, two) = (
        made(&world, &operator, owner.tenant_id(), false).await,
        made(&world, &operator, owner.tenant_id(), false).await,
    );
    end(&owner, &world.deps, one.grant.id).await.unwrap();
    assert!(is_refused(&world, &one.token).await);
    assert!(support(&world, &two.token).await.is_ok());
    end_at_platform(&other, &world.deps, two.grant.id).await.unwrap();
    assert!(is_refused(&world, &two.token).await);
    end(&owner, &world.deps, one.grant.id).await.unwrap();
    end_at_platform(&other, &world.deps, one.grant.id).await.unwrap();
    let ended = events(&world, &owner, "support_grant.ended").await;
    let seen: Vec<_> = ended.iter().map(|event| (event.actor_kind, event.actor_id, event.object_id)).collect();
    let expected = [
        (ActorKind::User, Some(owner.user_id().as_uuid()), one.grant.id.as_uuid()),
        (ActorKind::Operator, Some(other.user_id().as_uuid()), two.grant.id.as_uuid()),
    ];
    assert_eq!(seen, expected);
    let platforms = database.platform_events();
    let ended: Vec<_> = platforms.iter().filter(|told| told.action == "support_grant.ended").collect();
    assert_eq!(ended.iter().map(|told| told.object_id).collect::<Vec<_>>(), expected.map(|e| Some(e.2)));
    let grants = list(&owner, &world.deps, ListSupportGrants::default()).await.unwrap().items;
    let by: Vec<_> = grants.iter().map(|grant| grant.end.map(|end| (end.by_kind, end.by_id))).collect();
    assert_eq!(by, expected.map(|e| Some((e.0, e.1))));
    let missing = end(&owner, &world.deps, world.deps.ids.next().into()).await;
    assert!(matches!(missing, Err(SupportError::NotFound)));
    let missing = end_at_platform(&other, &world.deps, world.deps.ids.next().into()).await;
    assert!(matches!(missing, Err(SupportError::NotFound)));
}

// Attacks: 19, 20.
#[tokio::test]
async fn a_grant_does_not_outlive_the_operators_rank_in_any_tenant() {
    let database = MemoryDatabase::new();
    let world = World::bootstrap_over(Adapters::over(database.clone())).await;
    let owner = world.owner().await;
    let other = second_operator(&world).await;
    let boss = world.actor("boss@globex.example", "globex").await;
    let grants = [
        made(&world, &other, owner.tenant_id(), false).await,
        made(&world, &other, boss.tenant_id(), true).await,
        made(&world, &other, owner.tenant_id(), true).await,
    ];
    let kept = made(&world, &world.operator().await, owner.tenant_id(), false).await;
    let (trust, email) = (LocalTrust::of_the_command_line(), "boss@globex.example".parse().unwrap());
    platform::remove_operator(trust, &world.deps, &email, false).await.unwrap();
    for new in &grants {
        assert!(is_refused(&world, &new.token).await);
    }
    assert!(support(&world, &kept.token).await.is_ok(), "another operator's");
    for (actor, count) in [(&owner, 2), (&boss, 1)] {
        let ended = events(&world, actor, "support_grant.ended").await;
        assert_eq!(ended.len(), count);
        assert!(ended.iter().all(|event| event.detail["why"] == "operator_removed"), "{ended:?}");
        assert!(ended.iter().all(|event| event.actor_kind == ActorKind::System));
    }
    assert_eq!(database.platform_events().pop().unwrap().action, "operator.removed");
    // Who was let in as an operator before makes none afterwards, nor as one anew with a session of before.
    let late = make(&other, &world.deps, owner.tenant_id(), cmd(false)).await;
    assert!(matches!(late, Err(SupportError::SessionEnded)));
    assert_eq!(late.unwrap_err().kind(), FaultKind::Unauthenticated);
}

// Attacks: 19, 20.
#[tokio::test]
async fn another_password_ends_the_operators_access() {
    let world = World::bootstrap().await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let change = |new: &str| ChangePassword { current: PASSWORD.into(), new: new.into() };
    let new = made(&world, &operator, owner.tenant_id(), false).await;
    change_password(&world.deps, SignedInPerson::Operator(&operator), change(PASSWORD)).await.unwrap();
    assert!(is_refused(&world, &new.token).await);
    let late = make(&operator, &world.deps, owner.tenant_id(), cmd(false)).await;
    assert!(matches!(late, Err(SupportError::SessionEnded)), "with a session of the old password");
    let (owner, operator) = (world.owner().await, world.operator().await);
    let new = made(&world, &operator, owner.tenant_id(), false).await;
    change_password(&world.deps, SignedInPerson::Member(&owner), change(PASSWORD)).await.unwrap();
    assert!(is_refused(&world, &new.token).await, "as a member of a tenant, who is an operator as well");
    let new = made(&world, &world.operator().await, owner.tenant_id(), false).await;
    request(&world.deps, &Origin::default(), OPERATOR.parse().unwrap()).await.unwrap();
    world.work().await;
    let token = world.token_in_last_message(OPERATOR, "rpw_").unwrap();
    let cmd = ConfirmReset { token, new_password: PASSWORD.into() };
    confirm(&world.deps, &Origin::default(), cmd).await.unwrap();
    assert!(is_refused(&world, &new.token).await);
    let owner = world.owner().await;
    let ended = events(&world, &owner, "support_grant.ended").await;
    assert_eq!(ended.len(), 3);
    assert!(ended.iter().all(|event| event.detail["why"] == "password_changed"), "{ended:?}");
    let system = ended.iter().all(|event| event.actor_kind == ActorKind::System && event.origin.address.is_none());
    assert!(system, "where the operator was signed in then is not the tenant's business: {ended:?}");
}

// Attacks: 19.
#[tokio::test]
async fn into_a_deleted_tenant_no_grant_leads_nor_after_its_return() {
    let world = World::bootstrap().await;
    let (operator, boss) = (world.operator().await, world.tenant("globex", "boss@globex.example").await);
    let id = boss.tenant_id();
    let new = made(&world, &operator, id, true).await;
    platform::delete(&operator, &world.deps, id, None).await.unwrap();
    assert!(is_refused(&world, &new.token).await);
    let none = make(&operator, &world.deps, id, cmd(false)).await;
    assert!(matches!(none, Err(SupportError::NotFound)));
    platform::restore(&operator, &world.deps, id, None).await.unwrap();
    assert!(is_refused(&world, &new.token).await);
    let boss = world.actor("boss@globex.example", "globex").await;
    let ended = events(&world, &boss, "support_grant.ended").await;
    assert_eq!(ended[0].detail["why"], "tenant_deleted");
    let none = make(&operator, &world.deps, world.deps.ids.next().into(), cmd(false)).await;
    assert!(matches!(none, Err(SupportError::NotFound)));
}

#[tokio::test]
async fn a_suspended_tenant_is_read_by_support_and_not_written() {
    let world = World::bootstrap().await;
    let (operator, boss) = (world.operator().await, world.tenant("globex", "boss@globex.example").await);
    let store = world.store(&boss, "A").await.base.id;
    let before = made(&world, &operator, boss.tenant_id(), true).await;
    platform::suspend(&operator, &world.deps, boss.tenant_id(), "unpaid".parse().unwrap(), None).await.unwrap();
    let after = made(&world, &operator, boss.tenant_id(), true).await;
    for new in [&before, &after] {
        let helper = support(&world, &new.token).await.unwrap();
        assert!(stores::view(&helper, &world.deps, store, false).await.is_ok());
        assert_eq!(stores::delete(&helper, &world.deps, store, None).await.unwrap_err().code(), "forbidden");
    }
    platform::reactivate(&operator, &world.deps, boss.tenant_id(), None).await.unwrap();
    let helper = support(&world, &before.token).await.unwrap();
    assert!(stores::delete(&helper, &world.deps, store, None).await.is_ok());
}

// Attacks: 1, 5, 21.
#[tokio::test]
async fn only_the_whole_token_opens_its_own_tenant_and_nothing_else() {
    let world = World::bootstrap().await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let boss = world.tenant("globex", "boss@globex.example").await;
    let new = made(&world, &operator, owner.tenant_id(), false).await;
    let theirs = made(&world, &operator, boss.tenant_id(), false).await;
    let text = new.token.expose_secret();
    let (known, secret) = text.rsplit_once('_').unwrap();
    let simple = |tenant: TenantId| tenant.as_uuid().simple().to_string();
    let grant = |new: &NewSupportGrant| new.grant.id.as_uuid().simple().to_string();
    for wrong in [
        format!("{known}_{}", "0".repeat(64)),
        format!("{text}0"),
        format!("{text}_"),
        known.to_owned(),
        text.replacen(&simple(owner.tenant_id()), &simple(boss.tenant_id()), 1),
        text.replacen(&grant(&new), &grant(&theirs), 1),
        format!("cos_{}_{}_{secret}", simple(boss.tenant_id()), grant(&theirs)),
        text.replacen("cos_", "cok_", 1),
    ] {
        assert!(is_refused(&world, &wrong.clone().into()).await, "{wrong}");
    }
    assert!(matches!(world.operator_by(&new.token).await, Err(AuthenticateError::Invalid)));
    assert!(matches!(world.authenticate(&new.token).await, Err(AuthenticateError::Invalid)), "it is no member");
    assert!(support(&world, &new.token).await.is_ok());
}

// Attacks: 19.
#[tokio::test]
async fn an_act_on_rights_goes_on_beside_another_while_its_grant_lives() {
    let world = World::bootstrap().await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let new = made(&world, &operator, owner.tenant_id(), true).await;
    let (one, two) = (world.store(&owner, "A").await.base.id, world.store(&owner, "B").await.base.id);
    let helper = support(&world, &new.token).await.unwrap();
    let third = world.store(&owner, "C").await.base.id;
    stores::delete(&owner, &world.deps, third, None).await.unwrap();
    stores::delete(&helper, &world.deps, one, None).await.unwrap();
    end(&owner, &world.deps, new.grant.id).await.unwrap();
    let late = stores::delete(&helper, &world.deps, two, None).await.unwrap_err();
    assert_eq!(late.code(), "rights_changed");
}

#[tokio::test]
async fn the_first_use_is_in_the_log_and_the_last_one_in_the_list() {
    let world = World::bootstrap().await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let new = made(&world, &operator, owner.tenant_id(), false).await;
    let used = async |address: &str| {
        let (deps, origin) = (&world.deps, Origin { address: Some(address.into()), ..Origin::default() });
        let bearer = world.bearer_from(&new.token, origin).await.unwrap();
        let Bearer::Support(support) = bearer else { panic!("a grant") };
        note_use(deps, support.used_grant()).await.unwrap();
        let grant = list(&owner, deps, ListSupportGrants::default()).await.unwrap().items.remove(0);
        (grant.last_used_at, grant.last_used_address, events(&world, &owner, "support_grant.used").await.len())
    };
    let first = world.deps.clock.now();
    assert_eq!(used("192.0.2.1").await, (Some(first), Some("192.0.2.1".into()), 1));
    let event = events(&world, &owner, "support_grant.used").await.remove(0);
    assert_eq!((event.actor_kind, event.object_id), (ActorKind::Operator, new.grant.id.as_uuid()));
    world.clock.advance(NOTED_EVERY - Duration::SECOND);
    assert_eq!(used("192.0.2.1").await, (Some(first), Some("192.0.2.1".into()), 1), "too soon");
    let second = world.deps.clock.now();
    assert_eq!(used("192.0.2.2").await, (Some(second), Some("192.0.2.2".into()), 2));
    world.clock.advance(NOTED_EVERY);
    assert_eq!(used("192.0.2.2").await.2, 2, "nothing new");
}

#[tokio::test]
async fn an_operator_has_so_many_live_grants_in_a_tenant_and_no_more() {
    let world = World::bootstrap().await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let mut last = made(&world, &operator, owner.tenant_id(), false).await;
    for _ in 1..MOST {
        last = made(&world, &operator, owner.tenant_id(), false).await;
    }
    let refused = make(&operator, &world.deps, owner.tenant_id(), cmd(false)).await;
    assert!(matches!(refused, Err(SupportError::TooMany)));
    let other = world.tenant("globex", "boss@globex.example").await;
    made(&world, &operator, other.tenant_id(), false).await;
    end(&owner, &world.deps, last.grant.id).await.unwrap();
    made(&world, &operator, owner.tenant_id(), false).await;
}
