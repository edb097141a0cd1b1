//! The audit log as a tenant keeps it: exported, verified by the program without a database, and held against every change.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;

use cotenant_tests::program::Ended;
use cotenant_tests::{Client, FreshDatabase, Kind, Program, TestServer, on_both_databases};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};

on_both_databases! {
    an_export_is_verified_and_every_change_of_it_is_found;
    a_change_in_the_database_is_found_by_the_next_export;
    what_was_kept_elsewhere_shows_a_log_that_was_written_anew;
    events_from_before_the_chain_are_told_apart;
    an_export_shows_one_tenant_and_opens_harmlessly_in_a_spreadsheet;
    a_flood_of_refusals_is_one_event;
    operators_and_nobody_else_read_the_platforms_log;
}

const EXPORT: &str = "/api/v1/audit-events/export";
const PLATFORM: &str = "/api/v1/platform/audit-events";

fn verify(export: &str, more: &[&str]) -> Ended {
    let program = Program::new(env!("CARGO_BIN_EXE_cotenant-program"));
    program.run_with_input(&[&["audit", "verify", "-"], more].concat(), export)
}

/// The last hash of an export that holds.
#[track_caller]
fn holds(export: &str, more: &[&str]) -> String {
    let ended = verify(export, more);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let head = ended.out.lines().find_map(|line| line.strip_prefix("head  "));
    head.unwrap().to_owned()
}

#[track_caller]
fn broken(export: &str, more: &[&str], reason: &str) {
    let ended = verify(export, more);
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{ended:?}");
    assert!(ended.err.starts_with("error: line ") && ended.err.contains(reason), "{reason:?} is not in {ended:?}");
}

async fn export(client: &Client, query: &str) -> String {
    let answer = client.get(&format!("{EXPORT}{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.raw
}

async fn open(client: &Client, code: &str) {
    let body = json!({ "name": format!("Store {code}"), "code": code, "currency": "KES" });
    let answer = client.post("/api/v1/stores", body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
}

/// Writes past all walls, as who owns the database can.
async fn tamper(database: &FreshDatabase, sql: &str) {
    match database.kind {
        Kind::Sqlite => {
            let mut connection = SqliteConnection::connect(&database.url).await.unwrap();
            for event in ["UPDATE", "DELETE"] {
                let drop = format!("DROP TRIGGER IF EXISTS audit_events_no_{event}");
                connection.execute(AssertSqlSafe(drop)).await.unwrap();
            }
            connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
        }
        Kind::Postgres => {
            let mut connection = PgConnection::connect(&database.url).await.unwrap();
            connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
        }
    }
}

async fn an_export_is_verified_and_every_change_of_it_is_found(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    for n in 0..130 {
        open(&owner, &format!("S{n}")).await;
    }
    let whole = export(&owner, "").await;
    holds(&whole, &[]);
    let lines: Vec<&str> = whole.lines().collect();
    assert!(lines.len() > 130, "more than one page");
    let file = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    assert_eq!(file(&lines), whole);

    let cell = whole.replacen("\"code\":\"S7\"", "\"code\":\"S8\"", 1);
    assert_ne!(cell, whole);
    broken(&cell, &[], "does not follow from its content");
    let mut changed = lines.clone();
    changed.remove(20);
    broken(&file(&changed), &[], "line 21: event 20 should stand here, and 21 does");
    let mut changed = lines.clone();
    changed.swap(30, 31);
    broken(&file(&changed), &[], "line 31: event 30 should stand here, and 31 does");
    broken(&file(&lines[..90]), &[], "ends without its closing line");
    broken(&whole[..whole.len() / 2], &[], "not as an export writes it");
    let mut changed = lines.clone();
    changed.remove(lines.len() - 2);
    broken(&file(&changed), &[], "the closing line tells of other events");
    let last: Value = serde_json::from_str(lines[lines.len() - 2]).unwrap();
    let seq = last["seq"].as_i64().unwrap();
    let forged = lines[lines.len() - 2].replace(&format!("\"seq\":{seq}"), &format!("\"seq\":{}", seq + 1));
    let mut changed = lines.clone();
    changed.insert(lines.len() - 1, &forged);
    broken(&file(&changed), &[], "does not follow from its content");
    broken(&export(&owner, "?action=store.opened").await, &[], "a filtered export is no chain");
    broken(&export(&owner, "?format=csv").await, &[], "this is no export");
    broken("", &[], "this is no export");
    let told = owner.get("/api/v1/audit-events?action=audit.exported").await;
    assert_eq!(told.body["data"].as_array().map(Vec::len), Some(3), "{told:?}");
    server.stop().await;
}

async fn a_change_in_the_database_is_found_by_the_next_export(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    open(&owner, "A").await;
    open(&owner, "B").await;
    let kept = holds(&export(&owner, "").await, &[]);
    holds(&export(&owner, "").await, &["--through", &kept]);
    let event = owner.get("/api/v1/audit-events?action=store.opened&limit=1").await.body["data"][0]["seq"].clone();
    let undo = |column: &str| format!("UPDATE audit_events SET {column} WHERE seq = {event}");
    tamper(&server.database, &undo("detail = replace(detail, 'Store A', 'Store Z')")).await;
    broken(&export(&owner, "").await, &[], &format!("the hash of event {event} does not follow"));
    tamper(&server.database, &undo("detail = replace(detail, 'Store Z', 'Store A')")).await;
    holds(&export(&owner, "").await, &["--through", &kept]);
    tamper(&server.database, &undo("agent = 'curl'")).await;
    broken(&export(&owner, "").await, &[], &format!("the hash of event {event} does not follow"));
    tamper(&server.database, &format!("DELETE FROM audit_events WHERE seq = {event}")).await;
    broken(&export(&owner, "").await, &[], &format!("event {event} should stand here"));
    server.stop().await;
}

/// The last events are taken out and the head is set back to fit: every link holds, and what comes next goes on from there.
async fn what_was_kept_elsewhere_shows_a_log_that_was_written_anew(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    open(&owner, "A").await;
    let first = export(&owner, "").await;
    let early = holds(&first, &[]);
    open(&owner, "B").await;
    let kept = holds(&export(&owner, "").await, &["--through", &early]);
    let end: Value = serde_json::from_str(first.lines().last().unwrap()).unwrap();
    let (seq, hash) = (&end["end"]["last_seq"], end["end"]["last_hash"].as_str().unwrap());
    let bytes =
        if server.database.kind == Kind::Postgres { format!("'\\x{hash}'::bytea") } else { format!("x'{hash}'") };
    tamper(&server.database, &format!("DELETE FROM audit_events WHERE seq > {seq}")).await;
    tamper(&server.database, &format!("UPDATE audit_heads SET seq = {seq}, hash = {bytes}")).await;
    open(&owner, "C").await;
    open(&owner, "D").await;
    let after = export(&owner, "").await;
    holds(&after, &["--through", &early]);
    broken(&after, &["--through", &kept], "does not pass through");
    broken(&after, &["--head", &kept], "the last event's hash is not the one given with --head");
    let since = export(&owner, &format!("?after_seq={seq}")).await;
    holds(&since, &["--after", &early]);
    broken(&since, &["--after", &kept], "does not begin after the hash");
    let wrong = verify(&after, &["--head", "xyz"]);
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    assert!(wrong.err.contains("--head: must be 64 lower-case hexadecimal digits"), "{wrong:?}");
    // A head that was set back alone is refused by the log itself.
    tamper(&server.database, "UPDATE audit_heads SET seq = 1").await;
    let body = json!({ "name": "Store E", "code": "E", "currency": "KES" });
    assert!(!owner.post("/api/v1/stores", body).await.status.is_success());
    server.stop().await;
}

async fn events_from_before_the_chain_are_told_apart(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    tamper(&server.database, "UPDATE audit_events SET hash = NULL").await;
    tamper(&server.database, "UPDATE audit_heads SET hash = NULL").await;
    let old = owner.get("/api/v1/audit-events?limit=100").await.body["data"].as_array().unwrap().len();
    open(&owner, "A").await;
    let ended = verify(&export(&owner, "").await, &[]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.contains(&format!("{old} of them are from before there was a chain")), "{ended:?}");
    tamper(&server.database, "UPDATE audit_events SET hash = NULL").await;
    broken(&export(&owner, "").await, &[], "no event of this export has a hash");
    server.stop().await;
}

// Attacks: 37.
async fn an_export_shows_one_tenant_and_opens_harmlessly_in_a_spreadsheet(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let other = server.tenant("globex", "boss@globex.example").await;
    let body = json!({ "name": "=1+1", "code": "A", "currency": "KES" }).to_string();
    let headers = [("User-Agent", "=cmd|' /C calc'!A0"), ("X-Request-Id", "-1-1")];
    let opened = owner.send(Method::POST, "/api/v1/stores", &headers, Some(body)).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{opened:?}");
    let csv = export(&owner, "?format=csv&action=store.opened").await;
    assert!(csv.contains(",'-1-1,127.0.0.1,'=cmd|' /C calc'!A0,"), "{csv}");
    let all = export(&owner, "?format=csv").await;
    let records: Vec<_> = all.split("\r\n").filter(|record| !record.is_empty()).collect();
    assert!(
        records
            .iter()
            .flat_map(|record| record.split(','))
            .all(|cell| { !cell.trim_start_matches('"').starts_with(['=', '+', '-', '@', '\t', '\r']) })
    );
    let ours = export(&owner, "").await;
    let ids = |text: &str| -> BTreeSet<String> {
        let values = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        values.filter_map(|line| Some(line.get("id")?.as_str()?.to_owned())).collect()
    };
    let theirs = export(&other, "").await;
    assert!(!ids(&ours).is_empty() && ids(&ours).is_disjoint(&ids(&theirs)));
    let tenant = owner.get("/api/v1/tenant").await.id();
    assert!(ours.contains(&tenant) && !theirs.contains(&tenant), "a foreign export names nothing of ours");
    holds(&theirs, &[]);
    let spliced = ours.replacen(&tenant, &other.get("/api/v1/tenant").await.id(), 1);
    broken(&spliced, &[], "the hash of event 1 does not follow");
    server.stop().await;
}

async fn a_flood_of_refusals_is_one_event(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let clerk = server.member(&owner, "acme", "clerk@acme.example", &[]).await;
    for _ in 0..60 {
        assert_eq!(clerk.get("/api/v1/stores").await.problem(), "forbidden");
    }
    let told = owner.get("/api/v1/audit-events?action=access.refused").await;
    let told = told.body["data"].as_array().unwrap();
    // Two where the minute turned meanwhile.
    assert!((1..=2).contains(&told.len()), "{told:?}");
    let user = clerk.get("/api/v1/auth/me").await.body["user"]["id"].clone();
    assert_eq!((&told[0]["actor"]["id"], &told[0]["origin"]["address"]), (&user, &json!("127.0.0.1")));
    let detail =
        json!({ "permission": "stores.read", "code": "forbidden", "request": "GET /api/v1/stores", "left_out": 0 });
    assert_eq!(told[0]["detail"], detail);
    holds(&export(&owner, "").await, &[]);
    server.stop().await;
}

/// One event of the platform's log, and no other, that a query finds.
async fn the_one(operator: &Client, query: &str) -> Value {
    let found = operator.get(&format!("{PLATFORM}?{query}")).await;
    assert_eq!(found.body["data"].as_array().map(Vec::len), Some(1), "{query}: {found:?}");
    found.body["data"][0].clone()
}

async fn operators_and_nobody_else_read_the_platforms_log(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let other = server.tenant("globex", "boss@globex.example").await;
    let boss = other.get("/api/v1/auth/me").await.body["user"]["id"].clone();
    let wrong = json!({ "email": "boss@globex.example", "password": "boss-types-it-wrong", "tenant": "globex" });
    assert_eq!(server.anonymous().post("/api/v1/auth/login", wrong).await.problem(), "invalid_credentials");
    let body = json!({ "email": "boss@globex.example" });
    let asked = server.anonymous().post("/api/v1/auth/password-resets", body).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED);
    let token = server.mailed_token("boss@globex.example", "rpw_").await;
    let body = json!({ "token": token, "new_password": "nine quiet rivers at dawn" });
    let set = server.anonymous().post("/api/v1/auth/password-resets/confirm", body).await;
    assert_eq!(set.status, StatusCode::NO_CONTENT);
    let operator = server.operator().await;
    let tenants = operator.get("/api/v1/platform/tenants?q=globex").await;
    let globex = tenants.body["data"][0]["id"].as_str().unwrap();
    let deed = format!("/api/v1/platform/tenants/{globex}/suspend");
    assert_eq!(operator.post(&deed, json!({ "reason": "unpaid" })).await.status, StatusCode::OK);

    let refused = the_one(&operator, "action=session.refused").await;
    assert_eq!((&refused["object_id"], &refused["actor"]), (&boss, &json!({ "kind": "system", "id": null })));
    assert_eq!(refused["origin"]["address"], "127.0.0.1");
    let reset = the_one(&operator, "action=password.reset").await;
    assert_eq!((&reset["object_id"], &reset["actor"]), (&boss, &json!({ "kind": "user", "id": boss })));
    let suspended = the_one(&operator, &format!("action=tenant.suspended&object_id={globex}")).await;
    // The first operator owns the first tenant.
    let me = owner.get("/api/v1/auth/me").await.body["user"]["id"].clone();
    assert_eq!(
        (&suspended["actor"], &suspended["detail"]["reason"]),
        (&json!({ "kind": "operator", "id": me }), &json!("unpaid"))
    );
    let at = |event: &Value| event["at"].as_str().unwrap().to_owned();
    let between = format!("object_id={}&from={}&until={}", boss.as_str().unwrap(), at(&refused), at(&reset));
    let told = operator.get(&format!("{PLATFORM}?{between}")).await;
    assert!(
        told.body["data"].as_array().unwrap().contains(&refused) && !told.raw.contains("password.reset"),
        "{told:?}"
    );
    assert_eq!(operator.get(&format!("{PLATFORM}?actor_id={globex}")).await.body["data"], json!([]));
    let all = operator.get(&format!("{PLATFORM}?limit=100&sort=-id")).await;
    let events = all.body["data"].as_array().unwrap().clone();
    assert_eq!(events[0], suspended, "the newest");
    assert!(!all.raw.contains("boss-types-it-wrong") && !all.raw.contains(&token) && !all.raw.contains("nine quiet"));
    let mut walked = Vec::new();
    let mut next = String::new();
    while walked.len() < events.len() {
        let page = operator.get(&format!("{PLATFORM}?limit=2&sort=-id{next}")).await;
        walked.extend(page.body["data"].as_array().unwrap().clone());
        match page.body["next_cursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(walked, events, "page by page it is the same");

    // An owner is an operator only with an operator's token, and finds nothing of this in their own log.
    for owner in [&owner, &other] {
        assert_eq!(owner.get(PLATFORM).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(server.anonymous().get(PLATFORM).await.status, StatusCode::UNAUTHORIZED);
    let own = owner.get("/api/v1/audit-events?limit=100").await;
    assert!(
        !["session.refused", "password.reset", "tenant.suspended"].iter().any(|act| own.raw.contains(act)),
        "{own:?}"
    );
    server.stop().await;
}
