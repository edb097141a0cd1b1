//! Why somebody may or may not, and what a change of a role would do, as an administrator asks it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use cotenant_tests::rows::differing_but_for_refusals;
use cotenant_tests::{Answer, Client, FreshDatabase, TestServer, eventually, on_both_databases};
use reqwest::StatusCode;
use serde_json::{Value, json};

on_both_databases! {
    an_administrator_finds_out_why_somebody_may_not_and_mends_it;
    who_keeps_one_store_learns_of_no_other;
    what_is_explained_is_what_the_route_answers;
    a_change_of_a_role_is_previewed_and_then_made;
    a_preview_is_refused_like_the_change_and_writes_nothing;
    a_service_account_is_explained_and_foretold_like_a_member;
}

const EXPLAIN: &str = "/api/v1/access/explain";

async fn made(client: &Client, path: &str, body: Value) -> String {
    let answer = client.post(path, body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{path}: {answer:?}");
    answer.id()
}

async fn store(owner: &Client, code: &str) -> String {
    made(owner, "/api/v1/stores", json!({ "name": format!("Store {code}"), "code": code, "currency": "KES" })).await
}

async fn product(owner: &Client, store: &str, sku: &str) -> String {
    let body = json!({ "sku": sku, "name": sku, "price_minor": 100, "currency": "KES" });
    made(owner, &format!("/api/v1/stores/{store}/products"), body).await
}

async fn role(owner: &Client, name: &str, permissions: &[&str]) -> String {
    made(owner, "/api/v1/roles", json!({ "name": name, "permissions": permissions })).await
}

async fn me(client: &Client) -> String {
    client.get("/api/v1/auth/me").await.body["user"]["id"].as_str().unwrap().to_owned()
}

async fn member(server: &TestServer, owner: &Client, name: &str, roles: &[&str]) -> (Client, String) {
    let client = server.member(owner, "acme", &format!("{name}@acme.example"), roles).await;
    let id = me(&client).await;
    (client, id)
}

async fn give(owner: &Client, user: &str, role: &str, store: &str) {
    let answer = owner.put(&format!("/api/v1/members/{user}/roles/{role}?store_id={store}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
}

async fn why(client: &Client, user: &str, permission: &str, store: &str) -> Answer {
    client.get(&format!("{EXPLAIN}?user={user}&permission={permission}&store={store}")).await
}

async fn an_administrator_finds_out_why_somebody_may_not_and_mends_it(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let (x, y) = (store(&owner, "X").await, store(&owner, "Y").await);
    let tea = product(&owner, &x, "TEA").await;
    let keeper = role(&owner, "Keeper", &["products.read", "products.delete"]).await;
    let (amina, user) = member(&server, &owner, "amina", &[]).await;
    give(&owner, &user, &keeper, &y).await;

    let delete = format!("/api/v1/stores/{x}/products/{tea}");
    assert_eq!(amina.delete(&delete).await.problem(), "not_found");
    let told = why(&owner, &user, "products.delete", &x).await.body;
    assert_eq!((&told["allowed"], &told["reasons"]), (&json!(false), &json!(["held_elsewhere"])), "{told}");
    assert_eq!((&told["held"], &told["held_at"]), (&json!("stores"), &json!([y])));
    let elsewhere = &told["grants"][0];
    assert_eq!((&elsewhere["store_name"], &elsewhere["counts"]), (&json!("Store Y"), &json!(false)), "{told}");

    give(&owner, &user, &keeper, &x).await;
    let told = why(&owner, &user, "products.delete", &x).await.body;
    assert_eq!((&told["allowed"], &told["reasons"]), (&json!(true), &json!([])), "{told}");
    let (grant, admin) = (&told["grants"][0], me(&owner).await);
    assert_eq!((&grant["role_id"], &grant["role_name"]), (&json!(keeper), &json!("Keeper")), "{told}");
    assert_eq!((&grant["store_id"], &grant["counts"]), (&json!(x), &json!(true)), "{told}");
    assert_eq!(grant["granted_by"], json!(admin), "{told}");
    assert!(grant["granted_at"].as_str().unwrap() > elsewhere["granted_at"].as_str().unwrap(), "{told}");
    assert_eq!(amina.delete(&delete).await.status, StatusCode::OK);

    let suspended = owner.patch(&format!("/api/v1/members/{user}"), json!({ "status": "suspended" })).await;
    assert_eq!(suspended.status, StatusCode::OK, "{suspended:?}");
    let told = why(&owner, &user, "products.delete", &x).await.body;
    assert_eq!((&told["allowed"], &told["reasons"]), (&json!(false), &json!(["member_suspended"])), "{told}");
    assert_eq!(owner.delete(&format!("/api/v1/members/{user}")).await.status, StatusCode::NO_CONTENT);
    let told = why(&owner, &user, "products.delete", &x).await.body;
    assert_eq!(told["reasons"], json!(["member_removed", "held_nowhere"]), "{told}");

    for (query, parameter) in [
        ("", "permission"),
        ("permission=products.eat", "permission"),
        ("permission=stores.read&user=7", "user"),
        ("permission=stores.read&store=7", "store"),
    ] {
        let refused = owner.get(&format!("{EXPLAIN}?{query}")).await;
        assert_eq!(refused.problem(), "invalid_query", "{query}: {refused:?}");
        assert_eq!(refused.body["errors"][0]["parameter"], parameter, "{refused:?}");
    }
}

async fn who_keeps_one_store_learns_of_no_other(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let (here, there) = (store(&owner, "HERE").await, store(&owner, "THERE").await);
    let roles = owner.get("/api/v1/roles?limit=100").await.body["data"].clone();
    let admin = roles.as_array().unwrap().iter().find(|role| role["system"] == "admin").unwrap()["id"].clone();
    let (keeper, user) = member(&server, &owner, "keeper", &[]).await;
    give(&owner, &user, admin.as_str().unwrap(), &here).await;

    let about = |permission: &str, store: &str| format!("{EXPLAIN}?permission={permission}&store={store}");
    let own = keeper.get(&about("products.delete", &here)).await;
    assert_eq!((own.status, &own.body["allowed"]), (StatusCode::OK, &json!(true)), "{own:?}");
    assert_eq!(own.body["grants"][0]["granted_by"], Value::Null, "who gave it is for those who may see members");
    let own = keeper.get(&about("members.read", &here)).await;
    assert_eq!(own.body["reasons"], json!(["needs_whole_tenant"]), "{own:?}");
    let headers = [("X-Request-Id", "same")];
    let ask =
        async |store: &str| keeper.send(reqwest::Method::GET, &about("products.delete", store), &headers, None).await;
    let (foreign, nothing) = (ask(&there).await, ask("01890a5d-ac96-774b-bcce-b302099a8057").await);
    assert_eq!((foreign.problem().as_str(), &foreign.raw), ("not_found", &nothing.raw));
    assert_eq!(why(&keeper, &me(&owner).await, "products.read", &here).await.problem(), "forbidden");
}

/// Members with roles here and there, each asked about at each place, and then the route itself is asked.
async fn what_is_explained_is_what_the_route_answers(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let (here, there) = (store(&owner, "HERE").await, store(&owner, "THERE").await);
    let gone = store(&owner, "GONE").await;
    let reader = role(&owner, "Reader", &["products.read", "members.read", "stores.read"]).await;
    let writer = role(&owner, "Writer", &["products.create", "roles.read"]).await;
    let mut people = Vec::new();
    for (name, everywhere, at) in [
        ("nobody", vec![], vec![]),
        ("reads", vec![&reader], vec![]),
        ("reads-here", vec![], vec![(&reader, &here), (&reader, &gone)]),
        ("writes-there", vec![&reader], vec![(&writer, &there)]),
    ] {
        let everywhere: Vec<_> = everywhere.into_iter().map(String::as_str).collect();
        let (client, user) = member(&server, &owner, name, &everywhere).await;
        for (role, store) in at {
            give(&owner, &user, role, store).await;
        }
        people.push((client, user));
    }
    assert_eq!(owner.delete(&format!("/api/v1/stores/{gone}")).await.status, StatusCode::OK);
    let (mut yes, mut no) = (0, 0);
    for (client, user) in &people {
        for (permission, path) in
            [("members.read", "/api/v1/members"), ("roles.read", "/api/v1/roles"), ("stores.read", "/api/v1/stores")]
        {
            let told = owner.get(&format!("{EXPLAIN}?user={user}&permission={permission}")).await.body;
            let answer = client.get(path).await;
            assert_eq!(told["allowed"] == true, answer.status == StatusCode::OK, "{permission}: {told} {answer:?}");
        }
        for (n, store) in [&here, &there, &gone].into_iter().enumerate() {
            let products = format!("/api/v1/stores/{store}/products");
            let told = why(&owner, user, "products.read", store).await.body;
            let answer = client.get(&products).await;
            assert_eq!(told["allowed"] == true, answer.status == StatusCode::OK, "{told} {answer:?}");
            let told = why(&owner, user, "products.create", store).await.body;
            let body = json!({ "sku": format!("S{n}{user}"), "name": "Tea", "price_minor": 1, "currency": "KES" });
            let answer = client.post(&products, body).await;
            assert_eq!(told["allowed"] == true, answer.status == StatusCode::CREATED, "{told} {answer:?}");
            let counted = if told["allowed"] == true { &mut yes } else { &mut no };
            *counted += 1;
        }
    }
    assert_eq!((yes, no), (1, 11));
}

async fn a_change_of_a_role_is_previewed_and_then_made(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let shop = store(&owner, "SHOP").await;
    let clerk = role(&owner, "Clerk", &["stores.read", "products.read"]).await;
    let reader = role(&owner, "Reader", &["products.read"]).await;
    let (plain, plain_id) = member(&server, &owner, "plain", &[&clerk]).await;
    let (both, both_id) = member(&server, &owner, "both", &[&clerk, &reader]).await;
    let (keeper, keeper_id) = member(&server, &owner, "keeper", &[]).await;
    give(&owner, &keeper_id, &clerk, &shop).await;

    let change = json!({ "permissions": ["stores.read", "members.read"] });
    let path = format!("/api/v1/roles/{clerk}/preview");
    let told = owner.post(&path, change.clone()).await;
    assert_eq!(told.status, StatusCode::OK, "{told:?}");
    assert_eq!((&told.body["added"], &told.body["removed"]), (&json!(["members.read"]), &json!(["products.read"])));
    let counts = json!({ "holders": 3, "affected": 3, "gaining": 2, "losing": 2 });
    assert_eq!((&told.body["counts"], &told.body["next_cursor"]), (&counts, &Value::Null), "{told:?}");
    let rows = told.body["data"].as_array().unwrap().clone();
    let of = |user: &str| rows.iter().find(|row| row["user_id"] == user).unwrap()["changes"].clone();
    let place = |store: Value, name: Value, gains: Value, loses: Value| json!([{ "store_id": store, "store_name": name, "gains": gains, "loses": loses, "keeps": [] }]);
    let (gained, lost, none) = (json!(["members.read"]), json!(["products.read"]), json!([]));
    assert_eq!(of(&plain_id), place(Value::Null, Value::Null, gained.clone(), lost.clone()));
    assert_eq!(of(&both_id), place(Value::Null, Value::Null, gained, none.clone()));
    assert_eq!(of(&keeper_id), place(json!(shop), json!("Store SHOP"), none, lost));

    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = owner.post(&format!("{path}?limit=1{cursor}"), change.clone()).await;
        seen.extend(page.body["data"].as_array().unwrap().clone());
        let Some(next) = page.body["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
        let other = owner.post(&format!("{path}?limit=1{cursor}"), json!({ "permissions": [] })).await;
        assert_eq!(other.problem(), "invalid_cursor", "a cursor is of one change");
    }
    assert_eq!(seen, rows);

    assert_eq!(both.get("/api/v1/members").await.problem(), "forbidden", "nothing has changed yet");
    let made = owner.patch(&format!("/api/v1/roles/{clerk}"), change).await;
    assert_eq!(made.status, StatusCode::OK, "{made:?}");
    let products = format!("/api/v1/stores/{shop}/products");
    for (client, sees_members, sees_products) in [(&plain, 200, 403), (&both, 200, 200), (&keeper, 403, 403)] {
        assert_eq!(client.get("/api/v1/members").await.status, sees_members);
        assert_eq!(client.get(&products).await.status, sees_products);
    }
}

async fn a_preview_is_refused_like_the_change_and_writes_nothing(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let clerk = role(&owner, "Clerk", &["stores.read"]).await;
    role(&owner, "Taken", &[]).await;
    let writer = role(&owner, "Writer", &["roles.write", "members.read", "service_accounts.read", "stores.read"]).await;
    let (writer, _) = member(&server, &owner, "writer", &[&writer, &clerk]).await;
    let roles = owner.get("/api/v1/roles?limit=100").await.body["data"].clone();
    let admin = roles.as_array().unwrap().iter().find(|role| role["system"] == "admin").unwrap()["id"].clone();
    let admin = admin.as_str().unwrap().to_owned();
    let left = async || server.database.rows().await["jobs"].contains("queued");
    eventually("no job is left", async || !left().await).await;
    let before = server.database.rows().await;
    for (by, id, body, code) in [
        (&owner, &admin, json!({ "permissions": [] }), "system_role"),
        (&owner, &clerk, json!({ "name": "taken" }), "name_taken"),
        (&owner, &clerk, json!({ "permissions": ["eat"] }), "invalid"),
        (&writer, &clerk, json!({ "permissions": ["products.read"] }), "beyond_own_rights"),
    ] {
        let preview = by.post(&format!("/api/v1/roles/{id}/preview"), body.clone()).await;
        let change = by.patch(&format!("/api/v1/roles/{id}"), body).await;
        assert_eq!((preview.problem(), change.problem()), (code.to_owned(), code.to_owned()), "{preview:?}");
        assert_eq!((preview.status, &preview.body["errors"]), (change.status, &change.body["errors"]));
    }
    let seen = [("If-Match", "\"7\"")];
    let body = json!({ "permissions": [] }).to_string();
    let stale = owner.send(reqwest::Method::POST, &format!("/api/v1/roles/{clerk}/preview"), &seen, Some(body)).await;
    assert_eq!(stale.problem(), "stale");
    let done = owner.post(&format!("/api/v1/roles/{clerk}/preview"), json!({ "permissions": [] })).await;
    assert_eq!(
        (done.status, &done.body["counts"]["losing"]),
        (StatusCode::OK, &json!(0)),
        "the writer's own role gives it"
    );
    let done = owner.post(&format!("/api/v1/roles/{clerk}/preview"), json!({ "permissions": ["products.read"] })).await;
    assert_eq!((done.status, &done.body["counts"]["gaining"]), (StatusCode::OK, &json!(1)), "{done:?}");
    let unchanged: &[&str] = &[];
    assert_eq!(differing_but_for_refusals(&before, &server.database.rows().await), unchanged);
}

/// A program with a key: what is told of it is what its requests meet, and what a change of its role does is foretold.
async fn a_service_account_is_explained_and_foretold_like_a_member(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let (x, y) = (store(&owner, "X").await, store(&owner, "Y").await);
    let reader = role(&owner, "Reader", &["products.read", "stores.read"]).await;
    let (_, user) = member(&server, &owner, "amina", &[&reader]).await;
    let till = made(&owner, "/api/v1/service-accounts", json!({ "name": "Till" })).await;
    let account = format!("/api/v1/service-accounts/{till}");
    let given = owner.put(&format!("{account}/roles/{reader}?store_id={x}")).await;
    assert_eq!(given.status, StatusCode::OK, "{given:?}");
    let key = owner.post(&format!("{account}/keys"), json!({ "name": "Till" })).await;
    let program = Client::new(&server.base, Some(key.text("key")));
    let about =
        async |who: &str, more: &str| owner.get(&format!("{EXPLAIN}?service_account={who}&permission={more}")).await;
    for (store, may) in [(&x, true), (&y, false)] {
        let told = about(&till, &format!("products.read&store={store}")).await.body;
        let answer = program.get(&format!("/api/v1/stores/{store}/products")).await;
        assert_eq!((told["allowed"] == true, answer.status == StatusCode::OK), (may, may), "{told} {answer:?}");
        assert_eq!((&told["service_account_id"], &told["user_id"]), (&json!(till), &Value::Null), "{told}");
        let reasons = if may { json!([]) } else { json!(["held_elsewhere"]) };
        assert_eq!(
            (&told["reasons"], &told["grants"][0]["granted_by"]),
            (&reasons, &json!(me(&owner).await)),
            "{told}"
        );
    }
    let told = about(&till, "invitations.create").await.body;
    assert_eq!(told["reasons"], json!(["people_only"]), "{told}");
    let invited = program.post("/api/v1/invitations", json!({ "email": "guest@acme.example" })).await;
    assert_eq!(invited.problem(), "people_only");
    let both = about(&till, &format!("products.read&user={user}")).await;
    assert_eq!(
        (both.problem().as_str(), &both.body["errors"][0]["parameter"]),
        ("invalid_query", &json!("service_account"))
    );
    assert_eq!(about(&user, "products.read").await.problem(), "not_found", "a person is no service account");
    assert_eq!(why(&owner, &till, "products.read", &x).await.problem(), "not_found", "and it is nobody");
    assert_eq!(program.get(&format!("{EXPLAIN}?permission=products.read")).await.problem(), "people_only");

    let change = json!({ "permissions": ["stores.read"] });
    let told = owner.post(&format!("/api/v1/roles/{reader}/preview"), change.clone()).await;
    let counts = json!({ "holders": 2, "affected": 2, "gaining": 0, "losing": 2 });
    assert_eq!((told.status, &told.body["counts"]), (StatusCode::OK, &counts), "{told:?}");
    let rows = told.body["data"].as_array().unwrap().clone();
    assert_eq!((&rows[0]["user_id"], &rows[1]["service_account_id"]), (&json!(user), &json!(till)), "{told:?}");
    let lost =
        json!([{ "store_id": x, "store_name": "Store X", "gains": [], "loses": ["products.read"], "keeps": [] }]);
    assert_eq!((&rows[1]["display_name"], &rows[1]["status"]), (&json!("Till"), &json!("active")));
    assert_eq!((&rows[1]["email"], &rows[1]["changes"]), (&Value::Null, &lost));
    let mut walked = Vec::new();
    let mut next = String::new();
    for _ in 0..2 {
        let page = owner.post(&format!("/api/v1/roles/{reader}/preview?limit=1&sort=-id{next}"), change.clone()).await;
        walked.insert(0, page.body["data"][0].clone());
        next = format!("&cursor={}", page.body["next_cursor"].as_str().unwrap_or_default());
    }
    assert_eq!(walked, rows, "page by page, backwards, it is the same");
    assert_eq!(owner.patch(&format!("/api/v1/roles/{reader}"), change).await.status, StatusCode::OK);
    assert_ne!(program.get(&format!("/api/v1/stores/{x}/products")).await.status, StatusCode::OK);
    let disabled = owner.patch(&account, json!({ "status": "disabled" })).await;
    assert_eq!(disabled.status, StatusCode::OK, "{disabled:?}");
    let told = about(&till, &format!("stores.read&store={x}")).await.body;
    assert_eq!((&told["allowed"], &told["reasons"]), (&json!(false), &json!(["service_account_disabled"])), "{told}");
    assert_eq!(owner.delete(&account).await.status, StatusCode::OK);
    assert_eq!(about(&till, "stores.read").await.problem(), "not_found");
    server.stop().await;
}
