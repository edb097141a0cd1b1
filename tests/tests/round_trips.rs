//! How often a request asks the database. The numbers are written down; a change that makes one grow has to change this
//! file, where it is seen.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use cotenant_domain::jobs::{Handlers, JobId, NewJob, RunReport, WorkerSettings, run_due};
use cotenant_domain::tenancy::{Origin, ShownToken, StoresCreate, authenticate};
use cotenant_tests::server::{OPERATOR, PASSWORD};
use cotenant_tests::tally::{ProductToTally, Tally};
use cotenant_tests::{Answer, Client, FreshDatabase, TestServer, eventually, on_both_databases};
use serde_json::json;
use time::Duration;

on_both_databases! {
    no_request_asks_the_database_more_often_than_written_here;
    rights_are_read_once_for_each_version;
    what_is_kept_is_not_asked_for_again;
    a_quota_costs_a_lock_and_a_count_where_the_plan_has_one;
    a_key_costs_what_a_token_costs;
    jobs_ask_the_database_no_more_often_than_written_here;
    a_support_grant_costs_what_a_token_costs;
    doing_something_once_costs_two_statements_more;
    lists_ask_as_often_for_many_rows_as_for_few;
    explanations_and_previews_ask_as_often_for_many_as_for_few;
}

/// What a request cost: statements, and round trips (the beginnings and ends of transactions included).
type Cost = (u64, u64);

async fn cost(server: &TestServer, request: impl Future<Output = Answer>) -> Cost {
    let before = (server.scoped.meter().statements(), server.scoped.meter().round_trips());
    let answer = request.await;
    assert!(answer.status.is_success(), "{answer:?}");
    let after = (server.scoped.meter().statements(), server.scoped.meter().round_trips());
    (after.0 - before.0, after.1 - before.1)
}

/// A server without a worker, so that nothing else asks.
async fn quiet(database: FreshDatabase) -> (TestServer, Client) {
    let server = TestServer::start_with(database, &[("COTENANT__JOBS__IN_SERVER", "false")]).await;
    let owner = server.bootstrap("acme").await;
    (server, owner)
}

/// Waits until nothing has asked for a while: uses are noted beside the request.
async fn asleep(server: &TestServer) {
    let (mut last, mut same) = (0, 0);
    eventually("nothing asks", async || {
        let now = server.scoped.meter().round_trips();
        same = if now == last { same + 1 } else { 0 };
        last = now;
        same >= 10
    })
    .await;
}

fn store(code: &str) -> serde_json::Value {
    json!({ "name": "Town", "code": code, "currency": "KES" })
}

async fn no_request_asks_the_database_more_often_than_written_here(database: FreshDatabase) {
    let (server, owner) = quiet(database).await;
    let id = owner.post("/api/v1/stores", store("A")).await.id();
    let path = format!("/api/v1/stores/{id}");
    let measured = [
        ("GET /healthz", cost(&server, owner.get("/healthz")).await),
        ("GET /stores", cost(&server, owner.get("/api/v1/stores")).await),
        ("GET /stores/{id}", cost(&server, owner.get(&path)).await),
        ("POST /stores", cost(&server, owner.post("/api/v1/stores", store("B"))).await),
        ("PATCH /stores/{id}", cost(&server, owner.patch(&path, json!({ "name": "Old Town" }))).await),
        ("GET /products", cost(&server, owner.get(&format!("{path}/products"))).await),
        ("GET /members", cost(&server, owner.get("/api/v1/members")).await),
        ("GET /roles", cost(&server, owner.get("/api/v1/roles")).await),
        ("GET /audit-events", cost(&server, owner.get("/api/v1/audit-events")).await),
        ("GET /audit-events/export", cost(&server, owner.get("/api/v1/audit-events/export")).await),
        ("GET /auth/me", cost(&server, owner.get("/api/v1/auth/me")).await),
    ];
    let written = [
        ("GET /healthz", (0, 0)),
        // Begin, access, list: the list goes on in the transaction in which the access was read. What the member may do is
        // remembered from the request before; where it was changed since, one statement more reads it anew.
        ("GET /stores", (2, 3)),
        ("GET /stores/{id}", (2, 3)),
        // Begin, access, insert, audit head, audit event, commit. The head advances from where this process left it: to chain
        // an event to the one before costs no statement more.
        ("POST /stores", (4, 6)),
        ("PATCH /stores/{id}", (5, 7)),
        // That the store is there is asked once for each version of rights, as below.
        ("GET /products", (3, 4)),
        ("GET /members", (3, 4)),
        ("GET /roles", (2, 3)),
        ("GET /audit-events", (2, 3)),
        // What the list takes, a unit that records the export, a page, and an end: each asks for the rights anew.
        ("GET /audit-events/export", (7, 12)),
        ("GET /auth/me", (4, 5)),
    ];
    assert_eq!(measured, written);
    server.stop().await;
}

/// A first request pays what it paid without a cache, one that finds what was kept pays a statement less, and a change of
/// something else in the tenant that is kept costs one first request again.
async fn what_is_kept_is_not_asked_for_again(database: FreshDatabase) {
    let (server, owner) = quiet(database).await;
    let store = owner.post("/api/v1/stores", store("A")).await.id();
    let products = format!("/api/v1/stores/{store}/products");
    let role = owner.get("/api/v1/roles").await.body["data"][0]["id"].as_str().unwrap().to_owned();
    let role = format!("/api/v1/roles/{role}");
    assert!(owner.patch("/api/v1/tenant", json!({ "name": "Renamed" })).await.status.is_success());
    // Whoever asks first after a change pays for the rights as well.
    assert_eq!(cost(&server, owner.get("/api/v1/stores")).await, (3, 4));
    // What one does with one's own things reaches no store, so `GET /auth/me` keeps the tenant for itself.
    let paths = [("/api/v1/tenant", 2), ("/api/v1/roles", 2), (&*role, 2), (&*products, 3), ("/api/v1/auth/me", 4)];
    for (path, first) in paths {
        assert_eq!(cost(&server, owner.get(path)).await, (first, first + 1), "{path}, first");
        assert_eq!(cost(&server, owner.get(path)).await, (first - 1, first), "{path}, again");
    }
    // A search is nobody else's: it is not kept.
    for _ in 0..2 {
        assert_eq!(cost(&server, owner.get("/api/v1/roles?q=own")).await, (2, 3));
    }
    assert!(owner.post("/api/v1/roles", json!({ "name": "New", "permissions": [] })).await.status.is_success());
    assert_eq!(cost(&server, owner.get("/api/v1/tenant")).await, (3, 4), "the rights and the record, anew");
    assert_eq!(cost(&server, owner.get("/api/v1/tenant")).await, (1, 2));
    server.stop().await;
}

/// A plan that bounds what is made costs the tenant's record, locked, and a count; one that does not costs nothing.
async fn a_quota_costs_a_lock_and_a_count_where_the_plan_has_one(database: FreshDatabase) {
    let quiet = ("COTENANT__JOBS__POLL_MS", "3600000");
    let offered = ("COTENANT__PLANS__OFFERED", "standard, free stores=9 members=9 service_accounts=9");
    let server = TestServer::start_with(database, &[quiet, offered]).await;
    let owner = server.bootstrap("acme").await;
    let accounts = "/api/v1/service-accounts";
    let costs = async |n: u8| {
        asleep(&server).await;
        owner.post("/api/v1/stores", store(&format!("A{n}"))).await;
        let opened = cost(&server, owner.post("/api/v1/stores", store(&format!("B{n}")))).await;
        let made = cost(&server, owner.post(accounts, json!({ "name": format!("Till {n}") }))).await;
        (opened, made, cost(&server, owner.get("/api/v1/stores")).await)
    };
    let open = costs(1).await;
    let tenant = format!("/api/v1/platform/tenants/{}", owner.get("/api/v1/tenant").await.id());
    let chosen = server.operator().await.patch(&tenant, json!({ "plan": "free" })).await;
    assert_eq!(chosen.status, 200, "{chosen:?}");
    let bounded = costs(2).await;
    assert_eq!((open.0, open.2), ((4, 6), (2, 3)), "as above");
    let two_more = |(statements, round_trips): Cost| (statements + 2, round_trips + 2);
    assert_eq!(bounded, (two_more(open.0), two_more(open.1), open.2));
    assert_eq!(cost(&server, owner.get("/api/v1/tenant/usage")).await, (5, 6), "the tenant, and three counts");
    server.stop().await;
}

async fn rights_are_read_once_for_each_version(database: FreshDatabase) {
    let (server, owner) = quiet(database).await;
    let stores = "/api/v1/stores";
    assert_eq!(cost(&server, owner.get(stores)).await, (3, 4), "nobody has asked before");
    assert_eq!(cost(&server, owner.get(stores)).await, (2, 3));
    let id = owner.post(stores, store("A")).await.id();
    assert_eq!(cost(&server, owner.get(stores)).await, (2, 3), "opening a store changes nobody's rights");
    assert!(owner.delete(&format!("{stores}/{id}")).await.status.is_success());
    assert_eq!(cost(&server, owner.get(stores)).await, (3, 4), "deleting it may");
    assert_eq!(cost(&server, owner.get(stores)).await, (2, 3));
    server.stop().await;
}

async fn a_key_costs_what_a_token_costs(database: FreshDatabase) {
    let (server, owner) = quiet(database).await;
    let path = "/api/v1/service-accounts";
    let account = format!("{path}/{}", owner.post(path, json!({ "name": "Till" })).await.id());
    let roles = owner.get("/api/v1/roles").await;
    let admin = roles.body["data"].as_array().unwrap().iter().find(|role| role["system"] == "admin").unwrap();
    let given = owner.put(&format!("{account}/roles/{}", admin["id"].as_str().unwrap())).await;
    assert_eq!(given.status, 200, "{given:?}");
    let made = owner.post(&format!("{account}/keys"), json!({ "name": "Till" })).await;
    let (key, till) = (format!("{account}/keys/{}", made.id()), Client::new(&server.base, Some(made.text("key"))));
    assert_eq!(till.get("/api/v1/stores").await.status, 200);
    // The first use is noted beside the request; what comes after it within minutes is not.
    eventually("the use is noted", async || owner.get(&key).await.body["last_used_at"].is_string()).await;
    let id = till.post("/api/v1/stores", store("A")).await.id();
    let one = format!("/api/v1/stores/{id}");
    let measured = [
        cost(&server, till.get("/api/v1/stores")).await,
        cost(&server, till.get(&one)).await,
        cost(&server, till.post("/api/v1/stores", store("B"))).await,
        cost(&server, till.patch(&one, json!({ "name": "Old Town" }))).await,
    ];
    assert_eq!(measured, [(2, 3), (2, 3), (4, 6), (5, 7)], "as of a member, above");
    server.stop().await;
}

async fn doing_something_once_costs_two_statements_more(database: FreshDatabase) {
    let (server, owner) = quiet(database).await;
    asleep(&server).await;
    assert_eq!(owner.get("/api/v1/stores").await.status, 200);
    let once = async |code: &str| {
        let (method, body) = (reqwest::Method::POST, Some(store(code).to_string()));
        cost(&server, owner.send(method, "/api/v1/stores", &[("Idempotency-Key", code)], body)).await
    };
    // The claim and the keeping of the answer; the first in a while orders the sweep. A replay: begin, access, claim, read.
    let measured = [once("A").await, once("B").await, once("B").await];
    assert_eq!(measured, [(7, 9), (6, 8), (3, 4)]);
    let operator = server.operator().await;
    let tenants = "/api/v1/platform/tenants";
    let tenant = |slug: &str| json!({ "name": slug, "slug": slug, "owner_email": "hank@globex.example" });
    let once = async |slug: &str| {
        let (method, body) = (reqwest::Method::POST, Some(tenant(slug).to_string()));
        cost(&server, operator.send(method, tenants, &[("Idempotency-Key", slug)], body)).await
    };
    let plain = cost(&server, operator.post(tenants, tenant("plain"))).await;
    let measured = [once("aa").await, once("bb").await, once("bb").await];
    // The act ends inside the new tenant: the step back to the platform is a round trip more.
    assert_eq!((plain, measured), ((14, 18), [(17, 22), (16, 21), (3, 5)]));
    server.stop().await;
}

async fn jobs_ask_the_database_no_more_often_than_written_here(database: FreshDatabase) {
    let server = TestServer::start_with(database, &[("COTENANT__JOBS__IN_SERVER", "false")]).await;
    let owner = server.bootstrap("acme").await;
    let tallied = tallied_product(&owner).await;
    let handlers = Handlers::new().in_tenants(Tally);
    let settings = WorkerSettings { lease: Duration::MINUTE, hands: 50, turn: 50, in_hand: 50, max_attempts: 1 };
    let spent = async |jobs: usize| {
        queue(&server, &tallied, jobs).await;
        let meter = server.scoped.meter();
        let before = (meter.statements(), meter.round_trips());
        let report = run_due(&server.deps, &handlers, &settings).await.unwrap();
        assert_eq!(report, RunReport { done: jobs as u32, ..RunReport::default() });
        (meter.statements() - before.0, meter.round_trips() - before.1)
    };
    let idle = spent(0).await;
    // Is there one at the platform, is there one of a tenant: each in a transaction, on SQLite on the one writer.
    assert_eq!(idle, (2, 6));
    let (one, twenty) = (spent(1).await, spent(20).await);
    // A claim asks at each tenant's turn whether it is in use, how many are in hand and which are next, leases them, and looks
    // who is next. A job is read with its tenant's state, does its own (here a find and an update) and ends, in two
    // transactions; the first, which reads, ends by being dropped.
    let (claim, job) = ((5, 5), (5, 8));
    assert_eq!(one, (idle.0 + claim.0 + job.0, idle.1 + claim.1 + job.1));
    assert_eq!(twenty, (idle.0 + claim.0 + 20 * job.0, idle.1 + claim.1 + 20 * job.1), "one claim for all of them");
    server.stop().await;
}

/// A product of the owner's.
async fn tallied_product(owner: &Client) -> ProductToTally {
    let store_id = owner.post("/api/v1/stores", store("TALLY")).await.id();
    let product = json!({ "sku": "T", "name": "Tallied", "price_minor": 1, "currency": "KES" });
    let product_id = owner.post(&format!("/api/v1/stores/{store_id}/products"), product).await.id();
    ProductToTally { store_id: store_id.parse().unwrap(), product_id: product_id.parse().unwrap() }
}

/// Queues jobs as a use case does.
async fn queue(server: &TestServer, about: &ProductToTally, jobs: usize) {
    let deps = &server.deps;
    let login = json!({ "email": OPERATOR, "password": PASSWORD, "tenant": "acme" });
    let token = server.anonymous().post("/api/v1/auth/login", login).await.text("access_token").into();
    let shown = ShownToken::read(&token, &*deps.verifier, deps.clock.now()).unwrap();
    let bearer = authenticate(&shown, Origin::default(), &*deps.access, &*deps.clock).await.unwrap();
    let owner = bearer.member().unwrap();
    let unit = deps.db.write(&owner.authorize(StoresCreate).unwrap()).await.unwrap();
    for _ in 0..jobs {
        let job = NewJob::of::<Tally>(JobId::new(deps.ids.next()), about, deps.clock.now());
        assert!(unit.jobs().enqueue(job).await.unwrap());
    }
    unit.commit().await.unwrap();
}

async fn a_support_grant_costs_what_a_token_costs(database: FreshDatabase) {
    let (server, owner) = quiet(database).await;
    let tenant = owner.get("/api/v1/tenant").await.id();
    let grants = format!("/api/v1/platform/tenants/{tenant}/support-grants");
    let made = server.operator().await.post(&grants, json!({ "reason": "Ticket 4711", "may_write": true })).await;
    assert_eq!(made.status, 201, "{made:?}");
    let support = Client::new(&server.base, Some(made.text("token")));
    assert_eq!(support.get("/api/v1/stores").await.status, 200);
    // The first use is noted beside the request, and the owners are told by a job; what comes later asks for itself alone.
    let noted = async || owner.get("/api/v1/support-grants").await.body["data"][0]["last_used_at"].is_string();
    eventually("the use is noted", noted).await;
    asleep(&server).await;
    let id = support.post("/api/v1/stores", store("A")).await.id();
    let one = format!("/api/v1/stores/{id}");
    let measured = [
        cost(&server, support.get("/api/v1/stores")).await,
        cost(&server, support.get(&one)).await,
        cost(&server, support.post("/api/v1/stores", store("B"))).await,
        cost(&server, support.patch(&one, json!({ "name": "Old Town" }))).await,
    ];
    assert_eq!(measured, [(2, 3), (2, 3), (4, 6), (5, 7)], "as of a member, above");
    server.stop().await;
}

async fn lists_ask_as_often_for_many_rows_as_for_few(database: FreshDatabase) {
    let (server, owner) = quiet(database).await;
    let lists = ["/api/v1/stores?limit=100", "/api/v1/members?limit=100", "/api/v1/roles?limit=100"];
    let mut few = Vec::new();
    owner.get(lists[0]).await;
    for list in lists {
        few.push(cost(&server, owner.get(list)).await);
    }
    for n in 0..30 {
        assert!(owner.post("/api/v1/stores", store(&format!("S{n}"))).await.status.is_success());
        let role = json!({ "name": format!("Role {n}"), "permissions": ["stores.read"] });
        assert!(owner.post("/api/v1/roles", role).await.status.is_success());
    }
    let mut many = Vec::new();
    // A new role is a new version, at which somebody reads the rights first.
    owner.get(lists[0]).await;
    for list in lists {
        many.push(cost(&server, owner.get(list)).await);
    }
    assert_eq!(few, many);
    server.stop().await;
}

async fn explanations_and_previews_ask_as_often_for_many_as_for_few(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let mut asked = Vec::new();
    for many in [1, 6] {
        let role = json!({ "name": format!("Held by {many}"), "permissions": ["products.read"] });
        let role = owner.post("/api/v1/roles", role).await.id();
        let (mut explain, mut of_program) = (String::new(), String::new());
        for n in 0..many {
            let clerk = server.member(&owner, "acme", &format!("clerk-{many}-{n}@acme.example"), &[&role]).await;
            let me = clerk.get("/api/v1/auth/me").await.body["user"]["id"].as_str().unwrap_or_default().to_owned();
            explain = format!("/api/v1/access/explain?permission=products.read&user={me}");
            let name = json!({ "name": format!("Till {many}-{n}") });
            let program = owner.post("/api/v1/service-accounts", name).await.id();
            of_program = format!("/api/v1/access/explain?permission=products.read&service_account={program}");
            let roles = format!("/api/v1/service-accounts/{program}/roles/{role}");
            assert!(owner.put(&roles).await.status.is_success());
            for place in 0..many {
                let store = owner.post("/api/v1/stores", store(&format!("S{many}{n}{place}"))).await.id();
                let given = owner.put(&format!("/api/v1/members/{me}/roles/{role}?store_id={store}")).await;
                assert!(given.status.is_success(), "{given:?}");
                let given = owner.put(&format!("{roles}?store_id={store}")).await;
                assert!(given.status.is_success(), "{given:?}");
            }
        }
        asked.push((explain, of_program, format!("/api/v1/roles/{role}/preview"), many));
    }
    let (server, owner) = {
        let database = server.stop().await;
        let server = TestServer::start_with(database, &[("COTENANT__JOBS__IN_SERVER", "false")]).await;
        let owner = server.sign_in(OPERATOR, "acme").await;
        (server, owner)
    };
    owner.get("/api/v1/stores").await;
    asleep(&server).await;
    for (explain, of_program, preview, many) in asked {
        let explained = cost(&server, async {
            let told = owner.get(&explain).await;
            assert_eq!(told.body["grants"].as_array().map(Vec::len), Some(many + 1), "{told:?}");
            told
        });
        // Access, rights, the two tables of grants, roles, names of stores.
        assert_eq!(explained.await, (6, 7), "{many} grants");
        let explained = cost(&server, async {
            let told = owner.get(&of_program).await;
            assert_eq!(told.body["grants"].as_array().map(Vec::len), Some(many + 1), "{told:?}");
            told
        });
        assert_eq!(explained.await, (6, 7), "{many} grants of a service account");
        let previewed = cost(&server, async {
            let told = owner.post(&preview, json!({ "permissions": [] })).await;
            assert_eq!(told.body["counts"]["losing"], 2 * many, "{told:?}");
            told
        });
        // Access, the role, the members who hold it, all their grants, the accounts, all theirs, roles, members, their grants,
        // accounts, theirs.
        assert_eq!(previewed.await, (11, 12), "{many} members and as many accounts");
    }
    server.stop().await;
}
