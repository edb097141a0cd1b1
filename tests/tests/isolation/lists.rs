//! Lists, filters, sorts and cursors of one tenant know nothing of another that has the same codes, names and addresses.

use std::collections::BTreeSet;

use cotenant_api::{Audience, routes};
use cotenant_tests::server::PASSWORD;
use cotenant_tests::{Client, FreshDatabase, TestServer, on_both_databases};
use serde_json::json;

use crate::house::{House, column, product, store, uuids};

on_both_databases! {
    lists_filters_and_cursors_stay_in_their_tenant;
    deleted_things_stay_in_their_tenant_and_store;
}

/// A list of a tenant.
struct List {
    route: &'static str,
    path: fn(&House) -> String,
    /// What names a row.
    id: &'static str,
    sorts: &'static [&'static str],
    /// A query that finds rows in both tenants.
    common: &'static str,
    /// A query that finds a row of the first tenant only, and there it finds one; empty where the list has no filter.
    only_in_a: &'static str,
}

const LISTS: [List; 10] = [
    List {
        route: "list_stores",
        path: |_| "/api/v1/stores".to_owned(),
        id: "id",
        sorts: &["id", "name", "code", "created_at"],
        common: "q=twin",
        only_in_a: "q=secret",
    },
    List {
        route: "list_products",
        path: |house| format!("/api/v1/stores/{}/products", house.here),
        id: "id",
        sorts: &["id", "name", "sku", "price_minor", "created_at"],
        common: "q=twin",
        only_in_a: "q=secret",
    },
    List {
        route: "list_roles",
        path: |_| "/api/v1/roles".to_owned(),
        id: "id",
        sorts: &["id", "name"],
        common: "q=twin",
        only_in_a: "q=secret",
    },
    List {
        route: "list_members",
        path: |_| "/api/v1/members".to_owned(),
        id: "user_id",
        sorts: &["id", "email", "display_name"],
        common: "q=twin",
        only_in_a: "q=secret",
    },
    List {
        route: "list_service_accounts",
        path: |_| "/api/v1/service-accounts".to_owned(),
        id: "id",
        sorts: &["id", "name"],
        common: "q=twin",
        only_in_a: "q=secret",
    },
    List {
        route: "list_invitations",
        path: |_| "/api/v1/invitations".to_owned(),
        id: "id",
        sorts: &["id"],
        common: "status=pending",
        only_in_a: "status=withdrawn",
    },
    List {
        route: "list_audit_events",
        path: |_| "/api/v1/audit-events".to_owned(),
        id: "id",
        sorts: &["seq"],
        common: "action=store.opened",
        only_in_a: "action=invitation.withdrawn",
    },
    List {
        route: "list_jobs",
        path: |_| "/api/v1/jobs".to_owned(),
        id: "id",
        sorts: &["id"],
        common: "kind=invitation.send",
        only_in_a: "status=dead",
    },
    List {
        route: "list_support_grants",
        path: |_| "/api/v1/support-grants".to_owned(),
        id: "id",
        sorts: &["id"],
        common: "live=true",
        only_in_a: "",
    },
    List {
        route: "list_sessions",
        path: |_| "/api/v1/auth/sessions".to_owned(),
        id: "id",
        sorts: &[],
        common: "",
        only_in_a: "",
    },
];

/// The same in both tenants, and in the first something more.
async fn furnish(server: &TestServer, house: &House, more: bool) {
    let names = if more { vec!["Twin", "Twin2", "Secret"] } else { vec!["Twin", "Twin2"] };
    let operator = server.operator().await;
    let email = house.owner.get("/api/v1/auth/me").await.body["user"]["email"].clone();
    for name in names {
        let body = json!({ "email": email, "password": PASSWORD, "tenant": house.slug });
        assert_eq!(house.owner.post("/api/v1/auth/login", body).await.status, 200);
        house.store(name).await;
        house.product(&house.here, name).await;
        house.role(name, &["stores.read"]).await;
        house.service(name).await;
        house.member(server, &name.to_lowercase(), &[]).await;
        house.invitation(name).await;
        let grants = format!("/api/v1/platform/tenants/{}/support-grants", house.tenant);
        assert_eq!(operator.post(&grants, json!({ "reason": "Ticket 4711" })).await.status, 201);
    }
    if more {
        let id = house.invitation("withdrawn").await;
        house.delete(&format!("/api/v1/invitations/{id}")).await;
        server.database.dead_job(Some(&house.tenant)).await;
    }
}

async fn two_houses(database: FreshDatabase) -> (TestServer, House, House) {
    let server = TestServer::start(database).await;
    let a = House::of(server.bootstrap("acme").await).await;
    let b = House::of(server.tenant("globex", "owner@globex.example").await).await;
    furnish(&server, &a, true).await;
    furnish(&server, &b, false).await;
    (server, a, b)
}

// Attacks: 2, 31.
async fn lists_filters_and_cursors_stay_in_their_tenant(database: FreshDatabase) {
    let (server, a, b) = two_houses(database).await;
    let paged = routes().into_iter().filter(|r| r.audience == Audience::Tenant && r.name().starts_with("list_"));
    let apart = ["list_permissions", "list_api_keys"];
    let paged: BTreeSet<_> = paged.map(|r| r.name()).filter(|name| !apart.contains(name)).collect();
    assert_eq!(paged, LISTS.iter().map(|list| list.route).collect(), "every list is asked below");
    // Both states first: messages that are sent meanwhile would change what the lists show.
    let (a_ids, b_ids) = (a.state().await.ids(), b.state().await.ids());
    assert_eq!(a_ids.intersection(&b_ids).count(), 0, "the tenants share nothing");
    for list in &LISTS {
        sorts_and_filters(&a, &b, list).await;
        cursors(&a, &b, list).await;
    }
    keys_of_accounts(&server, &a, &b).await;
    audit_filters(&a, &b).await;
    server.stop().await;
}

/// A list of keys, and its cursor, belong to one account.
async fn keys_of_accounts(server: &TestServer, a: &House, b: &House) {
    let mut lists = Vec::new();
    for (house, name) in [(a, "One"), (a, "Two"), (b, "One")] {
        let service = house.service(name).await;
        for _ in 0..2 {
            house.key(server, &service).await;
        }
        lists.push(format!("/api/v1/service-accounts/{service}/keys"));
    }
    let of = async |house: &House, n: usize| rows(&house.owner, &lists[n], "", "id").await;
    let (one, two, theirs) = (of(a, 0).await, of(a, 1).await, of(b, 2).await);
    assert_eq!((one.len(), two.len(), theirs.len()), (2, 2, 2));
    assert!(one.is_disjoint(&two) && one.is_disjoint(&theirs));
    let cursor = a.owner.get(&format!("{}?limit=1", lists[0])).await.text("next_cursor");
    for (house, n) in [(a, 1), (b, 2)] {
        let stolen = house.owner.get(&format!("{}?limit=1&cursor={cursor}", lists[n])).await;
        assert_eq!(stolen.problem(), "invalid_cursor");
    }
    assert_eq!(b.owner.get(&lists[0]).await.status, 404);
}

async fn rows(client: &Client, path: &str, query: &str, id: &str) -> BTreeSet<String> {
    let answer = client.get(&format!("{path}?limit=100{}{query}", if query.is_empty() { "" } else { "&" })).await;
    assert!(answer.body["next_cursor"].is_null(), "{answer:?}");
    column(&answer, id).into_iter().collect()
}

async fn sorts_and_filters(a: &House, b: &House, list: &List) {
    let (in_a, in_b) = ((list.path)(a), (list.path)(b));
    let own = rows(&b.owner, &in_b, "", list.id).await.len();
    for sort in list.sorts.iter().flat_map(|sort| [format!("sort={sort}"), format!("sort=-{sort}")]) {
        let (of_a, of_b) = (rows(&a.owner, &in_a, &sort, list.id).await, rows(&b.owner, &in_b, &sort, list.id).await);
        assert_eq!((of_a.intersection(&of_b).count(), of_b.len()), (0, own), "{in_b}?{sort}");
        assert!(of_a.len() > of_b.len(), "{in_a}?{sort}");
    }
    let (of_a, of_b) =
        (rows(&a.owner, &in_a, list.common, list.id).await, rows(&b.owner, &in_b, list.common, list.id).await);
    assert!(of_b.len() >= 2 && of_a.intersection(&of_b).count() == 0, "{}: {of_a:?} {of_b:?}", list.route);
    if !list.only_in_a.is_empty() {
        assert_eq!(rows(&a.owner, &in_a, list.only_in_a, list.id).await.len(), 1, "{}", list.route);
        assert_eq!(rows(&b.owner, &in_b, list.only_in_a, list.id).await.len(), 0, "{}", list.route);
    }
    let chosen = b.owner.get(&format!("{in_b}?tenant_id={}", a.tenant)).await;
    assert_eq!(chosen.problem(), "invalid_query");
}

async fn cursors(a: &House, b: &House, list: &List) {
    let page = |house: &House, cursor: &str| format!("{}?limit=1&cursor={cursor}", (list.path)(house));
    let first = a.owner.get(&format!("{}?limit=1", (list.path)(a))).await;
    let cursor = first.text("next_cursor");
    assert_eq!(a.owner.get(&page(a, &cursor)).await.status, 200, "{}", list.route);
    let stolen = b.owner.get(&page(b, &cursor)).await;
    assert_eq!((stolen.status.as_u16(), stolen.problem().as_str()), (400, "invalid_cursor"), "{}", list.route);
    if list.route == "list_products" {
        assert_eq!(b.owner.get(&page(a, &cursor)).await.problem(), "invalid_cursor", "another tenant's store");
        let there = page(a, &cursor).replace(&a.here, &a.there);
        assert_eq!(a.owner.get(&there).await.problem(), "invalid_cursor", "another store");
    }
}

async fn audit_filters(a: &House, b: &House) {
    let person = column(&a.owner.get("/api/v1/members?q=secret").await, "user_id").remove(0);
    for filter in [format!("object_id={}", a.here), format!("actor_id={person}")] {
        assert!(!rows(&a.owner, "/api/v1/audit-events", &filter, "id").await.is_empty(), "{filter}");
        assert!(rows(&b.owner, "/api/v1/audit-events", &filter, "id").await.is_empty(), "{filter}");
    }
    let log = b.owner.get("/api/v1/audit-events?limit=100").await;
    let made_in_a: BTreeSet<_> = a.state().await.ids();
    let operator = column(&a.owner.get("/api/v1/members?q=operator").await, "user_id").remove(0);
    let known: Vec<_> = uuids(&log.body).intersection(&made_in_a).filter(|id| **id != operator).cloned().collect();
    assert!(known.is_empty(), "the log of one tenant names {known:?} of another");
}

async fn deleted_things_stay_in_their_tenant_and_store(database: FreshDatabase) {
    let (server, a, b) = two_houses(database).await;
    let gone = a.store("Gone").await;
    a.product(&gone, "Inside").await;
    a.delete(&format!("/api/v1/stores/{gone}")).await;
    let sold = a.product(&a.here, "Sold").await;
    a.delete(&format!("/api/v1/stores/{}/products/{sold}", a.here)).await;
    let role = a.role("Archivist", &["stores.read", "products.read", "deleted.read"]).await;
    let (archivist, user) = a.member(&server, "archivist", &[]).await;
    a.grant(&user, &role, Some(&a.there)).await;
    let gone_path = format!("/api/v1/stores/{gone}?include_deleted=true");
    let sold_path = format!("/api/v1/stores/{}/products/{sold}?include_deleted=true", a.here);
    for path in [&gone_path, &sold_path] {
        assert_eq!(a.owner.get(path).await.status, 200, "{path}");
        assert_eq!(b.owner.get(path).await.status, 404, "{path}");
        assert_eq!(archivist.get(path).await.status, 404, "{path}");
    }
    let all = "/api/v1/stores?limit=100&include_deleted=true";
    assert!(column(&a.owner.get(all).await, "id").contains(&gone));
    assert!(!column(&b.owner.get(all).await, "id").contains(&gone));
    assert_eq!(column(&archivist.get(all).await, "id"), [a.there.as_str()]);
    // What is deleted in one tenant takes no name from another.
    b.make("/api/v1/stores", store("Gone")).await;
    b.make(&format!("/api/v1/stores/{}/products", b.here), product("Sold")).await;
    let open = b.owner.post(&format!("/api/v1/stores/{gone}/products"), product("Sold")).await;
    assert_eq!(open.status, 404);
    server.stop().await;
}
