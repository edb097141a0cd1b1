use actix_web::http::StatusCode;
use cotenant_testkit::World;
use cotenant_testkit::world::PASSWORD;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::support::client;

const ASHA: &str = "asha@acme.example";

#[actix_web::test]
async fn a_colleague_is_invited_accepts_and_works_where_the_role_is_given() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let owner = client.owner().await;
    let (here, there) = (client.open_store(&owner, "A").await, client.open_store(&owner, "B").await);
    let clerk = json!({ "name": "Clerk", "permissions": ["stores.read", "products.read"] });
    let role = client.post("/api/v1/roles", &owner, clerk).await.expect(StatusCode::CREATED).json();
    let role_id = role["id"].as_str().unwrap();

    let invitation = client.post("/api/v1/invitations", &owner, json!({ "email": ASHA })).await;
    let invitation = invitation.expect(StatusCode::CREATED).json();
    assert_eq!(invitation["status"], "pending");
    world.work().await;
    let token = world.token_sent_to(ASHA).expose_secret().to_owned();
    let alone = client.post("/api/v1/invitations/accept", "", json!({ "token": token })).await;
    assert_eq!((alone.status, alone.pointers()), (422, vec!["/display_name".into(), "/password".into()]));
    let body = json!({ "token": token, "display_name": "Asha Otieno", "password": PASSWORD });
    let accepted = client.post("/api/v1/invitations/accept", "", body.clone()).await.expect(StatusCode::OK).json();
    let user = accepted["user_id"].as_str().unwrap();
    let again = client.post("/api/v1/invitations/accept", "", body).await;
    assert_eq!((again.status, again.problem().as_str()), (404, "invitation_not_found"));

    let asha = client.sign_in(ASHA, "acme").await;
    assert_eq!(client.get("/api/v1/stores", &asha).await.problem(), "forbidden");
    let grant = format!("/api/v1/members/{user}/roles/{role_id}?store_id={here}");
    let member = client.call("PUT", &grant, &owner, None).await.expect(StatusCode::OK).json();
    assert_eq!(member["store_roles"], json!([{ "store_id": here, "role_id": role_id }]));
    let stores = client.get("/api/v1/stores", &asha).await.expect(StatusCode::OK).json();
    assert_eq!((stores["data"].as_array().unwrap().len(), &stores["data"][0]["id"]), (1, &json!(here)));
    assert_eq!(client.get(&format!("/api/v1/stores/{there}"), &asha).await.status, 404);
    let me = client.get("/api/v1/auth/me", &asha).await.json();
    assert_eq!(me["store_permissions"][0]["store_id"], json!(here));

    client.delete(&grant, &owner).await.expect(StatusCode::OK);
    assert_eq!(client.get("/api/v1/stores", &asha).await.problem(), "forbidden");
    client.delete(&format!("/api/v1/members/{user}"), &owner).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(client.get("/api/v1/auth/me", &asha).await.problem(), "token_revoked");
    assert_eq!(client.get(&format!("/api/v1/members/{user}"), &owner).await.status, 404);
}

#[actix_web::test]
async fn a_signed_in_person_accepts_with_the_token_alone() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    world.tenant("globex", "hank@globex.example").await;
    let owner = world.owner().await;
    world.invite(&owner, "hank@globex.example", &[], &[]).await;
    world.work().await;
    let hank = client.sign_in("hank@globex.example", "globex").await;
    let token = world.token_sent_to("hank@globex.example").expose_secret().to_owned();
    let surplus = json!({ "token": token, "display_name": "Hank", "password": PASSWORD });
    let refused = client.post("/api/v1/invitations/accept", &hank, surplus.clone()).await;
    assert_eq!((refused.status, refused.pointers()), (422, vec!["/display_name".into(), "/password".into()]));
    let first = client.post("/api/v1/invitations/accept", "", surplus).await;
    assert_eq!((first.status, first.problem().as_str()), (409, "sign_in_first"));
    let forged = client.post("/api/v1/invitations/accept", "forged", json!({ "token": token })).await;
    assert_eq!(forged.status, 401, "a wrong token is not taken for none");
    let accepted = client.post("/api/v1/invitations/accept", &hank, json!({ "token": token })).await;
    assert_eq!(accepted.expect(StatusCode::OK).json()["tenant"]["slug"], "acme");
}

#[actix_web::test]
async fn an_invitation_is_listed_and_withdrawn() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let owner = client.owner().await;
    let made = client.post("/api/v1/invitations", &owner, json!({ "email": ASHA })).await;
    let path = made.header("location").unwrap().to_owned();
    let listed = client.get("/api/v1/invitations?status=pending", &owner).await.json();
    assert_eq!((listed["data"].as_array().unwrap().len(), &listed["next_cursor"]), (1, &json!(null)));
    client.delete(&path, &owner).await.expect(StatusCode::NO_CONTENT);
    let again = client.delete(&path, &owner).await;
    assert_eq!((again.status, again.problem().as_str()), (409, "not_pending"));
    let unknown = json!({ "email": ASHA, "role_ids": ["01890a5d-ac96-774b-bcce-b302099a8057"] });
    let refused = client.post("/api/v1/invitations", &owner, unknown).await;
    assert_eq!((refused.problem().as_str(), refused.pointers()), ("unknown_role", vec!["/role_ids/0".into()]));
    let cases = [(json!([["a", "b"]]), "/store_roles/0"), (json!([{ "store_id": 7 }]), "/store_roles/0/store_id")];
    for (wrong, at) in cases {
        let body = json!({ "email": ASHA, "store_roles": wrong });
        assert_eq!(client.post("/api/v1/invitations", &owner, body).await.pointers(), [at]);
    }
}

#[actix_web::test]
async fn roles_are_created_changed_cleared_and_deleted_and_system_roles_stay() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let owner = client.owner().await;
    let body = json!({ "name": "Clerk", "description": "Fills shelves", "permissions": ["stores.read"] });
    let created = client.post("/api/v1/roles", &owner, body).await.expect(StatusCode::CREATED);
    let path = created.header("location").unwrap().to_owned();
    let cleared = client.patch(&path, &owner, json!({ "description": null })).await.expect(StatusCode::OK).json();
    assert_eq!((&cleared["description"], &cleared["version"]), (&json!(null), &json!(2)));
    let wrong = client.patch(&path, &owner, json!({ "permissions": ["stores.read", "stores.*"] })).await;
    assert_eq!((wrong.status, wrong.pointers()), (422, vec!["/permissions/1".into()]));
    assert!(client.delete(&path, &owner).await.expect(StatusCode::OK).json()["purge_at"].is_string());
    let roles = client.get("/api/v1/roles?sort=name", &owner).await.json();
    let fixed = roles["data"].as_array().unwrap().iter().find(|r| r["system"] == "owner").unwrap();
    let refused = client.delete(&format!("/api/v1/roles/{}", fixed["id"].as_str().unwrap()), &owner).await;
    assert_eq!((refused.status, refused.problem().as_str()), (409, "system_role"));
    let all = client.get("/api/v1/permissions", &owner).await.expect(StatusCode::OK).json();
    assert!(all["data"].as_array().unwrap().iter().any(|p| p["code"] == "stores.read" && p["reach"] == "store"));
}

#[actix_web::test]
async fn the_last_owner_stays() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let owner = client.owner().await;
    let me = client.get("/api/v1/auth/me", &owner).await.json();
    let path = format!("/api/v1/members/{}", me["user"]["id"].as_str().unwrap());
    for answer in
        [client.delete(&path, &owner).await, client.patch(&path, &owner, json!({ "status": "suspended" })).await]
    {
        assert_eq!((answer.status, answer.problem().as_str()), (409, "last_owner"));
    }
    assert_eq!(
        client.get("/api/v1/members?status=active&sort=-email", &owner).await.json()["data"][0]["status"],
        "active"
    );
}

#[actix_web::test]
async fn the_log_tells_who_did_what_from_where() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let owner = client.owner().await;
    let store = client.open_store(&owner, "A").await;
    let events =
        client.get(&format!("/api/v1/audit-events?object_id={store}"), &owner).await.expect(StatusCode::OK).json();
    let event = &events["data"][0];
    assert_eq!((&event["action"], &event["object"]["kind"]), (&json!("store.opened"), &json!("store")));
    assert_eq!((&event["actor"]["kind"], &event["origin"]["address"]), (&json!("user"), &json!("192.0.2.7")));
    let first = client.get("/api/v1/audit-events?limit=1", &owner).await.json();
    let next = format!("/api/v1/audit-events?limit=1&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(client.get(&next, &owner).await.json()["data"][0]["seq"], 2);
    let last = client.get("/api/v1/audit-events?limit=1&sort=-seq", &owner).await.json();
    assert_eq!(last["data"][0]["action"], "store.opened");
    let none = client.get("/api/v1/audit-events?until=2000-01-01T00:00:00Z", &owner).await.json();
    assert_eq!(none["data"], json!([]));
}
