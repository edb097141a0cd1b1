//! Nobody gives or takes what they do not hold, and the last owner stays.

use cotenant_domain::tenancy::{AuthenticateError, Bearer, Origin, Permission, ShownToken, authenticate_to_read};
use cotenant_tests::server::PASSWORD;
use cotenant_tests::{Client, FreshDatabase, Kind, TestServer, on_both_databases};
use secrecy::SecretString;
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::house::{House, all_permissions, send_json, user_id};

on_both_databases! {
    nobody_gives_what_they_do_not_hold;
    who_holds_a_store_gives_there_and_nowhere_else;
    nobody_touches_who_holds_more;
    the_last_owner_stays;
    what_is_taken_is_gone_at_the_next_request;
    what_is_taken_while_a_body_trickles_in_is_gone_for_that_request;
    what_is_taken_by_one_server_is_gone_in_another;
    who_is_in_two_tenants_has_the_rights_of_each_in_it_alone;
    an_invitation_opens_nothing_to_somebody_else;
}

async fn house(database: FreshDatabase) -> (TestServer, House) {
    let server = TestServer::start(database).await;
    let house = House::of(server.bootstrap("acme").await).await;
    (server, house)
}

/// Sends what must be refused; nothing may have changed.
async fn refused(
    house: &House,
    client: &Client,
    status: u16,
    code: &str,
    attempts: Vec<(&str, String, Option<Value>)>,
) {
    let before = house.state().await;
    for (method, path, body) in attempts {
        let answer = send_json(client, method, &path, body.clone()).await;
        let refused = (answer.status.as_u16(), answer.body["type"].as_str());
        let expected = (status, Some(format!("/problems/{code}")));
        assert_eq!(refused, (expected.0, expected.1.as_deref()), "{method} {path} {body:?}: {answer:?}");
    }
    assert_eq!(house.state().await, before);
}

fn everything_but(code: &str) -> Vec<&'static str> {
    all_permissions().into_iter().filter(|held| *held != code).collect()
}

// Attacks: 23.
async fn nobody_gives_what_they_do_not_hold(database: FreshDatabase) {
    let (server, house) = house(database).await;
    let held = everything_but("audit.read");
    let role = house.role("Nearly all", &held).await;
    let (manager, manager_id) = house.member(&server, "manager", &[&role]).await;
    let (_, guest) = house.member(&server, "guest", &[]).await;
    let beyond = house.role("Auditor", &["audit.read"]).await;
    let mixed = house.role("Mixed", &["stores.read", "audit.read"]).await;
    let owner = house.system_role("owner").await;
    let own = format!("/api/v1/roles/{role}");
    let mut attempts = vec![
        ("POST", "/api/v1/roles".to_owned(), Some(json!({ "name": "X", "permissions": ["audit.read"] }))),
        ("POST", "/api/v1/roles".to_owned(), Some(json!({ "name": "X", "permissions": all_permissions() }))),
        ("PATCH", own.clone(), Some(json!({ "permissions": all_permissions() }))),
        ("PATCH", own, Some(json!({ "permissions": ["audit.read"] }))),
    ];
    for given in [&beyond, &mixed, &owner] {
        attempts.push(("PUT", format!("/api/v1/members/{manager_id}/roles/{given}"), None));
        attempts.push(("PUT", format!("/api/v1/members/{guest}/roles/{given}"), None));
        let body = json!({ "email": "x@guests.example", "role_ids": [given] });
        attempts.push(("POST", "/api/v1/invitations".to_owned(), Some(body)));
        let body = json!({ "email": "x@guests.example", "role_ids": [role, given] });
        attempts.push(("POST", "/api/v1/invitations".to_owned(), Some(body)));
    }
    refused(&house, &manager, 403, "beyond_own_rights", attempts).await;
    // What they do hold they can give, in each of these ways.
    let made = manager.post("/api/v1/roles", json!({ "name": "Y", "permissions": held })).await;
    assert_eq!(made.status, 201, "{made:?}");
    let given = manager.put(&format!("/api/v1/members/{guest}/roles/{}", made.id())).await;
    assert_eq!(given.status, 200, "{given:?}");
    let invited = json!({ "email": "y@guests.example", "role_ids": [role], "store_roles": [] });
    assert_eq!(manager.post("/api/v1/invitations", invited).await.status, 201);
    server.stop().await;
}

async fn who_holds_a_store_gives_there_and_nowhere_else(database: FreshDatabase) {
    let (server, house) = house(database).await;
    let role = house.role("Store manager", &["roles.grant", "stores.read", "products.read", "members.remove"]).await;
    let clerk = house.role("Clerk", &["products.read"]).await;
    let more = house.role("Buyer", &["products.create"]).await;
    let (manager, manager_id) = house.member(&server, "manager", &[]).await;
    house.grant(&manager_id, &role, Some(&house.here)).await;
    let (_, guest) = house.member(&server, "guest", &[]).await;
    let grant = |role: &str, query: &str| format!("/api/v1/members/{guest}/roles/{role}{query}");
    let (at_here, at_there) = (format!("?store_id={}", house.here), format!("?store_id={}", house.there));
    let everywhere = vec![("PUT", grant(&clerk, ""), None), ("DELETE", grant(&clerk, ""), None)];
    refused(&house, &manager, 403, "forbidden", everywhere).await;
    let elsewhere = vec![("PUT", grant(&clerk, &at_there), None), ("DELETE", grant(&clerk, &at_there), None)];
    refused(&house, &manager, 404, "not_found", elsewhere).await;
    let beyond = vec![("PUT", grant(&more, &at_here), None), ("DELETE", grant(&more, &at_here), None)];
    refused(&house, &manager, 403, "beyond_own_rights", beyond).await;
    // A permission of the whole tenant counts for nothing in a role given at a store.
    let whole = vec![("DELETE", format!("/api/v1/members/{guest}"), None)];
    refused(&house, &manager, 403, "forbidden", whole).await;
    let given = manager.put(&grant(&clerk, &at_here)).await;
    assert_eq!(given.body["store_roles"], json!([{ "store_id": house.here, "role_id": clerk }]), "{given:?}");
    assert_eq!(manager.delete(&grant(&clerk, &at_here)).await.status, 200);
    server.stop().await;
}

async fn nobody_touches_who_holds_more(database: FreshDatabase) {
    let (server, house) = house(database).await;
    let (admin, owner) = (house.system_role("admin").await, house.system_role("owner").await);
    let (manager, manager_id) = house.member(&server, "manager", &[&admin]).await;
    let (_, second) = house.member(&server, "second", &[&owner]).await;
    let first = user_id(&house.owner).await;
    let mut attempts = Vec::new();
    for user in [&first, &second] {
        attempts.push(("PATCH", format!("/api/v1/members/{user}"), Some(json!({ "status": "suspended" }))));
        attempts.push(("DELETE", format!("/api/v1/members/{user}"), None));
        attempts.push(("DELETE", format!("/api/v1/members/{user}/roles/{owner}"), None));
    }
    attempts.push(("PUT", format!("/api/v1/members/{manager_id}/roles/{owner}"), None));
    refused(&house, &manager, 403, "beyond_own_rights", attempts).await;
    let fixed = [("PATCH", json!({ "permissions": ["stores.read"] })), ("PATCH", json!({ "name": "Mine" }))];
    let mut attempts = Vec::new();
    for role in [&owner, &admin, &house.system_role("member").await] {
        let path = format!("/api/v1/roles/{role}");
        attempts.extend(fixed.iter().map(|(method, body)| (*method, path.clone(), Some(body.clone()))));
        attempts.push(("DELETE", path, None));
    }
    refused(&house, &house.owner, 409, "system_role", attempts).await;
    server.stop().await;
}

// Attacks: 23.
async fn the_last_owner_stays(database: FreshDatabase) {
    let (server, house) = house(database).await;
    let owner = house.system_role("owner").await;
    let first = user_id(&house.owner).await;
    // Another member holds everything, but is no owner; and another owner is suspended.
    let all = house.role("Everything", &all_permissions()).await;
    let (other, _) = house.member(&server, "other", &[&all]).await;
    let (_, second) = house.member(&server, "second", &[&owner]).await;
    let path = format!("/api/v1/members/{second}");
    assert_eq!(house.owner.patch(&path, json!({ "status": "suspended" })).await.status, 200);
    for client in [&house.owner, &other] {
        let attempts = vec![
            ("PATCH", format!("/api/v1/members/{first}"), Some(json!({ "status": "suspended" }))),
            ("DELETE", format!("/api/v1/members/{first}"), None),
            ("DELETE", format!("/api/v1/members/{first}/roles/{owner}"), None),
        ];
        refused(&house, client, 409, "last_owner", attempts).await;
    }
    assert_eq!(house.owner.patch(&path, json!({ "status": "active" })).await.status, 200);
    let left = other.delete(&format!("/api/v1/members/{first}")).await;
    assert_eq!(left.status, 204, "with another active owner the first may go: {left:?}");
    server.stop().await;
}

// Attacks: 19.
async fn what_is_taken_is_gone_at_the_next_request(database: FreshDatabase) {
    let (server, house) = house(database).await;
    let role = house.role("Clerk", &["stores.read", "products.read"]).await;
    let (clerk, user) = house.member(&server, "clerk", &[]).await;
    let here = format!("/api/v1/stores/{}/products", house.here);
    let grant = format!("/api/v1/members/{user}/roles/{role}?store_id={}", house.here);
    let sees = async || clerk.get(&here).await.status.as_u16();
    for _ in 0..2 {
        assert_eq!(sees().await, 403);
        assert_eq!(house.owner.put(&grant).await.status, 200);
        assert_eq!(sees().await, 200);
        house.delete(&grant).await;
    }
    assert_eq!(house.owner.put(&grant).await.status, 200);
    let path = format!("/api/v1/roles/{role}");
    assert_eq!(house.owner.patch(&path, json!({ "permissions": ["stores.read"] })).await.status, 200);
    assert_eq!(sees().await, 403, "the role holds it no longer");
    assert_eq!(house.owner.patch(&path, json!({ "permissions": ["products.read"] })).await.status, 200);
    assert_eq!(sees().await, 200);
    house.delete(&path).await;
    assert_eq!(sees().await, 403, "the role is gone");
    let member = format!("/api/v1/members/{user}");
    house.owner.patch(&member, json!({ "status": "suspended" })).await;
    assert_eq!(sees().await, 401);
    assert_eq!(house.owner.patch(&member, json!({ "status": "active" })).await.status, 200);
    assert_eq!(sees().await, 401, "coming back revives no token");
    server.stop().await;
}

/// A request whose head has arrived and been taken up, and whose body has not.
async fn begun(server: &TestServer, client: &Client, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.base.trim_start_matches("http://")).await.unwrap();
    let token = client.token.as_deref().unwrap();
    let head = format!(
        "POST /api/v1/stores HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    let mut answer = vec![0; go_on.len()];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(String::from_utf8(answer).unwrap(), go_on);
    stream
}

async fn finished(mut stream: TcpStream, body: &str) -> String {
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

// Attacks: 19, 20.
async fn what_is_taken_while_a_body_trickles_in_is_gone_for_that_request(database: FreshDatabase) {
    let (server, house) = house(database).await;
    let role = house.role("Opener", &["stores.create", "stores.read"]).await;
    let (clerk, clerk_id) = house.member(&server, "clerk", &[&role]).await;
    let store = |code: &str| json!({ "name": "Town", "code": code, "currency": "KES" }).to_string();
    let control = begun(&server, &clerk, &store("A")).await;
    assert!(finished(control, &store("A")).await.starts_with("HTTP/1.1 201 "), "the control");
    let before = house.owner.get("/api/v1/stores").await.body;
    let (early, late) = (begun(&server, &clerk, &store("B")).await, begun(&server, &clerk, &store("C")).await);
    assert!(house.owner.delete(&format!("/api/v1/members/{clerk_id}/roles/{role}")).await.status.is_success());
    let answer = finished(early, &store("B")).await;
    assert!(answer.starts_with("HTTP/1.1 403 ") && answer.contains("/problems/forbidden"), "{answer}");
    assert!(house.owner.delete(&format!("/api/v1/members/{clerk_id}")).await.status.is_success());
    let answer = finished(late, &store("C")).await;
    assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains("/problems/token_revoked"), "{answer}");
    assert_eq!(house.owner.get("/api/v1/stores").await.body, before);
    server.stop().await;
}

// Attacks: 19.
/// Each server remembers rights for itself; the second here is one as far as the database can tell.
async fn what_is_taken_by_one_server_is_gone_in_another(database: FreshDatabase) {
    let (server, house) = house(database).await;
    let role = house.role("Opener", &["stores.create"]).await;
    let (clerk, clerk_id) = house.member(&server, "clerk", &[&role]).await;
    let (other, token) = (server.database.adapters(), SecretString::from(clerk.token.clone().unwrap()));
    let asks = async || {
        let deps = &server.deps;
        let shown = ShownToken::read(&token, &*deps.verifier, deps.clock.now())?;
        let actor = authenticate_to_read(&shown, Origin::default(), &other, &*deps.clock).await;
        actor.and_then(Bearer::member).map(|actor| actor.permissions().contains(Permission::StoresCreate))
    };
    assert!(asks().await.unwrap(), "and now it is remembered there");
    assert!(asks().await.unwrap());
    assert!(house.owner.delete(&format!("/api/v1/members/{clerk_id}/roles/{role}")).await.status.is_success());
    assert!(!asks().await.unwrap());
    assert!(house.owner.delete(&format!("/api/v1/members/{clerk_id}")).await.status.is_success());
    assert!(matches!(asks().await, Err(AuthenticateError::Revoked)));
    server.stop().await;
}

// Attacks: 13.
/// One person, two tenants, rights of the same version: what is remembered differs in the tenant alone.
async fn who_is_in_two_tenants_has_the_rights_of_each_in_it_alone(database: FreshDatabase) {
    let (server, acme) = house(database).await;
    let globex = House::of(server.tenant("globex", "owner@globex.example").await).await;
    let email = "asha@acme.example";
    let (in_acme, _) = acme.member(&server, "asha", &[&acme.role("Clerk", &["stores.read"]).await]).await;
    let role = globex.role("Auditor", &["audit.read"]).await;
    std::fs::remove_dir_all(&server.mail).unwrap();
    globex.make("/api/v1/invitations", json!({ "email": email, "role_ids": [role] })).await;
    let token = server.invitation_token(email).await;
    let joined = in_acme.post("/api/v1/invitations/accept", json!({ "token": token })).await;
    assert_eq!(joined.status, 200, "{joined:?}");
    let in_globex = server.sign_in(email, "globex").await;
    assert_eq!(user_id(&in_acme).await, user_id(&in_globex).await);
    one_version(&server.database).await;
    for round in 0..25 {
        for (client, tenant, seen) in [(&in_acme, "acme", [200, 403]), (&in_globex, "globex", [403, 200])] {
            let stores = client.get("/api/v1/stores").await.status.as_u16();
            let log = client.get("/api/v1/audit-events").await.status.as_u16();
            assert_eq!([stores, log], seen, "in {tenant}, round {round}");
        }
    }
    server.stop().await;
}

/// Brings the rights of all tenants to one version, by hand.
async fn one_version(database: &FreshDatabase) {
    let raise = "UPDATE tenants SET access_version = 1000";
    let raised = match database.kind {
        Kind::Sqlite => {
            let mut file = SqliteConnection::connect(&database.url).await.unwrap();
            file.execute(raise).await.unwrap().rows_affected()
        }
        Kind::Postgres => {
            let mut owner = PgConnection::connect(&database.url).await.unwrap();
            owner.execute(raise).await.unwrap().rows_affected()
        }
    };
    assert_eq!(raised, 2);
}

// Attacks: 25.
async fn an_invitation_opens_nothing_to_somebody_else(database: FreshDatabase) {
    let (server, acme) = house(database).await;
    let globex = House::of(server.tenant("globex", "owner@globex.example").await).await;
    let (member, _) = acme.member(&server, "member", &[]).await;
    acme.invitation("bea").await;
    let token = server.invitation_token("bea@guests.example").await;
    let accept = "/api/v1/invitations/accept";
    let this = Some(json!({ "token": token }));
    // Whoever is signed in has another address than the invited one.
    for other in [&member, &globex.owner] {
        refused(&acme, other, 404, "invitation_not_found", vec![("POST", accept.to_owned(), this.clone())]).await;
    }
    // Who is not cannot name another, and a secret opens its own tenant only.
    let new = |token: &str| json!({ "token": token, "display_name": "Eve", "password": PASSWORD });
    let mut named = new(&token);
    named["email"] = json!("eve@guests.example");
    let elsewhere = token.replace(&acme.tenant.replace('-', ""), &globex.tenant.replace('-', ""));
    assert_ne!(elsewhere, token);
    let nobody = server.anonymous();
    refused(&acme, &nobody, 422, "invalid", vec![("POST", accept.to_owned(), Some(named))]).await;
    refused(&acme, &nobody, 404, "invitation_not_found", vec![("POST", accept.to_owned(), Some(new(&elsewhere)))])
        .await;
    server.accept("bea@guests.example").await;
    server.sign_in("bea@guests.example", "acme").await;
    server.stop().await;
}
