//! The process: its end, its second start, and who else wants the same database.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use cotenant_tests::server::PASSWORD;
use cotenant_tests::{Client, FreshDatabase, Kind, Program, eventually};
use reqwest::StatusCode;
use serde_json::{Value, json};

const ASHA: &str = "asha@duka.example";
const DEADLINE: Duration = Duration::from_secs(30);

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_cotenant-program"))
}

/// Bootstraps a new server with the secret that development made.
async fn begin(program: &Program, base: &str) {
    let secret = std::fs::read_to_string(program.home().join("var/bootstrap.secret")).unwrap();
    let body = json!({
        "secret": secret.trim_end(), "email": ASHA, "password": PASSWORD, "display_name": "Asha Otieno",
        "tenant": { "name": "Duka", "slug": "duka" }
    });
    let begun = Client::new(base, None).post("/api/v1/bootstrap", body).await;
    assert_eq!(begun.status, StatusCode::CREATED, "{begun:?}");
}

async fn sign_in(base: &str) -> Client {
    let answer = Client::new(base, None).post("/api/v1/auth/login", credentials()).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    Client::new(base, Some(answer.text("access_token")))
}

fn credentials() -> Value {
    json!({ "email": ASHA, "password": PASSWORD })
}

fn store(name: &str) -> Value {
    json!({ "name": name, "code": name, "currency": "KES" })
}

#[actix_web::test]
async fn on_sigterm_a_running_request_is_finished_and_the_next_start_finds_the_data() {
    let program = program();
    let first = program.serve();
    begin(&program, &first.base).await;
    let opened = sign_in(&first.base).await.post("/api/v1/stores", store("Town")).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{opened:?}");

    let mut running = HalfSent::request(&first.base, "/api/v1/auth/login", &credentials().to_string());
    first.terminate();
    let address = running.address.clone();
    eventually("nobody is let in any more", async || TcpStream::connect(&address).is_err()).await;
    let (head, body) = running.rest();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let token = body["access_token"].as_str().unwrap().to_owned();
    let ended = first.ended();
    assert_eq!(ended.code, Some(0), "{ended:?}");

    let second = program.serve();
    assert!(!second.log().contains("panicked"));
    let again = Client::new(&second.base, Some(token));
    let list = again.get("/api/v1/stores").await;
    assert_eq!(list.status, StatusCode::OK, "what the finished request wrote is there too: {list:?}");
    assert_eq!(list.body["data"], json!([opened.body]));
    second.terminate();
    assert_eq!(second.ended().code, Some(0));
}

/// A request whose head the server has read and whose body it waits for.
struct HalfSent {
    address: String,
    stream: BufReader<TcpStream>,
    left: String,
}

impl HalfSent {
    fn request(base: &str, path: &str, body: &str) -> Self {
        let address = base.strip_prefix("http://").unwrap().to_owned();
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        // The answer to `Expect` proves that the request is being served.
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Expect: 100-continue\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut stream = BufReader::new(stream);
        let mut interim = String::new();
        while !interim.ends_with("\r\n\r\n") {
            assert!(stream.read_line(&mut interim).unwrap() > 0, "{interim}");
        }
        assert!(interim.starts_with("HTTP/1.1 100"), "{interim}");
        Self { address, stream, left: body.to_owned() }
    }

    /// Sends the body; the head and the body of the answer.
    fn rest(&mut self) -> (String, Value) {
        self.stream.get_mut().write_all(self.left.as_bytes()).unwrap();
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), serde_json::from_str(body).unwrap_or(Value::Null))
    }
}

#[actix_web::test]
async fn a_second_server_on_the_same_file_is_refused_and_the_first_goes_on() {
    let program = program();
    let first = program.serve();
    let Err(refused) = program.try_serve() else { panic!("two servers share a SQLite file") };
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("another server uses") && refused.err.contains("var/cotenant.db"), "{refused:?}");
    assert!(refused.err.contains("one server for each SQLite file"), "{refused:?}");
    assert_eq!(Client::new(&first.base, None).get("/readyz").await.status, StatusCode::OK);
    first.terminate();
    assert_eq!(first.ended().code, Some(0));
    // The claim ends with the process, however it ends.
    let killed = program.serve();
    drop(killed);
    assert!(program.try_serve().is_ok());
}

#[actix_web::test]
async fn servers_that_start_at_once_on_a_new_database_all_come_up() {
    let Some(database) = FreshDatabase::empty(Kind::Postgres).await else { return };
    let programs = [program(), program(), program()].map(|p| p.with("COTENANT__DATABASE__URL", &database.url));
    let starting = programs.each_ref().map(Program::begin_serving);
    let mut signs = Vec::new();
    let served = starting.map(|server| server.listening().unwrap_or_else(|ended| panic!("{ended:?}")));
    for server in &served {
        signs.push(Client::new(&server.base, None).get("/readyz").await.status);
    }
    assert_eq!(signs, [StatusCode::OK; 3]);
    begin(&programs[0], &served[0].base).await;
    // They are one system: each knows who began at another.
    for server in &served {
        let answer = Client::new(&server.base, None).post("/api/v1/auth/login", credentials()).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        server.terminate();
    }
    for server in served {
        assert_eq!(server.ended().code, Some(0));
    }
}
