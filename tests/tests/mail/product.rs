use cotenant_tests::post_office::{Encrypted, Temper};
use cotenant_tests::server::{OPERATOR, PASSWORD};
use cotenant_tests::{FreshDatabase, PostOffice, TestServer, eventually, on_both_databases};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::MAIL_PASSWORD;

on_both_databases! {
    an_invitation_reaches_a_mail_server_in_the_tenants_name_and_language;
    requests_go_on_while_the_mail_server_is_away_and_a_requeued_message_arrives;
    links_lead_to_the_clients_pages_and_messages_speak_the_language_of_the_settings_or_the_tenant;
}

const NEW: &str = "asha@duka.example";
const JOBS: &str = "/api/v1/jobs";

/// A server that sends its messages to this port. What fails once is given up, so that no test waits for a pause.
async fn server(database: FreshDatabase, port: u16) -> TestServer {
    let port = port.to_string();
    let settings = [
        ("COTENANT__MAIL__TRANSPORT", "smtp"),
        ("COTENANT__MAIL__FROM", "Cotenant <us@cotenant.example>"),
        ("COTENANT__MAIL__HOST", "127.0.0.1"),
        ("COTENANT__MAIL__PORT", port.as_str()),
        ("COTENANT__MAIL__TLS", "none"),
        ("COTENANT__MAIL__USER", "us"),
        ("COTENANT__MAIL__PASSWORD", MAIL_PASSWORD),
        ("COTENANT__JOBS__MAX_ATTEMPTS", "1"),
    ];
    TestServer::start_with(database, &settings).await
}

/// Accepts the newest invitation that a mail server was told.
async fn accept(server: &TestServer, office: &PostOffice) {
    eventually("the invitation has arrived", async || office.count(".") > 0).await;
    // Lines that were too long for mail go on behind a `=`.
    let text = office.heard().join("\n").replace("=\n", "");
    let token = text.lines().rfind(|line| line.starts_with("inv_")).unwrap();
    let body = json!({ "token": token, "display_name": "Asha", "password": PASSWORD });
    let accepted = server.anonymous().post("/api/v1/invitations/accept", body).await;
    assert!(accepted.status.is_success(), "{accepted:?}");
}

async fn an_invitation_reaches_a_mail_server_in_the_tenants_name_and_language(database: FreshDatabase) {
    let office = PostOffice::open(Temper::Kind, Encrypted::Never);
    let server = server(database, office.port).await;
    let owner = server.bootstrap("acme").await;
    let tenant = owner.get("/api/v1/tenant").await;
    let version = tenant.headers["etag"].to_str().unwrap().to_owned();
    let body = Some(json!({ "locale": "sw", "name": "Duka la Asha" }).to_string());
    let changed = owner.send(Method::PATCH, "/api/v1/tenant", &[("If-Match", &version)], body).await;
    assert_eq!((changed.status, &changed.body["locale"]), (StatusCode::OK, &json!("sw")), "{changed:?}");
    assert_eq!(owner.post("/api/v1/invitations", json!({ "email": NEW })).await.status, StatusCode::CREATED);
    accept(&server, &office).await;
    let heard = office.heard();
    for line in ["Subject: Mwaliko wa kujiunga na Duka la Asha", "To: asha@duka.example"] {
        assert!(heard.iter().any(|said| said == line), "{line}: {heard:#?}");
    }
    assert!(heard.iter().any(|line| line.starts_with("From: \"Duka la Asha via Cotenant\" <")), "{heard:#?}");
    server.stop().await;
}

async fn requests_go_on_while_the_mail_server_is_away_and_a_requeued_message_arrives(database: FreshDatabase) {
    let port = { std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port() };
    let server = server(database, port).await;
    let owner = server.bootstrap("acme").await;
    assert_eq!(owner.post("/api/v1/invitations", json!({ "email": NEW })).await.status, StatusCode::CREATED);
    let dead = format!("{JOBS}?status=dead");
    eventually("the attempt has failed", async || owner.get(&dead).await.body["data"][0]["id"].is_string()).await;
    let job = owner.get(&dead).await.body["data"][0].clone();
    assert_eq!(job["last_error"], "the message could not be sent");
    let office = PostOffice::open_at(port, Temper::Kind, Encrypted::Never);
    let again = owner.act(&format!("{JOBS}/{}/requeue", job["id"].as_str().unwrap())).await;
    assert_eq!(again.status, StatusCode::OK, "{again:?}");
    accept(&server, &office).await;
    server.stop().await;
}

async fn links_lead_to_the_clients_pages_and_messages_speak_the_language_of_the_settings_or_the_tenant(
    database: FreshDatabase,
) {
    let link = "https://app.example.com/duka";
    let settings = [("COTENANT__MAIL__LOCALE", "sw"), ("COTENANT__MAIL__LINK", link)];
    let server = TestServer::start_with(database, &settings).await;
    let owner = server.bootstrap("acme").await;
    let newest = |email: &str| server.mails(email).pop().unwrap();

    let globex = json!({ "name": "Globex", "slug": "globex", "owner_email": NEW });
    let made = server.operator().await.post("/api/v1/platform/tenants", globex).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let page = format!("{link}/accept-invitation#token=");
    let opened = server.mailed_token(NEW, &page).await;
    assert!(newest(NEW).contains("Subject: Mwaliko wa kujiunga na Globex\n"), "{}", newest(NEW));
    let body = json!({ "token": &opened[page.len()..], "display_name": "Asha", "password": PASSWORD });
    let accepted = server.anonymous().post("/api/v1/invitations/accept", body).await;
    assert!(accepted.status.is_success(), "{accepted:?}");

    let asked = server.anonymous().post("/api/v1/auth/password-resets", json!({ "email": NEW })).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{asked:?}");
    let page = format!("{link}/reset-password#token=");
    let opened = server.mailed_token(NEW, &page).await;
    assert!(newest(NEW).contains("Subject: Weka nenosiri jipya\n"), "{}", newest(NEW));
    let body = json!({ "token": &opened[page.len()..], "new_password": "nine slow herons at noon" });
    let set = server.anonymous().post("/api/v1/auth/password-resets/confirm", body).await;
    assert!(set.status.is_success(), "{set:?}");

    let asked = owner.send(Method::POST, "/api/v1/auth/email-verifications", &[], None).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{asked:?}");
    let page = format!("{link}/confirm-address#token=");
    let opened = server.mailed_token(OPERATOR, &page).await;
    assert!(newest(OPERATOR).contains("Subject: Thibitisha anwani yako ya barua pepe\n"), "{}", newest(OPERATOR));
    let body = json!({ "token": &opened[page.len()..] });
    assert_eq!(server.anonymous().post("/api/v1/auth/email-confirmations", body).await.body["in_effect"], true);

    // The tenant's own language goes before that of the settings.
    let path = format!("/api/v1/platform/tenants/{}", made.id());
    let operator = server.operator().await;
    let english = operator.patch(&path, json!({ "locale": "en" })).await;
    assert_eq!(english.body["locale"], "en", "{english:?}");
    let grant = operator.post(&format!("{path}/support-grants"), json!({ "reason": "Ticket 4711" })).await;
    assert_eq!(grant.status, StatusCode::CREATED, "{grant:?}");
    let told =
        || server.mails(NEW).into_iter().find(|mail| mail.contains("Subject: Support was given access to Globex\n"));
    eventually("the owner is told", async || told().is_some()).await;
    assert!(told().unwrap().contains(&format!("To end this access at once:\n{link}\n")), "{:?}", told());
    server.stop().await;
}
