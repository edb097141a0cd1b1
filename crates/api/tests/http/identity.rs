use actix_web::http::StatusCode;
use cotenant_testkit::World;
use cotenant_testkit::world::{Adapters, FIRST_TENANT, OPERATOR, PASSWORD};
use serde_json::{Value, json};

use crate::support::{SECRET, client, serve, settings};

fn beginning(secret: &str) -> Value {
    json!({
        "secret": secret, "email": OPERATOR, "password": PASSWORD, "display_name": "Olu Adeyemi",
        "tenant": { "name": "Acme", "slug": FIRST_TENANT }
    })
}

#[actix_web::test]
async fn the_beginning_happens_once_for_who_knows_the_secret() {
    let world = World::empty(Adapters::in_memory());
    let client = client(&world).await;
    let path = "/api/v1/bootstrap";
    let refused = client.post(path, "", beginning("a guess")).await;
    assert_eq!((refused.status, refused.problem().as_str()), (403, "bootstrap_refused"));
    let weak = client.post(path, "", {
        let mut body = beginning(SECRET);
        body["password"] = json!("short");
        body
    });
    let weak = weak.await;
    assert_eq!(
        (weak.status, weak.problem().as_str(), weak.pointers()),
        (422, "invalid_password", vec!["/password".into()])
    );
    let begun = client.post(path, "", beginning(SECRET)).await.expect(StatusCode::CREATED).json();
    assert_eq!((&begun["user"]["email"], &begun["tenant"]["slug"]), (&json!(OPERATOR), &json!(FIRST_TENANT)));
    for secret in [SECRET, "a guess"] {
        assert_eq!(client.post(path, "", beginning(secret)).await.problem(), "not_found");
    }
    let owner = client.owner().await;
    assert_eq!(client.get("/api/v1/stores", &owner).await.status, 200);
}

#[actix_web::test]
async fn without_a_secret_there_is_no_beginning() {
    let world = World::empty(Adapters::in_memory());
    let client = serve(world.deps.clone(), cotenant_api::ApiSettings { bootstrap_secret: None, ..settings() }).await;
    for body in [beginning(SECRET), json!({}), json!([])] {
        assert_eq!(client.post("/api/v1/bootstrap", "", body).await.problem(), "not_found");
    }
}

#[actix_web::test]
async fn signing_in_and_out() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let body = json!({ "email": OPERATOR, "password": PASSWORD });
    let session = client.post("/api/v1/auth/login", "", body).await.expect(StatusCode::OK);
    assert_eq!(session.header("cache-control"), Some("no-store"));
    let session = session.json();
    assert_eq!((&session["token_type"], &session["expires_in"]), (&json!("Bearer"), &json!(3_600)));
    let token = session["access_token"].as_str().unwrap();
    let me = client.get("/api/v1/auth/me", token).await.expect(StatusCode::OK).json();
    assert_eq!((&me["user"], &me["tenant"]), (&session["user"], &session["tenant"]));
    assert!(me["permissions"].as_array().unwrap().contains(&json!("stores.create")));
    client.call("POST", "/api/v1/auth/logout", token, None).await.expect(StatusCode::NO_CONTENT);
    let ended = client.get("/api/v1/auth/me", token).await;
    assert_eq!((ended.status, ended.problem().as_str()), (401, "token_revoked"));
    assert!(ended.header("www-authenticate").unwrap().contains("invalid_token"));
}

#[actix_web::test]
async fn an_operator_signs_in_and_out_of_the_platform() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let token = client.operator().await;
    assert_eq!(client.get("/api/v1/platform/tenants", &token).await.status, 200);
    client.call("POST", "/api/v1/auth/logout", &token, None).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(client.get("/api/v1/platform/tenants", &token).await.problem(), "token_revoked");
    let both = json!({ "email": OPERATOR, "password": PASSWORD, "platform": true, "tenant": "acme" });
    assert_eq!(client.post("/api/v1/auth/login", "", both).await.pointers(), ["/tenant"]);
}

#[actix_web::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    for email in [OPERATOR, "nobody@acme.example"] {
        let answer = client.post("/api/v1/auth/login", "", json!({ "email": email, "password": "wrong" })).await;
        assert_eq!((answer.status, answer.problem().as_str()), (401, "invalid_credentials"), "{email}");
        assert_eq!(answer.json()["detail"], "The e-mail address, the password or the tenant is wrong.");
    }
}

#[actix_web::test]
async fn who_belongs_to_several_tenants_chooses_and_switches() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let globex = world.tenant("globex", "hank@globex.example").await;
    world.invite(&globex, OPERATOR, &[], &[]).await;
    world.work().await;
    world.accept_as(&world.owner().await, OPERATOR).await;

    let asked = client.post("/api/v1/auth/login", "", json!({ "email": OPERATOR, "password": PASSWORD })).await;
    assert_eq!((asked.status, asked.problem().as_str()), (409, "tenant_needed"));
    let slugs = asked.json()["tenants"].as_array().unwrap().iter().map(|t| t["slug"].clone()).collect::<Vec<_>>();
    assert!(slugs.contains(&json!("acme")) && slugs.contains(&json!("globex")));

    let token = client.owner().await;
    let session =
        client.post("/api/v1/auth/switch", &token, json!({ "tenant": "globex" })).await.expect(StatusCode::OK);
    assert_eq!(session.json()["tenant"]["slug"], "globex");
    assert_eq!(client.get("/api/v1/auth/me", &token).await.problem(), "token_revoked");
    let token = client.owner().await;
    let unknown = client.post("/api/v1/auth/switch", &token, json!({ "tenant": "initech" })).await;
    assert_eq!((unknown.status, unknown.problem().as_str()), (404, "not_found"));
    assert_eq!(client.get("/api/v1/auth/me", &token).await.status, 200, "a refused switch ends nothing");
}

#[actix_web::test]
async fn who_guesses_too_often_is_told_when_to_come_back() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    world.throttle.set_closed(true);
    let answer = client.post("/api/v1/auth/login", "", json!({ "email": OPERATOR, "password": PASSWORD })).await;
    assert_eq!((answer.status, answer.problem().as_str()), (429, "too_many_attempts"));
    assert_eq!(answer.header("retry-after"), Some("7"));
    let asked = client.post("/api/v1/auth/password-resets", "", json!({ "email": OPERATOR })).await;
    assert_eq!((asked.status, asked.text.as_str()), (202, ""), "whatever comes of it");
}
