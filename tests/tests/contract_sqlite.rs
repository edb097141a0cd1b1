//! The port contract on SQLite.

#![expect(clippy::unwrap_used, reason = "a test whose database cannot be made ends")]

use async_trait::async_trait;
use cotenant_testkit::contract::{Adapters, Kit};
use cotenant_tests::{FreshDatabase, Kind};
use tokio::sync::OnceCell;

#[derive(Default)]
struct SqliteKit {
    database: OnceCell<FreshDatabase>,
}

#[async_trait]
impl Kit for SqliteKit {
    async fn adapters(&self) -> Adapters {
        let make = || async { FreshDatabase::new(Kind::Sqlite).await.unwrap() };
        Adapters::over(self.database.get_or_init(make).await.adapters())
    }
}

cotenant_testkit::contract_tests!(SqliteKit::default());
