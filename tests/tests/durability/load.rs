//! Clients that write at once, each to stores of its own, and ask again or give up where no answer comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cotenant_tests::dice::Fate as Patience;
use cotenant_tests::{Dice, eventually, prove};
use reqwest::header::IF_MATCH;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::ledger::{Act, Fate, Ledger, Write};

const CLIENTS: u64 = 8;
/// Far more than an answer may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// How the clients behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// They wait for every answer.
    Patient,
    /// They go away from two thirds of their requests before the answer can be there, or while it is on its way.
    Fickle,
}

/// Clients under way.
pub(crate) struct Load {
    /// Where the server is; the clients wait while it is nowhere.
    place: watch::Sender<Option<String>>,
    stop: watch::Sender<bool>,
    tally: Arc<Tally>,
    clients: JoinSet<Ledger>,
}

#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) acknowledged: AtomicU64,
    /// Requests without an answer, or with one that says nothing about the write.
    pub(crate) unanswered: AtomicU64,
}

impl Load {
    pub(crate) fn start(base: &str, token: &str, check: &str, manner: Manner) -> Self {
        let (place, at) = watch::channel(Some(base.to_owned()));
        let (stop, stopped) = watch::channel(false);
        let (tally, mut clients) = (Arc::new(Tally::default()), JoinSet::new());
        for number in 0..CLIENTS {
            let client = Client {
                number,
                written: 0,
                at: at.clone(),
                stopped: stopped.clone(),
                token: token.to_owned(),
                http: reqwest::Client::builder().timeout(DEADLINE).build().unwrap(),
                dice: Dice::seeded(prove::seed(check) ^ (number << 32)),
                manner,
                tally: tally.clone(),
                ledger: Ledger::default(),
            };
            clients.spawn(client.work());
        }
        Self { place, stop, tally, clients }
    }

    /// The server is nowhere for now.
    pub(crate) fn gone(&self) {
        self.place.send_replace(None);
    }

    /// The server is here now.
    pub(crate) fn moved(&self, base: &str) {
        self.place.send_replace(Some(base.to_owned()));
    }

    pub(crate) fn unanswered(&self) -> u64 {
        self.tally.unanswered.load(Ordering::SeqCst)
    }

    /// Waits until that many more writes were acknowledged.
    pub(crate) async fn acknowledged(&self, more: u64) {
        let so_far = || self.tally.acknowledged.load(Ordering::SeqCst);
        let enough = so_far() + more;
        // As many as there are to wait for, as long as they go on.
        while so_far() < enough {
            let before = so_far();
            eventually("a write is acknowledged", async || so_far() > before).await;
        }
    }

    /// Lets every client finish what it is at, and gives what they know.
    pub(crate) async fn end(mut self) -> Ledger {
        self.stop.send_replace(true);
        let mut ledger = Ledger::default();
        while let Some(part) = self.clients.join_next().await {
            ledger.add(part.unwrap());
        }
        ledger
    }
}

struct Client {
    number: u64,
    written: u64,
    at: watch::Receiver<Option<String>>,
    stopped: watch::Receiver<bool>,
    token: String,
    http: reqwest::Client,
    dice: Dice,
    manner: Manner,
    tally: Arc<Tally>,
    ledger: Ledger,
}

/// What came of a request.
enum Outcome {
    Answered(StatusCode, Value),
    Lost,
}

impl Client {
    async fn work(mut self) -> Ledger {
        while !*self.stopped.borrow() {
            let store = Uuid::from_u64_pair(self.dice.roll(u64::MAX), self.dice.roll(u64::MAX));
            self.live(store).await;
        }
        self.ledger
    }

    /// The life of one store, until something about it stays unknown.
    async fn live(&mut self, store: Uuid) {
        let open = self.open();
        if self.write(store, open, None).await != Fate::Acknowledged {
            return;
        }
        let mut version = 1;
        for _ in 0..self.dice.roll(4) {
            if self.dice.roll(4) == 0 {
                self.be_refused(store, version).await;
            }
            let act = Act::Rename { name: self.name() };
            if self.write(store, act, Some(version)).await != Fate::Acknowledged {
                return;
            }
            version += 1;
        }
        if self.dice.roll(3) == 0 {
            self.write(store, Act::Delete, Some(version)).await;
        }
    }

    fn name(&mut self) -> String {
        self.written += 1;
        format!("Client {} write {}", self.number, self.written)
    }

    fn open(&mut self) -> Act {
        let name = self.name();
        Act::Open { name, code: format!("C{}-{}", self.number, self.written) }
    }

    /// Writes, and asks again where no answer comes, until it is told or gives up.
    async fn write(&mut self, store: Uuid, act: Act, version: Option<i64>) -> Fate {
        let body = body(store, &act);
        let (mut fate, mut asked_before) = (None, false);
        while fate.is_none() {
            match self.ask(store, &act, version, &body).await {
                Outcome::Answered(status, _) if status.is_success() => fate = Some(Fate::Acknowledged),
                Outcome::Answered(status, problem) if asked_before && is_done(&act, status, &problem) => {
                    fate = Some(Fate::Acknowledged);
                }
                Outcome::Lost => {
                    asked_before = true;
                    if self.dice.roll(2) == 0 {
                        fate = Some(Fate::Unknown);
                    }
                }
                Outcome::Answered(status, problem) => {
                    self.ledger.odd.push(format!("{act:?} of {store}: {status} {problem}"));
                    fate = Some(Fate::Refused);
                }
            }
        }
        let fate = fate.unwrap();
        if fate == Fate::Acknowledged {
            self.tally.acknowledged.fetch_add(1, Ordering::SeqCst);
        }
        self.ledger.writes.push(Write { store, act, fate });
        fate
    }

    /// Asks for what must not be done, whatever becomes of the answer.
    async fn be_refused(&mut self, store: Uuid, version: i64) {
        let (act, seen, right) = match self.dice.roll(3) {
            0 => (self.open(), None, StatusCode::CONFLICT),
            // A version that never comes: one that comes soon would fit once a request that was given up is read.
            1 => (Act::Rename { name: self.name() }, Some(version + 1_000), StatusCode::PRECONDITION_FAILED),
            _ => (Act::Rename { name: self.name() }, Some(version), StatusCode::UNPROCESSABLE_ENTITY),
        };
        let mut body = body(store, &act);
        if right == StatusCode::UNPROCESSABLE_ENTITY {
            body["currency"] = json!("ABRACADABRA");
        }
        if let Outcome::Answered(status, problem) = self.ask(store, &act, seen, &body).await
            && status != right
        {
            self.ledger.odd.push(format!("{act:?} of {store} was to be refused: {status} {problem}"));
        }
        self.ledger.writes.push(Write { store, act, fate: Fate::Refused });
    }

    /// One request; again where the server could not be reached, so that nothing was sent.
    async fn ask(&mut self, store: Uuid, act: &Act, version: Option<i64>, body: &Value) -> Outcome {
        let (method, path) = match act {
            Act::Open { .. } => (Method::POST, "/api/v1/stores".to_owned()),
            Act::Rename { .. } => (Method::PATCH, format!("/api/v1/stores/{store}")),
            Act::Delete => (Method::DELETE, format!("/api/v1/stores/{store}")),
        };
        loop {
            let base = self.at.wait_for(Option::is_some).await.unwrap().clone().unwrap();
            let mut request = self.http.request(method.clone(), format!("{base}{path}")).bearer_auth(&self.token);
            if let Some(version) = version {
                request = request.header(IF_MATCH, format!("\"{version}\""));
            }
            if *act != Act::Delete {
                request = request.header("Content-Type", "application/json").body(body.to_string());
            }
            let answer = async {
                let answer = request.send().await?;
                let (status, text) = (answer.status(), answer.text().await?);
                Ok::<_, reqwest::Error>((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
            };
            let outcome = match self.patience().befalls(answer).await {
                Some(Ok((StatusCode::SERVICE_UNAVAILABLE, _))) | None => Outcome::Lost,
                Some(Ok((status, answer))) => Outcome::Answered(status, answer),
                Some(Err(error)) if error.is_connect() => {
                    // It is told where the server is by then.
                    self.at.changed().await.unwrap();
                    continue;
                }
                Some(Err(error)) => {
                    if error.is_timeout() {
                        self.ledger.odd.push(format!("{act:?} of {store}: no answer within {DEADLINE:?}"));
                    }
                    Outcome::Lost
                }
            };
            if matches!(outcome, Outcome::Lost) {
                self.tally.unanswered.fetch_add(1, Ordering::SeqCst);
            }
            return outcome;
        }
    }

    fn patience(&mut self) -> Patience {
        match (self.manner, self.dice.roll(3)) {
            (Manner::Patient, _) | (Manner::Fickle, 0) => Patience::Finishes,
            (Manner::Fickle, 1) => Patience::GivenUpAfterWaits(self.dice.roll(6)),
            // A write takes some of this time, so that all of it is met: before, within and after the commit.
            (Manner::Fickle, _) => Patience::GivenUpAfter(Duration::from_micros(self.dice.roll(40_000))),
        }
    }
}

fn body(store: Uuid, act: &Act) -> Value {
    match act {
        Act::Open { name, code } => json!({ "id": store, "name": name, "code": code, "currency": "KES" }),
        Act::Rename { name } => json!({ "name": name }),
        Act::Delete => Value::Null,
    }
}

/// Whether a refusal says that the write had been done when it was asked for before: nobody else writes to this store.
fn is_done(act: &Act, status: StatusCode, problem: &Value) -> bool {
    match act {
        Act::Open { .. } => {
            let taken = ["/problems/id_taken", "/problems/code_taken"];
            status == StatusCode::CONFLICT && taken.iter().any(|code| problem["type"] == *code)
        }
        Act::Rename { .. } => status == StatusCode::PRECONDITION_FAILED,
        Act::Delete => status == StatusCode::NOT_FOUND,
    }
}
