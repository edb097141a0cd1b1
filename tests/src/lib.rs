//! What the tests of the whole share: fresh databases of both kinds, and a server with a client that signs in.
//!
//! Every test exists twice, once for each database: see [`on_both_databases!`]. PostgreSQL comes from
//! `COTENANT_TEST_POSTGRES_URL`, which `make test` sets; without it the tests fail rather than pass unseen.
//! `COTENANT_TEST_POSTGRES=off` leaves PostgreSQL out, and `make test` says so at its end.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's set-up that fails ends the test")]

pub mod database;
pub mod dice;
pub mod jobs;
pub mod post_office;
pub mod program;
pub mod prove;
pub mod proxy;
pub mod redis;
pub mod rows;
pub mod server;
pub mod sign;
pub mod tally;
pub mod wait;

pub use cotenant_escapes as entities;
pub use database::{FreshDatabase, Kind};
pub use dice::Dice;
pub use post_office::PostOffice;
pub use program::Program;
pub use proxy::Proxy;
pub use redis::RedisServer;
pub use server::{Answer, Client, TestServer, http_client};
pub use wait::eventually;

/// Makes a test for each database of an `async fn(FreshDatabase)`.
#[macro_export]
macro_rules! on_both_databases {
    ($($(#[$meta:meta])* $name:ident;)*) => {$(
        mod $name {
            $(#[$meta])*
            #[actix_web::test]
            async fn sqlite() {
                super::$name($crate::FreshDatabase::new($crate::Kind::Sqlite).await.unwrap()).await;
            }

            $(#[$meta])*
            #[actix_web::test]
            async fn postgres() {
                if let Some(database) = $crate::FreshDatabase::new($crate::Kind::Postgres).await {
                    super::$name(database).await;
                }
            }
        }
    )*};
}
