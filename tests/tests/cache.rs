//! What is kept, over HTTP: nothing stale and nothing foreign is ever answered, by one server, by two, and with a Redis
//! between them that is written to by others, goes away and comes back.

#![expect(clippy::unwrap_used, reason = "an answer that is not as expected ends the test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cotenant_domain::cache::{Cache, Figures};
use cotenant_infrastructure::{RedisOptions, SystemClock, ValueCache};
use cotenant_tests::{
    Answer, Client, FreshDatabase, Kind, RedisServer, TestServer, eventually, on_both_databases, prove,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

on_both_databases! {
    a_change_is_seen_in_every_answer_after_its_own;
    an_act_of_the_platform_is_seen_at_once;
    nobody_is_answered_with_what_was_kept_for_another;
    who_reads_while_somebody_writes_never_sees_what_was_before;
    without_a_cache_everything_is_answered_alike;
}

mod in_process {
    use super::*;
    cotenant_testkit::cache_contract_tests!(Some((Arc::new(ValueCache::in_process(1 << 20)) as Arc<dyn Cache>, ())));
}

mod in_redis {
    use super::*;
    cotenant_testkit::cache_contract_tests!(beside_redis().await);
}

const SECRET: &str = "a-secret-of-the-cache-in-tests-51c9";

/// A cache of its own before a Redis of its own.
async fn beside_redis() -> Option<(Arc<dyn Cache>, RedisServer)> {
    let redis = RedisServer::start_durable().await?;
    let patience = std::time::Duration::from_secs(5);
    let options = RedisOptions { url: redis.url().into(), secret: SECRET.into(), patience };
    let cache = ValueCache::in_redis(1 << 20, &options, Arc::new(SystemClock)).unwrap();
    Some((Arc::new(cache), redis))
}

const TENANT: &str = "/api/v1/tenant";
const ROLES: &str = "/api/v1/roles";
const ME: &str = "/api/v1/auth/me";

fn clerk(name: &str) -> Value {
    json!({ "name": name, "permissions": ["stores.read"] })
}

fn names(answer: &Answer) -> Vec<String> {
    let named = |role: &Value| role["name"].as_str().unwrap().to_owned();
    answer.body["data"].as_array().unwrap().iter().map(named).collect()
}

/// Asks twice, so that the second answer may be a kept one; both are the same.
async fn twice(client: &Client, path: &str) -> Answer {
    let (mut first, mut second) = (client.get(path).await, client.get(path).await);
    for answer in [&mut first, &mut second] {
        // Of a problem: each request has its own.
        answer.body.as_object_mut().unwrap().remove("request_id");
    }
    assert_eq!((first.status, &first.body), (second.status, &second.body), "{path}");
    second
}

async fn a_change_is_seen_in_every_answer_after_its_own(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    assert_eq!(twice(&owner, TENANT).await.body["name"], "acme");
    assert_eq!(twice(&owner, ME).await.body["tenant"]["name"], "acme");
    let changed = owner.patch(TENANT, json!({ "name": "Renamed" })).await;
    assert_eq!(twice(&owner, TENANT).await.body, changed.body);
    assert_eq!(twice(&owner, ME).await.body["tenant"]["name"], "Renamed");
    assert_eq!(names(&twice(&owner, ROLES).await).len(), 3);
    let role = owner.post(ROLES, clerk("Clerk")).await;
    let path = format!("{ROLES}/{}", role.id());
    assert!(names(&twice(&owner, ROLES).await).contains(&"Clerk".to_owned()));
    assert_eq!(twice(&owner, &path).await.body, role.body);
    let changed = owner.patch(&path, json!({ "name": "Seller" })).await;
    assert_eq!(twice(&owner, &path).await.body, changed.body);
    assert_eq!(twice(&owner, &path).await.headers["etag"], "\"2\"");
    assert!(owner.delete(&path).await.status.is_success());
    assert_eq!(twice(&owner, &path).await.status, StatusCode::NOT_FOUND);
    assert!(!names(&twice(&owner, ROLES).await).contains(&"Seller".to_owned()));
    let store = json!({ "name": "Town", "code": "T1", "currency": "KES" });
    let store = format!("/api/v1/stores/{}", owner.post("/api/v1/stores", store).await.id());
    let products = format!("{store}/products");
    assert_eq!(twice(&owner, &products).await.status, StatusCode::OK);
    assert!(owner.delete(&store).await.status.is_success());
    assert_eq!(owner.get(&products).await.status, StatusCode::NOT_FOUND);
    assert!(owner.act(&format!("{store}/restore")).await.status.is_success());
    assert_eq!(twice(&owner, &products).await.status, StatusCode::OK);
    let figures = server.deps.cache.figures();
    assert!(figures.hits >= 10, "this test is about values that are kept: {figures:?}");
    server.stop().await;
}

async fn an_act_of_the_platform_is_seen_at_once(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let operator = server.operator().await;
    let tenant = format!("/api/v1/platform/tenants/{}", twice(&owner, TENANT).await.id());
    let renamed = operator.patch(&tenant, json!({ "name": "By the platform" })).await;
    assert!(renamed.status.is_success(), "{renamed:?}");
    assert_eq!(twice(&owner, TENANT).await.body["name"], "By the platform");
    assert_eq!(twice(&owner, ME).await.body["tenant_status"], "active");
    let suspended = operator.post(&format!("{tenant}/suspend"), json!({ "reason": "unpaid" })).await;
    assert!(suspended.status.is_success(), "{suspended:?}");
    assert_eq!(
        owner.get(TENANT).await.problem(),
        "tenant_suspended",
        "what was kept is not asked for before the right"
    );
    assert_eq!(twice(&owner, ME).await.body["tenant_status"], "suspended");
    let reactivated = operator.act(&format!("{tenant}/reactivate")).await;
    assert!(reactivated.status.is_success(), "{reactivated:?}");
    assert_eq!(twice(&owner, ME).await.body["tenant_status"], "active");
    server.stop().await;
}

/// The same addresses, asked by people of two tenants and by one who may not, each after the others' answers were kept.
// Attacks: 13.
async fn nobody_is_answered_with_what_was_kept_for_another(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let ours = server.bootstrap("acme").await;
    let theirs = server.tenant("globex", "boss@globex.example").await;
    let role = ours.post(ROLES, clerk("Ours alone")).await.id();
    let nothing = ours.post(ROLES, json!({ "name": "Nothing", "permissions": [] })).await.id();
    let powerless = server.member(&ours, "acme", "nobody@acme.example", &[&nothing]).await;
    for _ in 0..3 {
        for (client, slug) in [(&ours, "acme"), (&theirs, "globex")] {
            assert_eq!(client.get(TENANT).await.body["slug"], slug);
            assert_eq!(client.get(ME).await.body["tenant"]["slug"], slug);
            assert_eq!(names(&client.get(ROLES).await).contains(&"Ours alone".to_owned()), slug == "acme");
        }
        let path = format!("{ROLES}/{role}");
        assert_eq!(ours.get(&path).await.status, StatusCode::OK);
        assert_eq!(theirs.get(&path).await.status, StatusCode::NOT_FOUND);
        for path in [TENANT, ROLES, &path] {
            assert_eq!(powerless.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
        }
    }
    server.stop().await;
}

/// One renames the tenant again and again while others read it: whatever was answered to the writer before a reader asked is
/// what the reader sees, or something newer.
async fn who_reads_while_somebody_writes_never_sees_what_was_before(database: FreshDatabase) {
    let kind = database.kind;
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let mut clients = vec![owner.clone()];
    if kind == Kind::Postgres {
        clients.push(Client::new(&server.beside().await, owner.token.clone()));
    }
    let reads = race(&owner, &clients).await;
    let figures = server.deps.cache.figures();
    assert!(figures.hits > 0, "{figures:?}");
    let counted = [("reads", reads), ("found in the cache", figures.hits), ("stale", 0)];
    prove::figures("reading while somebody writes", &format!("{kind:?}"), &counted);
    server.stop().await;
}

const WRITES: u64 = 60;

/// How many reads there were, none of them stale.
async fn race(writer: &Client, readers: &[Client]) -> u64 {
    let renamed = writer.patch(TENANT, json!({ "name": "Name 0" })).await;
    assert!(renamed.status.is_success(), "{renamed:?}");
    let (answered, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let mut reading = Vec::new();
    for client in readers.iter().cycle().take(8) {
        let (client, answered, done) = (client.clone(), answered.clone(), done.clone());
        reading.push(actix_web::rt::spawn(async move {
            let mut reads = 0;
            while !done.load(Ordering::SeqCst) {
                let floor = answered.load(Ordering::SeqCst);
                let path = if reads % 2 == 0 { TENANT } else { ME };
                let answer = client.get(path).await;
                let name = if path == TENANT { &answer.body["name"] } else { &answer.body["tenant"]["name"] };
                let seen: u64 = name.as_str().unwrap().strip_prefix("Name ").unwrap().parse().unwrap();
                assert!(seen >= floor, "{seen} was read after {floor} had been answered");
                reads += 1;
            }
            reads
        }));
    }
    for n in 1..=WRITES {
        let renamed = writer.patch(TENANT, json!({ "name": format!("Name {n}") })).await;
        assert!(renamed.status.is_success(), "{renamed:?}");
        answered.store(n, Ordering::SeqCst);
    }
    done.store(true, Ordering::SeqCst);
    let mut reads = 0;
    for reader in reading {
        reads += reader.await.unwrap();
    }
    reads
}

async fn without_a_cache_everything_is_answered_alike(database: FreshDatabase) {
    let server = TestServer::start_with(database, &[("COTENANT__CACHE__KIND", "off")]).await;
    let owner = server.bootstrap("acme").await;
    assert_eq!(twice(&owner, TENANT).await.body["slug"], "acme");
    assert_eq!(names(&twice(&owner, ROLES).await).len(), 3);
    assert_eq!(server.deps.cache.figures(), Figures::default());
    server.stop().await;
}

fn with_redis(redis: &RedisServer) -> [(&'static str, String); 4] {
    [
        ("COTENANT__CACHE__KIND", "redis".to_owned()),
        ("COTENANT__CACHE__REDIS_URL", redis.url()),
        ("COTENANT__CACHE__REDIS_SECRET", SECRET.to_owned()),
        // Nothing here is about slowness: a busy machine shall not count as an absence.
        ("COTENANT__CACHE__REDIS_TIMEOUT_MS", "5000".to_owned()),
    ]
}

/// A server with a cache in Redis over a PostgreSQL, and the settings for a second one; `None` where there is no Redis.
async fn beside_a_redis() -> Option<(RedisServer, TestServer, Vec<(&'static str, String)>)> {
    let redis = RedisServer::start_durable().await?;
    let database = FreshDatabase::new(Kind::Postgres).await?;
    let settings = with_redis(&redis).to_vec();
    let server = TestServer::start_with(database, &borrowed(&settings)).await;
    Some((redis, server, settings))
}

fn borrowed<'s>(settings: &'s [(&'static str, String)]) -> Vec<(&'static str, &'s str)> {
    settings.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[actix_web::test]
async fn servers_share_what_they_keep_and_see_each_others_changes() {
    let Some((redis, server, settings)) = beside_a_redis().await else { return };
    let owner = server.bootstrap("acme").await;
    let id = owner.get(TENANT).await.id();
    let keys = redis.keys().await;
    assert!(keys.iter().all(|key| key.starts_with(&format!("cotenant:cache:{id}:"))) && !keys.is_empty(), "{keys:?}");
    let there = Client::new(&server.beside_with(&borrowed(&settings)).await, owner.token.clone());
    assert_eq!(there.get(TENANT).await.body["name"], "acme");
    assert_eq!(redis.keys().await, keys, "the other server found it there");
    for (name, writer, reader) in [("By one", &owner, &there), ("By the other", &there, &owner)] {
        let changed = writer.patch(TENANT, json!({ "name": name })).await;
        assert_eq!(changed.body["name"], name);
        assert_eq!(twice(reader, TENANT).await.body, changed.body);
    }
    race(&owner, &[owner.clone(), there]).await;
    server.stop().await;
}

/// Whoever can write to Redis makes nobody see anything: what was moved from another tenant's place, from another version's,
/// cut, changed or made up is not taken, and the database is asked.
// Attacks: 13.
#[actix_web::test]
async fn what_others_write_to_redis_is_not_believed() {
    let Some((redis, server, settings)) = beside_a_redis().await else { return };
    let ours = server.bootstrap("acme").await;
    let theirs = server.tenant("globex", "boss@globex.example").await;
    theirs.get(TENANT).await;
    let foreign = redis.keys().await.into_iter().find(|key| key.contains(":tenant.")).unwrap();
    let foreign: Vec<u8> = redis.ask(&[b"GET", foreign.as_bytes()]).await;
    let our_id = ours.get(TENANT).await.id();
    let is_ours = |key: &String| key.contains(&our_id) && key.contains(":tenant.");
    let place = redis.keys().await.into_iter().find(is_ours).unwrap();
    let own: Vec<u8> = redis.ask(&[b"GET", place.as_bytes()]).await;
    let mut flipped = own.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let invented = json!({ "name": "Mallory's" }).to_string().into_bytes();
    for poison in [foreign, flipped, own[..own.len() - 1].to_vec(), Vec::new(), invented] {
        let _: () = redis.ask(&[b"SET", place.as_bytes(), &poison]).await;
        // A server with an empty memory of its own.
        let (base, deps) = server.beside_and_deps(&borrowed(&settings)).await;
        let there = Client::new(&base, ours.token.clone());
        assert_eq!(there.get(TENANT).await.body["slug"], "acme");
        assert_eq!(deps.cache.figures().refused, 1, "{:?}", deps.cache.figures());
        let now: Vec<u8> = redis.ask(&[b"GET", place.as_bytes()]).await;
        assert_ne!(now, poison, "what was loaded took its place");
    }
    server.stop().await;
}

/// Redis goes away: requests go on. Meanwhile something changes; Redis comes back with what it held, and nobody is shown it.
#[actix_web::test]
async fn a_redis_that_was_away_shows_nothing_stale_when_it_is_back() {
    let Some((mut redis, server, settings)) = beside_a_redis().await else { return };
    let owner = server.bootstrap("acme").await;
    assert_eq!(twice(&owner, TENANT).await.body["name"], "acme");
    let held = redis.keys().await;
    redis.kill();
    let changed = owner.patch(TENANT, json!({ "name": "While it was away" })).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    assert_eq!(twice(&owner, TENANT).await.body, changed.body);
    assert!(server.deps.cache.figures().away > 0, "{:?}", server.deps.cache.figures());
    redis.revive().await;
    assert_eq!(redis.keys().await, held, "it holds what it held");
    let there = Client::new(&server.beside_with(&borrowed(&settings)).await, owner.token.clone());
    for client in [&owner, &there] {
        assert_eq!(twice(client, TENANT).await.body, changed.body);
    }
    // Each change makes a new key, so that a server that asks Redis again can be seen to.
    let mut n = 0;
    eventually("the first server asks Redis again", async || {
        n += 1;
        owner.patch(TENANT, json!({ "name": format!("Back {n}") })).await;
        owner.get(TENANT).await;
        redis.keys().await.len() > held.len() + 1
    })
    .await;
    server.stop().await;
}
