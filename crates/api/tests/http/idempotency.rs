use actix_http::Request;
use actix_web::Error;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::StatusCode;
use cotenant_domain::tenancy::Permission;
use cotenant_testkit::World;
use serde_json::{Value, json};
use time::Duration;

use crate::support::{Answer, Client, client, request};

const STORES: &str = "/api/v1/stores";

async fn post<S>(client: &Client<S>, path: &str, token: &str, key: &str, body: &Value) -> Answer
where
    S: Service<Request, Response = ServiceResponse, Error = Error>,
{
    client.send(request("POST", path, token).insert_header(("Idempotency-Key", key)).set_json(body)).await
}

fn a_store(code: &str) -> Value {
    json!({ "name": "Mombasa Road", "code": code, "currency": "KES" })
}

#[actix_web::test]
async fn what_is_sent_twice_is_done_once_and_answered_alike() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let token = client.owner().await;
    let first = post(&client, STORES, &token, "k", &a_store("MSA-1")).await.expect(StatusCode::CREATED);
    assert_eq!(first.header("idempotency-replayed"), None);
    let path = first.header("location").unwrap().to_owned();
    client.patch(&path, &token, json!({ "name": "Ngong Road" })).await.expect(StatusCode::OK);
    world.clock.advance(Duration::hours(23));
    let token = client.owner().await;
    let again = client.send(
        request("POST", STORES, &token)
            .insert_header(("Idempotency-Key", "k"))
            .insert_header(("Content-Type", "application/json"))
            .set_payload("{ \"currency\": \"KES\", \"code\": \"MSA-1\", \"name\": \"Mombasa Road\" }"),
    );
    let again = again.await.expect(StatusCode::CREATED);
    assert_eq!((again.header("idempotency-replayed"), &again.text), (Some("true"), &first.text));
    for name in ["location", "etag", "content-type"] {
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
    assert_eq!(client.get(STORES, &token).await.json()["data"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_key_of_another_request_is_refused_and_a_refused_request_keeps_none() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let token = client.owner().await;
    post(&client, STORES, &token, "k", &a_store("MSA-1")).await.expect(StatusCode::CREATED);
    let other = post(&client, STORES, &token, "k", &a_store("MSA-2")).await;
    assert_eq!((other.status, other.problem().as_str()), (422, "idempotency_key_reused"));
    let taken = post(&client, STORES, &token, "l", &a_store("MSA-1")).await;
    assert_eq!((taken.status, taken.problem().as_str()), (409, "code_taken"));
    post(&client, STORES, &token, "l", &a_store("MSA-3")).await.expect(StatusCode::CREATED);
    let role = json!({ "name": "Buyer", "permissions": ["stores.read"] });
    post(&client, "/api/v1/roles", &token, "k", &role).await.expect(StatusCode::CREATED);
    for wrong in ["", "a b", &"x".repeat(256)] {
        let refused = post(&client, STORES, &token, wrong, &a_store("MSA-4")).await;
        assert_eq!((refused.status, refused.problem().as_str()), (400, "invalid_header"), "{wrong:?}");
    }
    assert_eq!(client.get(STORES, &token).await.json()["data"].as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn who_lost_the_right_is_answered_nothing_and_so_is_who_lost_the_store() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let owner = world.owner().await;
    let (here, there) = (world.store(&owner, "A").await.base.id, world.store(&owner, "B").await.base.id);
    let rights = [Permission::ProductsCreate];
    world.keeper(&owner, "keeper@acme.example", &rights, &[here, there]).await;
    let keeper = client.sign_in("keeper@acme.example", "acme").await;
    let products = format!("{STORES}/{here}/products");
    let body = json!({ "sku": "S", "name": "Salt", "price_minor": 1250, "currency": "KES", "stock": 3 });
    post(&client, &products, &keeper, "k", &body).await.expect(StatusCode::CREATED);
    assert_eq!(post(&client, &products, &keeper, "k", &body).await.header("idempotency-replayed"), Some("true"));

    let token = client.owner().await;
    let keepers = client.get("/api/v1/members?q=keeper", &token).await.json();
    let member = &keepers["data"][0];
    let (user, given) = (member["user_id"].as_str().unwrap(), member["store_roles"].as_array().unwrap());
    for (store, expected) in [(here, (404, "not_found")), (there, (403, "forbidden"))] {
        let role =
            given.iter().find(|given| given["store_id"] == store.to_string()).unwrap()["role_id"].as_str().unwrap();
        let path = format!("/api/v1/members/{user}/roles/{role}?store_id={store}");
        client.delete(&path, &token).await.expect(StatusCode::OK);
        let refused = post(&client, &products, &keeper, "k", &body).await;
        assert_eq!((refused.status, refused.problem().as_str()), expected, "{store}");
    }
}

#[actix_web::test]
async fn a_secret_is_shown_once_whatever_the_key() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let (token, operator) = (client.owner().await, client.operator().await);
    let account = json!({ "name": "Till" });
    let account = post(&client, "/api/v1/service-accounts", &token, "k", &account).await.expect(StatusCode::CREATED);
    let keys = format!("{}/keys", account.header("location").unwrap());
    let tenants = client.get("/api/v1/platform/tenants", &operator).await.json();
    let grants = format!("/api/v1/platform/tenants/{}/support-grants", tenants["data"][0]["id"].as_str().unwrap());
    let (key, grant) = (json!({ "name": "Till 1" }), json!({ "reason": "Ticket 4711: stock is wrong" }));
    for (path, token, body, secret) in [(&keys, &token, key, "key"), (&grants, &operator, grant, "token")] {
        let made = post(&client, path, token, "k", &body).await.expect(StatusCode::CREATED);
        let secret = made.json()[secret].as_str().unwrap().to_owned();
        let again = post(&client, path, token, "k", &body).await;
        assert_eq!((again.status, again.problem().as_str()), (409, "idempotency_secret_shown_once"), "{path}");
        assert_eq!(again.json()["location"].as_str(), made.header("location"));
        assert!(!again.text.contains(&secret));
    }
    assert_eq!(client.get(&keys, &token).await.json()["data"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn an_operator_makes_a_tenant_once() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let operator = client.operator().await;
    let tenants = "/api/v1/platform/tenants";
    let body = json!({ "name": "Globex", "slug": "globex", "owner_email": "hank@globex.example" });
    let first = post(&client, tenants, &operator, "k", &body).await.expect(StatusCode::CREATED);
    let again = post(&client, tenants, &operator, "k", &body).await.expect(StatusCode::CREATED);
    assert_eq!((again.header("idempotency-replayed"), &again.text), (Some("true"), &first.text));
    assert_eq!(client.get(tenants, &operator).await.json()["data"].as_array().unwrap().len(), 2);
    world.work().await;
    assert_eq!(world.mailer.sent().len(), 1, "one invitation");
}
