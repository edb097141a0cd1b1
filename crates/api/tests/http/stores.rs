use actix_web::http::StatusCode;
use cotenant_testkit::World;
use serde_json::json;

use crate::support::{client, request};

#[actix_web::test]
async fn a_store_is_opened_seen_changed_deleted_and_restored() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let token = client.owner().await;
    let body = json!({ "name": "Mombasa Road", "code": "MSA-1", "currency": "KES" });
    let opened = client.post("/api/v1/stores", &token, body).await.expect(StatusCode::CREATED);
    let store = opened.json();
    let path = format!("/api/v1/stores/{}", store["id"].as_str().unwrap());
    assert_eq!((opened.header("location"), opened.header("etag")), (Some(path.as_str()), Some("\"1\"")));
    assert_eq!((&store["timezone"], &store["is_active"], &store["version"]), (&json!("UTC"), &json!(true), &json!(1)));
    assert_eq!(store.as_object().unwrap().len(), 9, "{store}");
    assert!(store["created_at"].as_str().unwrap().ends_with('Z') && store["created_at"].as_str().unwrap().len() == 27);

    assert_eq!(client.get(&path, &token).await.json(), store);
    let changed = client.patch(&path, &token, json!({ "name": "Ngong Road" })).await.expect(StatusCode::OK);
    assert_eq!((changed.json()["name"].clone(), changed.header("etag")), (json!("Ngong Road"), Some("\"2\"")));

    let gone = client.delete(&path, &token).await.expect(StatusCode::OK).json();
    assert!(gone["deleted_at"].is_string() && gone["purge_at"].is_string());
    let absent = client.get(&path, &token).await;
    assert_eq!((absent.status, absent.problem().as_str()), (404, "not_found"));
    let shown = client.get(&format!("{path}?include_deleted=true"), &token).await.expect(StatusCode::OK).json();
    assert_eq!(shown["deleted_at"], gone["deleted_at"]);

    let restored = client.call("POST", &format!("{path}/restore"), &token, None).await.expect(StatusCode::OK);
    assert!(restored.json().get("deleted_at").is_none());
    let again = client.call("POST", &format!("{path}/restore"), &token, None).await;
    assert_eq!((again.status, again.problem().as_str()), (409, "not_deleted"));
}

#[actix_web::test]
async fn a_stale_change_is_refused_and_changes_nothing() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let token = client.owner().await;
    let path = format!("/api/v1/stores/{}", client.open_store(&token, "MSA-1").await);
    let change = |tag: &'static str, name: &str| {
        let request = request("PATCH", &path, &token).insert_header(("If-Match", tag));
        client.send(request.set_json(json!({ "name": name })))
    };
    assert_eq!(change("\"1\"", "Second").await.status, 200);
    for stale in ["\"1\"", "\"3\"", "\"abc\""] {
        let answer = change(stale, "Third").await;
        assert_eq!((answer.status, answer.problem().as_str()), (412, "stale"), "{stale}");
    }
    assert_eq!(client.get(&path, &token).await.json()["name"], "Second");
    assert_eq!(change("*", "Third").await.status, 200);
}

#[actix_web::test]
async fn what_cannot_be_cleared_is_not_cleared_by_null() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let token = client.owner().await;
    let path = format!("/api/v1/stores/{}", client.open_store(&token, "MSA-1").await);
    for field in ["name", "code", "timezone", "currency", "is_active"] {
        let answer = client.patch(&path, &token, json!({ field: null })).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec![format!("/{field}")]));
    }
    assert_eq!(client.patch(&path, &token, json!({})).await.json()["version"], 1);
}

#[actix_web::test]
async fn a_taken_code_is_a_conflict_at_its_field() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let token = client.owner().await;
    client.open_store(&token, "MSA-1").await;
    let answer =
        client.post("/api/v1/stores", &token, json!({ "name": "x", "code": "msa-1", "currency": "KES" })).await;
    assert_eq!((answer.status, answer.problem().as_str()), (409, "code_taken"));
    assert_eq!(answer.pointers(), ["/code"]);
}

#[actix_web::test]
async fn pages_follow_each_other_and_a_cursor_fits_only_its_own_list() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let token = client.owner().await;
    for code in ["C", "A", "E", "B", "D"] {
        client.open_store(&token, code).await;
    }
    let (mut path, mut seen) = ("/api/v1/stores?sort=-code&limit=2".to_owned(), Vec::new());
    let mut cursor = String::new();
    loop {
        let page = client.get(&path, &token).await.expect(StatusCode::OK).json();
        seen.extend(page["data"].as_array().unwrap().iter().map(|s| s["code"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = next.to_owned();
        path = format!("/api/v1/stores?sort=-code&limit=2&cursor={next}");
    }
    assert_eq!(seen, ["E", "D", "C", "B", "A"]);
    for elsewhere in ["stores?sort=code", "stores?sort=-code&is_active=true", "stores", "roles", "members?sort=email"] {
        let separator = if elsewhere.contains('?') { '&' } else { '?' };
        let answer = client.get(&format!("/api/v1/{elsewhere}{separator}cursor={cursor}"), &token).await;
        assert_eq!((answer.status, answer.problem().as_str()), (400, "invalid_cursor"), "{elsewhere}");
    }
    world.tenant("globex", "hank@globex.example").await;
    let stranger = client.sign_in("hank@globex.example", "globex").await;
    let answer = client.get(&format!("/api/v1/stores?sort=-code&cursor={cursor}"), &stranger).await;
    assert_eq!(answer.problem(), "invalid_cursor");
}

#[actix_web::test]
async fn anothers_store_is_answered_like_one_that_never_was() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let token = client.owner().await;
    let store = client.open_store(&token, "MSA-1").await;
    world.tenant("globex", "hank@globex.example").await;
    let stranger = client.sign_in("hank@globex.example", "globex").await;
    let ask = |id: &str, method: &str, tail: &str| {
        let request = request(method, &format!("/api/v1/stores/{id}{tail}"), &stranger);
        client.send(request.insert_header(("X-Request-Id", "same")).set_json(json!({})))
    };
    for (method, tail) in [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/restore"), ("GET", "/products")] {
        let theirs = ask(&store, method, tail).await;
        let nobodys = ask("01890a5d-ac96-774b-bcce-b302099a8057", method, tail).await;
        assert_eq!((theirs.status, &theirs.text), (404, &nobodys.text), "{method} {tail}");
    }
    assert_eq!(client.get(&format!("/api/v1/stores/{store}"), &token).await.json()["version"], 1);
}

#[actix_web::test]
async fn products_live_in_their_store() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let token = client.owner().await;
    let (here, there) = (client.open_store(&token, "A").await, client.open_store(&token, "B").await);
    let all = format!("/api/v1/stores/{here}/products");
    let tea = json!({ "sku": "TEA", "name": "Tea", "price_minor": 45_000, "currency": "KES" });
    let created = client.post(&all, &token, tea.clone()).await.expect(StatusCode::CREATED);
    let one = created.header("location").unwrap().to_owned();
    assert_eq!((created.json()["stock"].clone(), created.json()["store_id"].clone()), (json!(0), json!(here)));
    assert_eq!(client.post(&all, &token, tea).await.problem(), "sku_taken");
    let negative = client.patch(&one, &token, json!({ "price_minor": -1, "stock": -1 })).await;
    assert_eq!((negative.status, negative.pointers()), (422, vec!["/price_minor".into(), "/stock".into()]));
    assert_eq!(client.patch(&one, &token, json!({ "stock": 7 })).await.json()["stock"], 7);
    assert_eq!(client.get(&one.replace(&here, &there), &token).await.status, 404);
    let list = client.get(&format!("{all}?in_stock=true&sort=-price_minor"), &token).await.json();
    assert_eq!(list["data"][0]["sku"], "TEA");
    client.delete(&one, &token).await.expect(StatusCode::OK);
    client.delete(&format!("/api/v1/stores/{here}"), &token).await.expect(StatusCode::OK);
    let beneath = client.call("POST", &format!("{one}/restore"), &token, None).await;
    assert_eq!((beneath.status, beneath.problem().as_str()), (409, "parent_deleted"));
}
