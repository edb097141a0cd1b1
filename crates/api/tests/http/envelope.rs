use actix_web::http::{Method, StatusCode};
use cotenant_api::{ApiSettings, PROBLEMS};
use cotenant_testkit::World;

use crate::support::{ORIGIN, client, request, serve, settings};

#[actix_web::test]
async fn every_answer_carries_an_id_and_the_protective_headers() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    for path in ["/healthz", "/api/v1/stores", "/nowhere", "/docs/", "/api/v1/openapi.json"] {
        let answer = client.get(path, "").await;
        for (name, value) in
            [("cache-control", "no-store"), ("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer")]
        {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        assert!(answer.header("content-security-policy").unwrap().starts_with("default-src 'none'"), "{path}");
        assert!(answer.header("strict-transport-security").is_some(), "{path}");
        assert!(answer.header("x-request-id").is_some_and(|id| id.len() == 36), "{path}");
    }
    let plain = serve(world.deps.clone(), ApiSettings { public_url: None, ..settings() }).await;
    assert!(plain.get("/healthz", "").await.header("strict-transport-security").is_none());
}

#[actix_web::test]
async fn a_sane_request_id_is_kept_and_another_is_replaced() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let ask = |id: &str| client.send(request("GET", "/healthz", "").insert_header(("X-Request-Id", id.to_owned())));
    assert_eq!(ask("checkout-7.b_2").await.header("x-request-id"), Some("checkout-7.b_2"));
    for wrong in ["a b", "<script>", "", &"x".repeat(65)] {
        assert_ne!(ask(wrong).await.header("x-request-id"), Some(wrong));
    }
}

#[actix_web::test]
async fn only_an_allowed_page_may_read_answers() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let ask =
        |origin: &str| client.send(request("GET", "/api/v1/stores", "").insert_header(("Origin", origin.to_owned())));
    let allowed = ask(ORIGIN).await;
    assert_eq!((allowed.header("access-control-allow-origin"), allowed.header("vary")), (Some(ORIGIN), Some("Origin")));
    assert!(allowed.header("access-control-allow-credentials").is_none());
    for hostile in ["https://app.example.evil.example", "null", "http://app.example"] {
        let answer = ask(hostile).await;
        assert!(answer.header("access-control-allow-origin").is_none(), "{hostile}");
    }
    let closed = serve(world.deps.clone(), ApiSettings { allowed_origins: Vec::new(), ..settings() }).await;
    let answer = closed.send(request("GET", "/healthz", "").insert_header(("Origin", ORIGIN))).await;
    assert!(answer.header("access-control-allow-origin").is_none() && answer.header("vary").is_none());
}

#[actix_web::test]
async fn a_preflight_is_answered_before_anybody_is_asked_for_a_token() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let ask = |origin: &str| {
        let request =
            request(Method::OPTIONS.as_str(), "/api/v1/stores", "").insert_header(("Origin", origin.to_owned()));
        client.send(request.insert_header(("Access-Control-Request-Method", "PATCH")))
    };
    let answer = ask(ORIGIN).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
    assert!(answer.header("access-control-allow-methods").unwrap().contains("PATCH"));
    assert!(ask("https://evil.example").await.header("access-control-allow-methods").is_none());
    let plain = client.call("OPTIONS", "/api/v1/stores", "", None).await;
    assert_eq!((plain.status, plain.problem().as_str()), (405, "method_not_allowed"));
}

#[actix_web::test]
async fn the_documentation_is_served_from_here() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let moved = client.get("/docs", "").await.expect(StatusCode::PERMANENT_REDIRECT);
    assert_eq!(moved.header("location"), Some("/docs/"));
    let page = client.get("/docs/", "").await.expect(StatusCode::OK);
    assert_eq!(page.header("content-type"), Some("text/html"));
    assert!(!page.text.contains("//unpkg") && !page.text.contains("https://"));
    for file in page
        .text
        .split("=\"")
        .filter_map(|part| part.split('"').next())
        .filter(|f| f.contains(".js") || f.contains(".css"))
    {
        let path = format!("/docs/{}", file.trim_start_matches("./"));
        assert_eq!(client.get(&path, "").await.status, 200, "{path}");
    }
    let document = client.get("/api/v1/openapi.json", "").await.expect(StatusCode::OK).json();
    assert_eq!(document["openapi"], "3.1.0");
}

#[actix_web::test]
async fn every_problem_type_has_its_page() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    for problem in PROBLEMS {
        let page = client.get(&format!("/problems/{}", problem.code), "").await.expect(StatusCode::OK);
        assert!(page.text.contains(problem.title), "{}", problem.code);
    }
    assert_eq!(client.get("/problems/none", "").await.problem(), "not_found");
}

#[actix_web::test]
async fn where_get_is_answered_head_is_too() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    assert_eq!(client.call("HEAD", "/healthz", "", None).await.status, 200);
    assert_eq!(client.call("HEAD", "/api/v1/stores", "", None).await.status, 401);
}
