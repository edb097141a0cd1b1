//! The connections between the server and PostgreSQL break, all at once. (SQLite is a file and has none.)

use cotenant_tests::{Dice, FreshDatabase, Kind, Proxy, eventually, prove};

use sqlx::{Connection, PgConnection};

use crate::house::{BACK_WITHIN, bootstrap, impatient, leave, reckon, until_ready};
use crate::load::{Load, Manner};

const CHECK: &str = "connections cut";

#[actix_web::test]
async fn what_was_acknowledged_survives_cuts_of_the_connections() {
    let Some(database) = FreshDatabase::new(Kind::Postgres).await else { return };
    let (mut proxy, through) = Proxy::before(&database.url).await;
    let (program, cuts) = (impatient(&through), prove::times(4, 40));
    // On another thread: the proxy lives on this one.
    let (served, _program) = tokio::task::spawn_blocking(move || (program.serve(), program)).await.unwrap();
    let token = bootstrap(&served.base).await;
    let (load, mut dice) =
        (Load::start(&served.base, &token, CHECK, Manner::Patient), Dice::seeded(prove::seed(CHECK)));
    let mut slowest = 0;
    for _ in 0..cuts {
        load.acknowledged(1 + dice.roll(20)).await;
        let before = load.unanswered();
        if dice.roll(3) == 0 {
            // What was sent is swallowed first: commits without an answer.
            proxy.stall();
            eventually("the silence is noticed", async || load.unanswered() > before).await;
        }
        proxy.cut().await;
        if dice.roll(2) == 0 {
            eventually("the cut is noticed", async || load.unanswered() > before).await;
        }
        proxy.mend();
        // The time counts from when the database can be reached.
        PgConnection::connect(&through).await.unwrap().close().await.unwrap();
        let ready = until_ready(&served.base).await;
        assert!(ready <= BACK_WITHIN, "ready {ready:?} after the connections were mended");
        slowest = slowest.max(ready.as_millis() as u64);
    }
    load.acknowledged(10).await;
    assert!(load.unanswered() > 0, "no cut met a request");
    let counts = reckon(load, served, database.kind, &database.url).await;
    // After a few of them it can be that every client has asked again and was told.
    assert!(counts.unknown > 0 || cuts < 40, "{counts:?}");
    leave(CHECK, database.kind, &[("cuts", cuts), ("slowest return ms", slowest)], counts);
}
