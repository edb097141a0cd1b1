//! Several servers that count together in Redis, and what becomes of it when Redis is away. The log is that of the whole
//! process, so each of these tests needs one of its own, as `cargo nextest` gives it.

use std::sync::Arc;
use std::time::Duration;

use cotenant_domain::limits::{Charge, Counted, LimitKey, Rate, RateLimiter};
use cotenant_infrastructure::{SharedLimiter, SystemClock};
use cotenant_tests::redis::REDIS_PASSWORD;
use cotenant_tests::{Client, FreshDatabase, Kind, RedisServer, TestServer, eventually, on_both_databases};

use crate::{field, log};

on_both_databases! {
    servers_with_one_redis_serve_as_much_as_one_server_alone;
    while_redis_is_away_requests_go_on_and_each_server_counts_for_itself;
}

const STORES: &str = "/api/v1/stores";
/// How many requests each tenant has here, in so long a time that none comes back.
const MOST: usize = 10;

/// Servers over one database and one Redis, and the owner of a tenant at each of them: two on PostgreSQL, and on SQLite, whose
/// file has one server, one.
async fn servers(database: FreshDatabase, redis: &RedisServer) -> (TestServer, Vec<Client>) {
    let (url, most) = (redis.url(), format!("{MOST}/86400"));
    let settings = [
        ("COTENANT__LIMITS__ENABLED", "true"),
        ("COTENANT__LIMITS__TENANT_READ", most.as_str()),
        ("COTENANT__LIMITS__REDIS_URL", url.as_str()),
        // A slow machine is not what is tested here.
        ("COTENANT__LIMITS__REDIS_TIMEOUT_MS", "5000"),
    ];
    let server = TestServer::start_with(database, &settings).await;
    let mut owners = vec![server.bootstrap("acme").await];
    if server.database.kind == Kind::Postgres {
        owners.push(Client::new(&server.beside_with(&settings).await, owners[0].token.clone()));
    }
    (server, owners)
}

/// How many of some requests are served, in turn at each server.
async fn served(owners: &[Client], requests: usize) -> usize {
    let mut served = 0;
    for (_, owner) in (0..requests).zip(owners.iter().cycle()) {
        let answer = owner.get(STORES).await;
        assert!(answer.status == 200 || answer.status == 429, "{answer:?}");
        served += usize::from(answer.status == 200);
    }
    served
}

async fn servers_with_one_redis_serve_as_much_as_one_server_alone(database: FreshDatabase) {
    let Some(redis) = RedisServer::start().await else { return };
    let (server, owners) = servers(database, &redis).await;
    assert_eq!(served(&owners, 3 * MOST).await, MOST);
    let counts: Vec<String> = redis.ask(&[b"KEYS", b"cotenant:limit:tenant-read:*"]).await;
    assert_eq!(counts.len(), 1, "one count, of one tenant, and in Redis: {counts:?}");
    let refused = owners[0].get(STORES).await;
    // A tenth of a day, less what has passed since the first request.
    let wait: u32 = field(&refused, "retry-after").parse().unwrap();
    assert!(refused.status == 429 && (8_000..=8_640).contains(&wait), "{refused:?}");
    assert_eq!(server.deps.limiter.counted_alone(), 0);
    server.stop().await;
}

async fn while_redis_is_away_requests_go_on_and_each_server_counts_for_itself(database: FreshDatabase) {
    let Some(mut redis) = RedisServer::start().await else { return };
    log::listen();
    let (server, owners) = servers(database, &redis).await;
    assert_eq!(served(&owners, MOST).await, MOST);
    assert_eq!(served(&owners, 2).await, 0);
    redis.kill();
    let each = owners.len();
    assert_eq!(served(&owners, 2 * each * MOST).await, each * MOST, "each alone serves as much as all did together");
    assert_eq!(server.deps.limiter.counted_alone(), 2 * MOST as u64, "what came to this server");
    assert_eq!(log::lines_with("shared rate limits are away"), each, "each server says so once");
    redis.revive().await;
    for owner in &owners {
        eventually("a server counts in Redis again", async || owner.get(STORES).await.status == 200).await;
    }
    let noticed = server.deps.limiter.counted_alone();
    assert_eq!(served(&owners, 3 * MOST).await, MOST - each, "Redis begins anew, for all");
    assert_eq!(server.deps.limiter.counted_alone(), noticed, "nothing more is counted alone");
    assert_eq!(log::lines_with("shared rate limits are back"), each);
    assert_eq!(log::lines_with(REDIS_PASSWORD), 0, "the password is nobody's business");
    server.stop().await;
}

#[actix_web::test]
async fn the_script_does_what_the_arithmetic_of_the_domain_does() {
    let Some(redis) = RedisServer::start().await else { return };
    let limiter = || SharedLimiter::in_redis(&redis.url(), Duration::from_secs(5), Arc::new(SystemClock)).unwrap();
    let (one, other) = (limiter(), limiter());
    let charge = |policy, of, requests, seconds| Charge {
        key: LimitKey { policy, of },
        rate: Rate::new(requests, seconds).unwrap(),
    };
    let (tenant, person) = (charge("tenant-test", 1, 5, 3_600), charge("person-test", 1, 3, 3_600));
    let friend = charge("person-test", 2, 9, 3_600);
    let left = |counted: &Counted| counted.levels.iter().map(|level| level.left).collect::<Vec<_>>();
    for expected in [[4, 2], [3, 1], [2, 0]] {
        let counted = one.take(&[tenant, person]).await;
        assert!(counted.admitted);
        assert_eq!(left(&counted), expected);
    }
    let refused = other.take(&[tenant, person]).await;
    assert!(!refused.admitted);
    assert_eq!(left(&refused), [2, 0], "what is refused takes nothing");
    assert!(refused.levels[1].more_in > time::Duration::minutes(19), "{:?}", refused.levels);
    assert!(other.take(&[tenant, friend]).await.admitted && one.take(&[tenant, friend]).await.admitted);
    assert!(!other.take(&[tenant, friend]).await.admitted, "five of the tenant's five");
    let short = charge("short-test", 1, 1, 1);
    assert!(one.take(&[short]).await.admitted);
    eventually("a second later there is one more", async || other.take(&[short]).await.admitted).await;
    assert_eq!(one.counted_alone() + other.counted_alone(), 0);
}
