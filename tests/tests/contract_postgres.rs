//! The port contract on PostgreSQL.

use async_trait::async_trait;
use cotenant_testkit::contract::{Adapters, Kit};
use cotenant_tests::{FreshDatabase, Kind};
use tokio::sync::OnceCell;

#[derive(Default)]
struct PostgresKit {
    database: OnceCell<Option<FreshDatabase>>,
}

#[async_trait]
impl Kit for PostgresKit {
    async fn adapters(&self) -> Adapters {
        let make = || FreshDatabase::new(Kind::Postgres);
        // Where PostgreSQL is left out on purpose (`make test` says so at its end), the rules hold the memory again.
        match self.database.get_or_init(make).await {
            Some(database) => Adapters::over(database.adapters()),
            None => Adapters::in_memory(),
        }
    }
}

cotenant_testkit::contract_tests!(PostgresKit::default());
