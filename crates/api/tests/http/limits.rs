use cotenant_api::{ApiSettings, Limits, Rates};
use cotenant_domain::limits::Rate;
use cotenant_testkit::World;
use serde_json::json;
use time::Duration;

use crate::support::{serve, settings};

const STORES: &str = "/api/v1/stores";

fn reads(requests: u32) -> Rates {
    Rates { read: Rate::new(requests, 60), ..Rates::default() }
}

#[actix_web::test]
async fn whoever_asks_too_often_is_told_when_to_come_again() {
    let world = World::bootstrap().await;
    let limits = Limits { tenant: reads(100), person: reads(2), ..Limits::default() };
    let client = serve(world.deps.clone(), ApiSettings { limits, ..settings() }).await;
    let owner = client.owner().await;
    for left in
        [r#""tenant-read";r=99;t=1, "person-read";r=1;t=30"#, r#""tenant-read";r=98;t=1, "person-read";r=0;t=30"#]
    {
        let answer = client.get(STORES, &owner).await;
        assert_eq!((answer.status, answer.header("ratelimit")), (200, Some(left)));
        let policies = r#""tenant-read";q=100;w=60, "person-read";q=2;w=60"#;
        assert_eq!(answer.header("ratelimit-policy"), Some(policies));
    }
    let refused = client.get(STORES, &owner).await;
    assert_eq!((refused.status, refused.problem().as_str()), (429, "rate_limited"));
    assert_eq!(refused.json()["violated_policies"], json!(["person-read"]));
    assert_eq!(refused.header("retry-after"), Some("30"));
    let nothing_taken = r#""tenant-read";r=98;t=1, "person-read";r=0;t=30"#;
    assert_eq!(refused.header("ratelimit"), Some(nothing_taken));
    let unlimited = client.post(STORES, &owner, json!({})).await;
    assert_eq!((unlimited.status, unlimited.header("ratelimit")), (422, None), "writing has no limit here");
    world.clock.advance(Duration::seconds(30));
    assert_eq!(client.get(STORES, &owner).await.status, 200);
}

#[actix_web::test]
async fn a_token_that_is_none_counts_for_its_sender_and_for_no_tenant() {
    let world = World::bootstrap().await;
    let limits = Limits { tenant: reads(1), client: reads(2), ..Limits::default() };
    let client = serve(world.deps.clone(), ApiSettings { limits, ..settings() }).await;
    let tenant = world.owner().await.tenant_id().as_uuid().simple().to_string();
    let made_up = format!("cok_{tenant}_{tenant}_{}", "0".repeat(64));
    for token in ["nonsense", &made_up] {
        let answer = client.get(STORES, token).await;
        assert_eq!((answer.status, answer.problem().as_str()), (401, "unauthenticated"));
        assert_eq!(answer.header("ratelimit-policy"), Some(r#""client-read";q=2;w=60"#));
    }
    assert_eq!(client.get(STORES, &made_up).await.status, 429);
    let owner = client.owner().await;
    assert_eq!(client.get(STORES, &owner).await.status, 200, "the one request of the tenant is left");
    assert_eq!(client.get(STORES, &owner).await.status, 429);
}

#[actix_web::test]
async fn nothing_beside_the_api_is_counted() {
    let world = World::bootstrap().await;
    let limits = Limits { client: reads(1), ..Limits::default() };
    let client = serve(world.deps.clone(), ApiSettings { limits, ..settings() }).await;
    for path in ["/healthz", "/readyz", "/problems/rate_limited", "/.well-known/jwks.json", "/nowhere"] {
        for _ in 0..3 {
            let answer = client.get(path, "").await;
            assert_ne!(answer.status, 429, "{path}");
            assert_eq!(answer.header("ratelimit"), None, "{path}");
        }
    }
    assert!(world.limiter.keys().is_empty());
    assert_eq!(client.get("/api/v1/openapi.json", "").await.status, 200);
    assert_eq!(client.get("/api/v1/openapi.json", "").await.status, 429);
}
