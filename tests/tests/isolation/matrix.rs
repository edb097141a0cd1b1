//! Every route, and everybody who must be refused there.
//!
//! The order makes the refusals mean something. All objects are made first. Then everybody is refused, and no row of any
//! table may have changed. Only then is the very same request, for the same objects, sent by somebody who may: it
//! succeeds, so the object was there and the request was right all the time, and a comparison sees what it changed.

use cotenant_api::{Audience, routes};
use cotenant_domain::tenancy::{Permission, Reach};
use cotenant_tests::rows::{Rows, differing_but_for_refusals};
use cotenant_tests::server::PASSWORD;
use cotenant_tests::{Client, FreshDatabase, on_both_databases, prove};
use serde_json::{Value, json};

use crate::case::{Case, Ids};
use crate::house::{State, all_permissions, column, uuids};
use crate::keys::{self, foreign_program, meet_keys};
use crate::ledger::MEMBER_OF_A_SUSPENDED_TENANT;
use crate::support;
use crate::table::cases;
use crate::world::{TENANT_HEADERS, World, claiming};

on_both_databases! {
    every_route_keeps_to_its_tenant_and_its_stores;
}

// Attacks: 1, 5, 8, 10, 32.
async fn every_route_keeps_to_its_tenant_and_its_stores(database: FreshDatabase) {
    let kind = database.kind;
    let world = World::new(database).await;
    let mut pairs = Vec::new();
    for route in routes() {
        let in_a = cases(&world, &world.a, &route).await;
        pairs.extend(in_a.into_iter().zip(cases(&world, &world.b, &route).await));
    }
    assert!(pairs.len() >= routes().len());
    world.settle().await;
    what_is_signed_anew_opens_the_door(&world).await;
    for (case, twin) in &pairs {
        refuse_everybody(&world, case, twin).await;
    }
    refuse_while_suspended(&world, &pairs).await;
    begin_and_end_sessions(&world, &pairs).await;
    world.settle().await;
    world.set_clerk(&all_permissions()).await;
    let mut seen = everything(&world).await;
    for (case, twin) in &pairs {
        let_in(&world, case, twin, &mut seen).await;
    }
    let cells = world.ledger.close() as u64;
    let told = [
        ("probes refused", world.probes().into()),
        ("routes", routes().len() as u64),
        ("routes x actors", cells),
        ("leaks", 0),
    ];
    prove::figures("attacks on every route", &format!("{kind:?}"), &told);
    world.server.stop().await;
}

/// Tokens with other claims are refused by these claims: signed in the same way without a change, they are good.
async fn what_is_signed_anew_opens_the_door(world: &World) {
    for (client, path) in [(&world.a.owner, "/api/v1/auth/me"), (&world.operator, "/api/v1/platform/tenants")] {
        let answer = claiming(client, &json!({})).get(path).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
    }
}

async fn rows(world: &World) -> Rows {
    world.server.database.rows().await
}

/// What a refused sign-in leaves behind, and a request for somebody whom nobody knows: once it is answered, its job alone.
fn written_by_strangers(route: &str) -> &'static [&'static str] {
    match route {
        "login" => &["platform_audit_events"],
        "request_password_reset" => &["platform_jobs"],
        _ => &[],
    }
}

/// Requires that no row of any table has changed but in those that are `written`, and for the records of what was refused in
/// the tenant's own log.
async fn unchanged(world: &World, before: &Rows, written: &[&str], after: &str) {
    if written.contains(&"platform_jobs") {
        world.settle().await;
    }
    let changed = differing_but_for_refusals(before, &rows(world).await);
    assert_eq!(changed, written, "{after}: what was refused has changed something");
}

async fn refuse_everybody(world: &World, case: &Case, twin: &Case) {
    if let Some(permission) = case.route.permission {
        let mut held = all_permissions();
        world.set_clerk(&held).await;
        held.retain(|code| *code != permission.code());
        world.set_clerk(&held).await;
    } else {
        world.set_clerk(&[]).await;
    }
    let before = rows(world).await;
    refuse_strangers(world, case).await;
    meet_keys(world, case).await;
    support::meet(world, case).await;
    if let Some(permission) = case.route.permission {
        let request = case.request(&case.ids);
        world.refused("a member without the permission", &world.clerk, &request, 403, "forbidden").await;
        world.refused("a member whose role was taken", &world.demoted, &request, 403, "forbidden").await;
        refuse_elsewhere(world, case, permission).await;
    } else {
        meet_members(world, case, twin, &world.members()).await;
    }
    if case.route.audience == Audience::Public {
        let strangers = world.strangers().into_iter().map(|(who, client, _)| (who, client));
        let owners = [("an owner", world.a.owner.clone()), ("the other tenant's owner", world.b.owner.clone())];
        ignore_tokens(world, case, strangers.chain(owners).chain(keys::all(world)).chain(support::all(world))).await;
    }
    if case.route.audience != Audience::Platform && (case.route.audience != Audience::Public || case.is_mutation()) {
        refuse_foreigners(world, case, twin, &subsets(&case.ids)).await;
    }
    refuse_surplus(world, case).await;
    unchanged(world, &before, written_by_strangers(case.route.name()), &case.name()).await;
}

/// All that there is.
#[derive(Debug, PartialEq)]
struct Seen {
    a: State,
    b: State,
    platform: Value,
}

async fn everything(world: &World) -> Seen {
    Seen { a: world.a.state().await, b: world.b.state().await, platform: world.platform_state().await }
}

async fn refuse_strangers(world: &World, case: &Case) {
    let request = case.request(&case.ids);
    for (who, client, code) in world.strangers() {
        let (admitted, code) = match case.route.audience {
            // Whoever they are: see `ignore_tokens`.
            Audience::Public => (true, code),
            Audience::Visitor => (who == "nobody", code),
            Audience::SignedIn => (who == "an operator", code),
            Audience::Tenant => (false, code),
            // A member's token is none there, whatever became of the member.
            Audience::Platform => (who == "an operator", "unauthenticated"),
        };
        if !admitted {
            world.refused(who, &client, &request, 401, code).await;
        }
    }
    if case.route.audience == Audience::Platform {
        for (who, client) in
            [("an operator's token of a tenant", &world.a.owner), ("the other tenant's owner", &world.b.owner)]
        {
            world.refused(who, client, &request, 401, "unauthenticated").await;
            let own = Ids::from([("tenant_id", world.b.tenant.clone()), ("slug", "mine".to_owned())]);
            world.refused(who, client, &case.request(&own), 401, "unauthenticated").await;
        }
    }
}

/// Outside the stores where somebody holds the permission there is nothing for them.
async fn refuse_elsewhere(world: &World, case: &Case, permission: Permission) {
    let (who, client) = ("a member of another store", &world.elsewhere);
    if permission.reach() == Reach::Store && case.is_in_address("store_id") {
        world.as_if_unknown(who, client, case, &case.ids, &["store_id"], 404).await;
        if case.is_in_address("product_id") {
            let mut through_their_own = case.ids.clone();
            through_their_own.insert("store_id", world.a.there.clone());
            world.as_if_unknown(who, client, case, &through_their_own, &["product_id"], 404).await;
        }
    } else if permission.reach() == Reach::Store && !case.is_mutation() {
        let answer = world.probe(who, client, &case.request(&case.ids), &[]).await;
        assert_eq!(column(&answer, "id"), [world.a.there.as_str()], "{}", case.name());
    } else {
        world.refused(who, client, &case.request(&case.ids), 403, "forbidden").await;
    }
}

/// What needs no permission in a tenant, members may whatever they hold; but only for themselves.
async fn meet_members(world: &World, case: &Case, twin: &Case, members: &[(&'static str, &Client)]) {
    let request = case.request(&case.ids);
    if case.route.audience == Audience::Public {
        let members = members.iter().map(|(who, client)| (*who, Client::clone(client)));
        return ignore_tokens(world, case, members).await;
    }
    for (who, client) in members {
        match (case.route.audience, case.route.name()) {
            (Audience::Platform, _) => world.refused(who, client, &request, 401, "unauthenticated").await,
            // Somebody else is invited.
            (_, "accept_invitation") => world.as_if_unknown(who, client, case, &case.ids, &["token"], 404).await,
            (_, "switch") => world.as_if_unknown(who, client, case, &twin.ids, &["slug"], 404).await,
            (_, "me" | "list_sessions") => drop(world.admitted(who, client, &request, 200).await),
            (_, "explain_access") if case.ids.is_empty() => drop(world.admitted(who, client, &request, 200).await),
            // About somebody else.
            (_, "explain_access") => {
                let is_suspended = *who == MEMBER_OF_A_SUSPENDED_TENANT;
                let code = if is_suspended { "tenant_suspended" } else { "forbidden" };
                world.refused(who, client, &request, 403, code).await;
            }
            // Somebody else's.
            (_, "end_session") => world.as_if_unknown(who, client, case, &case.ids, &["session_id"], 404).await,
            // See `begin_and_end_sessions`.
            (_, "logout" | "end_other_sessions" | "change_password" | "verify_email" | "change_email") => {}
            (_, other) => panic!("{other} needs no permission: say here what members may do there"),
        }
    }
}

/// Mixtures of their own objects and those of the other tenant, whose names are given for each.
async fn refuse_foreigners(world: &World, case: &Case, twin: &Case, mixtures: &[Vec<&str>]) {
    let owner = ("the other tenant's owner", world.b.owner.clone());
    let clients = match case.route.name() {
        "login" | "refresh" | "bootstrap" => vec![("the other tenant's owner", world.server.anonymous())],
        "switch" => vec![owner],
        _ => {
            let both = ("an owner of both, signed in to the other", world.double.clone());
            let visiting = foreign_program(world, case).into_iter().chain(support::foreign(world, case));
            [owner, both].into_iter().chain(visiting).collect()
        }
    };
    for (who, client) in &clients {
        for names in mixtures {
            let mut ids = twin.ids.clone();
            ids.extend(case.ids.iter().filter(|(name, _)| names.contains(name)).map(|(name, id)| (*name, id.clone())));
            let in_address = names.iter().any(|name| case.is_in_address(name));
            let status = if in_address { 404 } else { case.refuses_in_body };
            world.as_if_unknown(who, client, case, &ids, names, status).await;
        }
    }
}

/// Every choice of at least one name.
fn subsets(ids: &Ids) -> Vec<Vec<&'static str>> {
    ids.keys().fold(Vec::new(), |chosen: Vec<Vec<&'static str>>, name| {
        let with = chosen.iter().map(|names| [names.as_slice(), &[*name]].concat());
        let with: Vec<_> = with.chain([vec![*name]]).collect();
        [chosen, with].concat()
    })
}

/// A route that is everybody's does not look at who comes.
async fn ignore_tokens(world: &World, case: &Case, people: impl IntoIterator<Item = (&'static str, Client)>) {
    let request = case.request(&case.ids);
    let headers = [("X-Request-Id", "probe")];
    let plain = world.probe("nobody", &world.server.anonymous(), &request, &headers).await;
    let status = if case.is_mutation() { case.refuses_in_body } else { case.answers };
    assert_eq!(plain.status.as_u16(), status, "{}: {plain:?}", case.name());
    for (who, client) in people {
        let answer = world.probe(who, &client, &request, &headers).await;
        assert_eq!((answer.status, &answer.raw), (plain.status, &plain.raw), "{who}: {}", case.name());
    }
}

/// Nobody, whatever their rights, chooses a tenant, or sets what is not theirs to set.
async fn refuse_surplus(world: &World, case: &Case) {
    let client = match case.route.audience {
        Audience::Platform => &world.operator,
        Audience::Tenant | Audience::SignedIn => &world.a.owner,
        Audience::Visitor => &world.b.owner,
        Audience::Public => &world.server.anonymous(),
    };
    let request = case.request(&case.ids);
    if !matches!(case.route.audience, Audience::Public | Audience::Visitor) {
        let asking = request.asking(&format!("tenant_id={}", world.b.tenant));
        world.refused("a choice of tenant in the query", client, &asking, 400, "invalid_query").await;
    }
    let fields = [
        ("tenant_id", json!(world.b.tenant)),
        ("id", json!(world.b.here)),
        ("store_id", json!(world.b.here)),
        ("version", json!(1)),
        ("created_at", json!("2020-01-01T00:00:00Z")),
        ("updated_at", json!("2020-01-01T00:00:00Z")),
        ("deleted_at", json!(null)),
        ("system", json!("owner")),
        ("epoch", json!(0)),
    ];
    for (field, value) in fields {
        if field == "id" && case.takes_an_id() {
            continue;
        }
        let Some(request) = request.bringing(field, value) else { return };
        let answer = world.probe("surplus", client, &request, &[]).await;
        assert_eq!(answer.status, 422, "{request:?}: {answer:?}");
        assert_eq!(answer.body["errors"][0]["pointer"], format!("/{field}"), "{request:?}: {answer:?}");
    }
}

async fn refuse_while_suspended(world: &World, pairs: &[(Case, Case)]) {
    let data = world.a.state().await.data;
    let path = format!("/api/v1/platform/tenants/{}", world.a.tenant);
    let suspended = world.operator.post(&format!("{path}/suspend"), json!({ "reason": "unpaid" })).await;
    assert_eq!(suspended.status, 200, "{suspended:?}");
    let before = rows(world).await;
    let members = [&world.a.owner, &world.clerk, &world.elsewhere, &world.demoted];
    let members = members.map(|client| (MEMBER_OF_A_SUSPENDED_TENANT, client));
    for (case, twin) in pairs {
        keys::meet_while_suspended(world, case).await;
        support::meet_while_suspended(world, case).await;
        if case.route.permission.is_none() {
            meet_members(world, case, twin, &members).await;
            continue;
        }
        let request = case.request(&case.ids);
        for (who, client) in members {
            world.refused(who, client, &request, 403, "tenant_suspended").await;
        }
        world.refused("a removed member", &world.removed, &request, 401, "token_revoked").await;
        // Which of the objects are foreign was tried above; here it is the tenant that differs.
        let all_foreign = subsets(&case.ids).into_iter().max_by_key(Vec::len);
        refuse_foreigners(world, case, twin, all_foreign.as_slice()).await;
    }
    unchanged(world, &before, &["platform_audit_events", "platform_jobs"], "while the tenant was suspended").await;
    let me = world.a.owner.get("/api/v1/auth/me").await;
    assert_eq!((me.status.as_u16(), &me.body["tenant_status"]), (200, &json!("suspended")), "{me:?}");
    let double = world.server.sign_in("double@acme.example", &world.a.slug).await;
    let switched = double.post("/api/v1/auth/switch", json!({ "tenant": world.b.slug })).await;
    assert_eq!(switched.status, 200, "{switched:?}");
    let own = ["logout", "end_other_sessions", "change_password"];
    for (case, _) in pairs.iter().filter(|(case, _)| own.contains(&case.route.name())) {
        let double = world.server.sign_in("double@acme.example", &world.a.slug).await;
        let other = world.server.sign_in("double@acme.example", &world.a.slug).await;
        world.admitted(MEMBER_OF_A_SUSPENDED_TENANT, &double, &case.request(&case.ids), 204).await;
        let ended = if case.route.name() == "logout" { &double } else { &other };
        assert_eq!(ended.get("/api/v1/auth/me").await.problem(), "token_revoked");
    }
    let own = ["verify_email", "change_email"];
    for (case, _) in pairs.iter().filter(|(case, _)| own.contains(&case.route.name())) {
        let double = world.server.sign_in("double@acme.example", &world.a.slug).await;
        let request = case.request(&case.ids);
        let request = request.bringing("email", json!("doubled@acme.example")).unwrap_or(request);
        world.admitted(MEMBER_OF_A_SUSPENDED_TENANT, &double, &request, 202).await;
    }
    let reactivated = world.operator.act(&format!("{path}/reactivate")).await;
    assert_eq!(reactivated.status, 200, "{reactivated:?}");
    let after = world.a.state().await.data;
    for (path, data) in data.iter().filter(|(path, _)| *path != "/api/v1/tenant") {
        assert_eq!(after.get(path), Some(data), "{path} has changed while the tenant was suspended");
    }
}

/// Sessions begin and end, each of somebody who signed in for this alone.
async fn begin_and_end_sessions(world: &World, pairs: &[(Case, Case)]) {
    for (case, twin) in pairs {
        match case.route.name() {
            // Those whom the first tenant refused are at home in the other.
            "login" => drop(world.admitted("nobody", &world.server.anonymous(), &twin.request(&twin.ids), 200).await),
            "switch" => {
                let double = world.server.sign_in("double@acme.example", &world.a.slug).await;
                world.admitted("an owner of both", &double, &twin.request(&twin.ids), 200).await;
            }
            "refresh" => drop(world.admitted("nobody", &world.server.anonymous(), &twin.request(&twin.ids), 200).await),
            "end_session" => {
                let email = format!("leaver@{}.example", world.a.slug);
                let leaver = world.server.sign_in(&email, &world.a.slug).await;
                let request = case.request(&case.ids);
                world.admitted("a member", &leaver, &request, case.answers).await;
                world.refused("a member", &leaver, &request, 404, "not_found").await;
            }
            "end_other_sessions" => {
                let request = case.request(&case.ids);
                let kept = std::iter::once(&world.b.owner).chain(world.members().map(|(_, client)| client));
                // The first is an operator, who has no session in a tenant.
                for ((who, other), kept) in world.signed_in_anew().await.into_iter().skip(1).zip(kept) {
                    world.admitted(who, kept, &request, case.answers).await;
                    world.refused(who, &other, &request, 401, "token_revoked").await;
                    assert_eq!(kept.get("/api/v1/auth/me").await.status, 200, "{who}");
                }
            }
            "change_password" => {
                let request = case.request(&case.ids);
                // A new one would end the sessions of everybody in the world.
                let wrong = request.bringing("current_password", json!("another's password")).unwrap();
                for (who, client) in world.signed_in_anew().await {
                    world.refused(who, &client, &wrong, 403, "wrong_password").await;
                }
                let email = format!("chooser@{}.example", world.a.slug);
                let (kept, other) = (
                    world.server.sign_in(&email, &world.a.slug).await,
                    world.server.sign_in(&email, &world.a.slug).await,
                );
                world.admitted("a member", &kept, &request, case.answers).await;
                world.refused("a member", &other, &request, 401, "token_revoked").await;
                assert_eq!(kept.get("/api/v1/auth/me").await.status, 200);
            }
            "verify_email" => {
                let request = case.request(&case.ids);
                for (who, client) in world.signed_in_anew().await {
                    world.admitted(who, &client, &request, case.answers).await;
                }
            }
            "change_email" => {
                let request = case.request(&case.ids);
                let wrong = request.bringing("current_password", json!("another's password")).unwrap();
                for (who, client) in world.signed_in_anew().await {
                    world.refused(who, &client, &wrong, 403, "wrong_password").await;
                }
                let mover = world.server.sign_in(&format!("mover@{}.example", world.a.slug), &world.a.slug).await;
                world.admitted("a member", &mover, &request, case.answers).await;
            }
            "logout" => {
                let request = case.request(&case.ids);
                for (who, client) in world.signed_in_anew().await {
                    world.admitted(who, &client, &request, case.answers).await;
                    world.refused(who, &client, &request, 401, "token_revoked").await;
                }
            }
            _ => {}
        }
    }
}

/// Sends the request at last as somebody who may, and its twin in the other tenant, both of which were `seen` before.
async fn let_in(world: &World, case: &Case, twin: &Case, seen: &mut Seen) {
    let mut request = case.request(&case.ids);
    let (who, client) = match (case.route.name(), case.route.audience) {
        // Done: see `begin_and_end_sessions`.
        ("login" | "switch" | "refresh" | "logout" | "end_session" | "end_other_sessions" | "change_password", _) => {
            return;
        }
        ("verify_email" | "change_email", _) => return,
        ("bootstrap", _) => {
            return world.refused("nobody", &world.server.anonymous(), &request, 404, "not_found").await;
        }
        ("confirm_password_reset", _) => {
            let email = format!("forgetful@{}.example", world.a.slug);
            let asked = world.server.anonymous().post("/api/v1/auth/password-resets", json!({ "email": email })).await;
            assert_eq!(asked.status, 202, "{asked:?}");
            request = request.bringing("token", json!(world.server.mailed_token(&email, "rpw_").await)).unwrap();
            ("nobody", world.server.anonymous())
        }
        ("confirm_email", _) => {
            // What the mover asked for.
            let moved = format!("moved@{}.example", world.a.slug);
            request = request.bringing("token", json!(world.server.mailed_token(&moved, "eml_").await)).unwrap();
            ("nobody", world.server.anonymous())
        }
        ("accept_invitation", _) => {
            let named = request.bringing("display_name", json!("Ada")).unwrap();
            request = named.bringing("password", json!(PASSWORD)).unwrap();
            ("nobody", world.server.anonymous())
        }
        (_, Audience::Platform) => ("an operator", world.operator.clone()),
        (_, Audience::Tenant) => ("a member with every permission", world.clerk.clone()),
        _ => ("nobody", world.server.anonymous()),
    };
    world.admitted(who, &client, &request, case.answers).await;
    support::let_in(world, case).await;
    let before = std::mem::replace(seen, everything(world).await);
    assert_eq!(seen.b, before.b, "{}: the other tenant has changed", case.name());
    if case.route.audience == Audience::Platform {
        assert_eq!(seen.platform != before.platform, case.changes(), "{}", case.name());
    }
    if case.route.audience == Audience::Tenant {
        keys::let_in(world, case).await;
        assert_eq!(seen.a != before.a, case.changes(), "{}", case.name());
        let_the_other_in(world, twin, seen).await;
    }
}

/// The same in the other tenant, for what has the same codes and names: each has its own. Headers choose no tenant.
async fn let_the_other_in(world: &World, twin: &Case, seen: &mut Seen) {
    let request = twin.request(&twin.ids);
    let headers = TENANT_HEADERS.map(|name| (name, world.a.tenant.as_str()));
    let answer = world.ask("the other tenant's owner", &world.b.owner, &request, &headers).await;
    assert_eq!(answer.status.as_u16(), twin.answers, "{}: {answer:?}", twin.name());
    support::let_the_other_in(world, twin).await;
    let before = std::mem::replace(seen, everything(world).await);
    assert_eq!(seen.a, before.a, "{}: the other tenant has changed", twin.name());
    assert_eq!(seen.b != before.b, twin.changes(), "{}", twin.name());
    let shown = uuids(&answer.body);
    let foreign: Vec<_> = seen.a.ids().intersection(&shown).filter(|id| !world.in_both.contains(id)).cloned().collect();
    assert!(foreign.is_empty(), "{} shows {foreign:?} of the other tenant", twin.name());
}
