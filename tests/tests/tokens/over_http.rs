//! Forgeries over HTTP.

use cotenant_tests::rows::differing;
use cotenant_tests::{Answer, FreshDatabase, TestServer, http_client, prove};
use reqwest::header::HeaderValue;
use reqwest::{Client, StatusCode};
use serde_json::Value;

use crate::forgeries::{Forgery, Issued};

const OF_A_TENANT: &str = "/api/v1/stores";
const OF_THE_PLATFORM: &str = "/api/v1/platform/tenants";

/// What an answer says: everything but the request's own id, its time and its place on the wire.
fn said(answer: &Answer) -> (StatusCode, Value, Vec<(String, String)>) {
    let mut body = answer.body.clone();
    assert!(body.as_object_mut().and_then(|body| body.remove("request_id")).is_some(), "{answer:?}");
    let own = ["date", "x-request-id", "content-length"];
    let headers = answer.headers.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let mut headers: Vec<_> =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    headers.sort();
    (answer.status, body, headers)
}

/// `b64token` of RFC 6750, section 2.1, but for where in it the equals signs stand.
fn has_the_letters_of_a_token(token: &[u8]) -> bool {
    !token.is_empty() && token.iter().all(|b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(b))
}

struct Door {
    http: Client,
    base: String,
}

impl Door {
    async fn knock(&self, path: &str, token: &[u8]) -> Result<Answer, String> {
        let bearer = HeaderValue::from_bytes(&[b"Bearer ", token].concat()).map_err(|error| error.to_string())?;
        let request = self.http.get(format!("{}{path}", self.base)).header("Authorization", bearer);
        let response = request.send().await.map_err(|error| format!("no answer: {error:?}"))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let raw = response.text().await.map_err(|error| error.to_string())?;
        Ok(Answer { status, headers, body: serde_json::from_str(&raw).unwrap_or(Value::Null), raw })
    }
}

// Attacks: 21.
pub(crate) async fn every_forgery_is_refused_alike(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = Issued::new(&server.bootstrap("acme").await.token.unwrap());
    let operator = Issued::new(&server.operator().await.token.unwrap());
    let door = Door { http: http_client(), base: server.base.clone() };
    let before = server.database.rows().await;
    let (mut kinds, mut tried) = (0, 0);
    for (issued, other, own, foreign) in
        [(&owner, &operator, OF_A_TENANT, OF_THE_PLATFORM), (&operator, &owner, OF_THE_PLATFORM, OF_A_TENANT)]
    {
        // What is not forged opens the door, and so does what the key signs: the forgeries fail by what is forged.
        for good in [issued.token.clone(), issued.rewritten()] {
            assert_eq!(door.knock(own, good.as_bytes()).await.unwrap().status, StatusCode::OK);
        }
        // Two answers there are: to what is no token by its letters (RFC 6750), and to what is not a good one.
        let answers =
            [said(&door.knock(own, b"no body").await.unwrap()), said(&door.knock(own, b"nobody").await.unwrap())];
        for (status, body, _) in &answers {
            let problem = Value::from("/problems/unauthenticated");
            assert_eq!((*status, &body["type"]), (StatusCode::UNAUTHORIZED, &problem));
        }
        let nobodys = |token: &[u8]| &answers[usize::from(has_the_letters_of_a_token(token))];
        let mut forgeries: Vec<Forgery> = issued.forgeries(other);
        forgeries.push(("the other audience's".to_owned(), other.token.clone().into_bytes()));
        kinds += forgeries.len() as u64;
        for (kind, token) in &forgeries {
            let answer = door.knock(own, token).await.unwrap_or_else(|error| panic!("{own}, {kind}: {error}"));
            assert_eq!(said(&answer), *nobodys(token), "{own}: {kind}");
            tried += 1;
            if *token != other.token.as_bytes() {
                let answer =
                    door.knock(foreign, token).await.unwrap_or_else(|error| panic!("{foreign}, {kind}: {error}"));
                assert_eq!(said(&answer), *nobodys(token), "{foreign}: {kind}");
                tried += 1;
            }
        }
    }
    assert_eq!(differing(&before, &server.database.rows().await), Vec::<String>::new(), "a forgery leaves no trace");
    let told = [("forgeries", kinds), ("requests", tried), ("accepted", 0), ("told apart", 0)];
    prove::figures("forged tokens", &format!("{:?}", server.database.kind), &told);
    server.stop().await;
}
