//! Ids that clients bring: free where only another tenant has them, and two things with one id stay two things.

use cotenant_tests::{FreshDatabase, TestServer, on_both_databases};
use serde_json::{Value, json};

use crate::house::{House, product, store};

on_both_databases! {
    an_id_of_another_tenant_is_free_and_one_of_the_own_is_taken;
    two_things_with_one_id_in_two_tenants_live_apart;
}

const STORE: &str = "01890a5d-ac96-774b-bcce-b302099a8001";
const PRODUCT: &str = "01890a5d-ac96-774b-bcce-b302099a8002";
const ROLE: &str = "01890a5d-ac96-774b-bcce-b302099a8003";
const INVITATION: &str = "01890a5d-ac96-774b-bcce-b302099a8004";
const SERVICE: &str = "01890a5d-ac96-774b-bcce-b302099a8005";

/// What can be made with an id of the client's own: where, and a body that differs in all else.
fn things(mark: &str) -> [(String, Value); 5] {
    let with_id = |mut body: Value, id: &str| {
        body["id"] = json!(id);
        body
    };
    [
        ("/api/v1/stores".to_owned(), with_id(store(mark), STORE)),
        (format!("/api/v1/stores/{STORE}/products"), with_id(product(mark), PRODUCT)),
        ("/api/v1/roles".to_owned(), with_id(json!({ "name": mark, "permissions": ["stores.read"] }), ROLE)),
        ("/api/v1/service-accounts".to_owned(), with_id(json!({ "name": mark }), SERVICE)),
        ("/api/v1/invitations".to_owned(), with_id(json!({ "email": format!("{mark}@guests.example") }), INVITATION)),
    ]
}

async fn twins(database: FreshDatabase) -> (TestServer, House, House) {
    let server = TestServer::start(database).await;
    let a = House::of(server.bootstrap("acme").await).await;
    let b = House::of(server.tenant("globex", "owner@globex.example").await).await;
    for (path, body) in things("first") {
        a.make(&path, body).await;
    }
    let before = a.state().await;
    for (path, body) in things("second") {
        let id = body["id"].clone();
        assert_eq!(json!(b.make(&path, body).await), id, "{path}");
    }
    assert_eq!(a.state().await, before);
    (server, a, b)
}

// Attacks: 7, 11.
async fn an_id_of_another_tenant_is_free_and_one_of_the_own_is_taken(database: FreshDatabase) {
    let (server, a, b) = twins(database).await;
    let before = (a.state().await, b.state().await);
    for house in [&a, &b] {
        for (path, body) in things("third") {
            let again = house.owner.post(&path, body).await;
            assert_eq!((again.status.as_u16(), again.problem().as_str()), (409, "id_taken"), "{path}: {again:?}");
            assert_eq!(again.body["errors"][0]["pointer"], "/id");
        }
        // A product's id is taken in the whole tenant, not only in its store.
        let mut elsewhere = product("third");
        elsewhere["id"] = json!(PRODUCT);
        let again = house.owner.post(&format!("/api/v1/stores/{}/products", house.here), elsewhere).await;
        assert_eq!((again.status.as_u16(), again.problem().as_str()), (409, "id_taken"), "{again:?}");
    }
    assert_eq!((a.state().await, b.state().await), before);
    b.delete(&format!("/api/v1/stores/{STORE}")).await;
    let (path, body) = things("fourth")[0].clone();
    assert_eq!(b.owner.post(&path, body).await.problem(), "id_taken", "what was deleted can come back under its id");
    server.stop().await;
}

// Attacks: 11.
async fn two_things_with_one_id_in_two_tenants_live_apart(database: FreshDatabase) {
    let (server, a, b) = twins(database).await;
    let (guest, user) = b.member(&server, "guest", &[]).await;
    let before = a.state().await;
    let (one_store, one_product) =
        (format!("/api/v1/stores/{STORE}"), format!("/api/v1/stores/{STORE}/products/{PRODUCT}"));
    let one_role = format!("/api/v1/roles/{ROLE}");
    for (path, body) in [
        (&one_store, json!({ "name": "Mine" })),
        (&one_product, json!({ "stock": 99 })),
        (&one_role, json!({ "permissions": ["stores.read", "products.read"] })),
    ] {
        let changed = b.owner.patch(path, body).await;
        assert_eq!((changed.status.as_u16(), &changed.body["version"]), (200, &json!(2)), "{path}: {changed:?}");
        assert_ne!(changed.body, a.owner.get(path).await.body);
    }
    assert_eq!(a.state().await, before);
    // The role of one tenant at the store of one tenant gives nothing in the other, although the ids are the same.
    b.grant(&user, ROLE, Some(STORE)).await;
    let seen = guest.get(&one_product).await;
    assert_eq!((seen.status.as_u16(), &seen.body["sku"]), (200, &json!("second")), "{seen:?}");
    assert_eq!(a.state().await, before);
    b.delete(&one_product).await;
    assert_eq!(b.owner.act(&format!("{one_product}/restore")).await.status, 200);
    b.delete(&one_store).await;
    assert_eq!(a.owner.get(&one_product).await.body["sku"], "first");
    b.delete(&one_role).await;
    b.delete(&format!("/api/v1/invitations/{INVITATION}")).await;
    assert_eq!(a.state().await, before, "deleting in one tenant deletes nothing in the other");
    for path in [&one_store, &one_product, &one_role] {
        assert_eq!(
            (a.owner.get(path).await.status.as_u16(), b.owner.get(path).await.status.as_u16()),
            (200, 404),
            "{path}"
        );
    }
    server.stop().await;
}
