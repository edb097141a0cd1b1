use actix_http::Request;
use actix_web::body::to_bytes;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, init_service};
use actix_web::web::Data;
use actix_web::{App, Error};
use cotenant_api::ApiSettings;
use cotenant_domain::Deps;
use cotenant_testkit::World;
use cotenant_testkit::world::{FIRST_TENANT, OPERATOR, PASSWORD};
use serde_json::{Value, json};

/// Bodies may not be larger, in bytes.
pub(crate) const BODY_LIMIT: usize = 4_096;
/// The page that may call the API.
pub(crate) const ORIGIN: &str = "https://app.example";
/// The bootstrap secret.
pub(crate) const SECRET: &str = "the secret of the beginning";

pub(crate) fn settings() -> ApiSettings {
    ApiSettings {
        body_limit: BODY_LIMIT,
        request_timeout: std::time::Duration::from_secs(30),
        trusted_proxies: Vec::new(),
        allowed_origins: vec![ORIGIN.into()],
        bootstrap_secret: Some(SECRET.into()),
        public_url: Some("https://api.example".into()),
        limits: cotenant_api::Limits::default(),
    }
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{} {:?} is not JSON", self.status, self.text))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The code of a problem, after a look at whether it is one in form.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{} {}", self.status, self.text);
        let document = self.json();
        assert_eq!(document["status"], self.status);
        assert_eq!(document["request_id"].as_str(), self.header("x-request-id"));
        document["type"].as_str().unwrap().strip_prefix("/problems/").unwrap().to_owned()
    }

    /// The pointers of a problem.
    pub(crate) fn pointers(&self) -> Vec<String> {
        let document = self.json();
        let errors = document["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().filter_map(|e| e["pointer"].as_str().map(str::to_owned)).collect()
    }

    pub(crate) fn expect(self, status: StatusCode) -> Self {
        assert_eq!(self.status, status.as_u16(), "{}", self.text);
        self
    }
}

/// A client of the API.
pub(crate) struct Client<S> {
    service: S,
}

pub(crate) async fn serve(
    deps: Deps,
    settings: ApiSettings,
) -> Client<impl Service<Request, Response = ServiceResponse, Error = Error>> {
    let app = Data::new(cotenant_api::App::new(deps, settings));
    Client { service: init_service(App::new().configure(|cfg| cotenant_api::configure(&app, cfg))).await }
}

pub(crate) async fn client(
    world: &World,
) -> Client<impl Service<Request, Response = ServiceResponse, Error = Error> + use<>> {
    serve(world.deps.clone(), settings()).await
}

impl<S: Service<Request, Response = ServiceResponse, Error = Error>> Client<S> {
    pub(crate) async fn send(&self, request: TestRequest) -> Answer {
        let response = self.service.call(request.to_request()).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = String::from_utf8(to_bytes(response.into_body()).await.unwrap().to_vec()).unwrap();
        Answer { status, headers, text }
    }

    /// The answer with its body still to be read.
    pub(crate) async fn call_raw(&self, request: TestRequest) -> ServiceResponse {
        self.service.call(request.to_request()).await.unwrap()
    }

    pub(crate) async fn call(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> Answer {
        let request = request(method, path, token);
        self.send(match body {
            Some(body) => request.set_json(body),
            None => request,
        })
        .await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.call("GET", path, token, None).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.call("POST", path, token, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, token: &str, body: Value) -> Answer {
        self.call("PATCH", path, token, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str, token: &str) -> Answer {
        self.call("DELETE", path, token, None).await
    }

    pub(crate) async fn sign_in(&self, email: &str, tenant: &str) -> String {
        let body = json!({ "email": email, "password": PASSWORD, "tenant": tenant });
        self.token(body).await
    }

    pub(crate) async fn owner(&self) -> String {
        self.sign_in(OPERATOR, FIRST_TENANT).await
    }

    pub(crate) async fn operator(&self) -> String {
        self.token(json!({ "email": OPERATOR, "password": PASSWORD, "platform": true })).await
    }

    async fn token(&self, body: Value) -> String {
        let answer = self.post("/api/v1/auth/login", "", body).await.expect(StatusCode::OK);
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn open_store(&self, token: &str, code: &str) -> String {
        let body = json!({ "name": format!("Store {code}"), "code": code, "currency": "KES" });
        let answer = self.post("/api/v1/stores", token, body).await.expect(StatusCode::CREATED);
        answer.json()["id"].as_str().unwrap().to_owned()
    }
}

/// A request; an empty token is none.
pub(crate) fn request(method: &str, path: &str, token: &str) -> TestRequest {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let request = TestRequest::with_uri(path).method(method).peer_addr("192.0.2.7:4711".parse().unwrap());
    if token.is_empty() { request } else { request.insert_header(("Authorization", format!("Bearer {token}"))) }
}
