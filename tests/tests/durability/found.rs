//! What the database holds, read past the server.

use std::collections::BTreeMap;

use cotenant_tests::{Kind, eventually};
use serde_json::Value;
use sqlx::{Connection, Executor, PgConnection, Row, SqliteConnection};
use uuid::Uuid;

use crate::ledger::Act;

/// Stores, and what the audit log says of them.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) stores: BTreeMap<Uuid, Store>,
    /// What was done to each store, in the order of the log.
    pub(crate) told: BTreeMap<Uuid, Vec<Act>>,
    /// The places of the log that are taken, in order, and the last place according to its head.
    pub(crate) places: Vec<i64>,
    pub(crate) head: i64,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Store {
    pub(crate) name: String,
    pub(crate) code: String,
    pub(crate) deleted: bool,
    pub(crate) version: i64,
}

const STORES: &str = "SELECT id, name, code, deleted_at IS NOT NULL, version FROM stores";
const EVENTS: &str = "SELECT seq, action, object_id, detail FROM audit_events ORDER BY seq";
const HEAD: &str = "SELECT seq FROM audit_heads";

/// Reads a database whose server has ended.
pub(crate) async fn found(kind: Kind, url: &str) -> Found {
    let mut found = Found::default();
    match kind {
        Kind::Sqlite => {
            let mut file = SqliteConnection::connect(url).await.unwrap();
            let sound: String = file.fetch_one("PRAGMA integrity_check").await.unwrap().get(0);
            assert_eq!(sound, "ok");
            for row in file.fetch_all(STORES).await.unwrap() {
                found.store(row.get(0), row.get(1), row.get(2), row.get(3), row.get(4));
            }
            for row in file.fetch_all(EVENTS).await.unwrap() {
                found.event(row.get(0), row.get(1), row.get(2), row.get(3));
            }
            found.head = file.fetch_one(HEAD).await.unwrap().get(0);
            file.close().await.unwrap();
        }
        Kind::Postgres => {
            let mut server = PgConnection::connect(url).await.unwrap();
            eventually("what was left behind has ended", async || {
                let left = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                            AND application_name = 'cotenant'";
                server.fetch_one(left).await.unwrap().get::<i64, _>(0) == 0
            })
            .await;
            for row in server.fetch_all(STORES).await.unwrap() {
                found.store(row.get(0), row.get(1), row.get(2), row.get(3), row.get(4));
            }
            for row in server.fetch_all(EVENTS).await.unwrap() {
                found.event(row.get(0), row.get(1), row.get(2), row.get(3));
            }
            found.head = server.fetch_one(HEAD).await.unwrap().get(0);
            server.close().await.unwrap();
        }
    }
    found
}

impl Found {
    fn store(&mut self, id: Uuid, name: String, code: String, deleted: bool, version: i64) {
        let twice = self.stores.insert(id, Store { name, code, deleted, version });
        assert_eq!(twice, None, "{id} is there twice");
    }

    fn event(&mut self, place: i64, action: String, object: Uuid, detail: String) {
        self.places.push(place);
        let detail: Value = serde_json::from_str(&detail).unwrap();
        let text =
            |value: &Value| value.as_str().unwrap_or_else(|| panic!("{action} of {object}: {detail}")).to_owned();
        let act = match action.as_str() {
            "store.opened" => Act::Open { name: text(&detail["name"]), code: text(&detail["code"]) },
            "store.changed" => Act::Rename { name: text(&detail["name"][1]) },
            "store.deleted" => Act::Delete,
            other => {
                assert!(!other.starts_with("store."), "{other} was not asked for");
                return;
            }
        };
        self.told.entry(object).or_default().push(act);
    }
}
