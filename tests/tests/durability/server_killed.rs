//! The server is killed, as when the machine's memory runs out, and started again.

use cotenant_tests::{Dice, FreshDatabase, on_both_databases, prove};

use crate::house::{bootstrap, leave, program, reckon, until_ready};
use crate::load::{Load, Manner};

on_both_databases! {
    what_was_acknowledged_survives_kills_of_the_server;
}

const CHECK: &str = "kill -9 of the server";

async fn what_was_acknowledged_survives_kills_of_the_server(database: FreshDatabase) {
    let (program, kills) = (program(&database.url), prove::times(3, 30));
    let mut served = program.serve();
    let token = bootstrap(&served.base).await;
    let (load, mut dice) =
        (Load::start(&served.base, &token, CHECK, Manner::Patient), Dice::seeded(prove::seed(CHECK)));
    let (mut midway, mut slowest) = (0, 0);
    for _ in 0..kills {
        load.acknowledged(1 + dice.roll(20)).await;
        let before = load.unanswered();
        let ended = served.kill();
        load.gone();
        assert_eq!(ended.code, None, "{ended:?}");
        served = program.serve();
        let ready = until_ready(&served.base).await;
        slowest = slowest.max((served.took + ready).as_millis() as u64);
        load.moved(&served.base);
        load.acknowledged(1).await;
        midway += u64::from(load.unanswered() > before);
    }
    assert!(midway > 0, "none of {kills} kills met a request");
    let counts = reckon(load, served, database.kind, &database.url).await;
    leave(
        CHECK,
        database.kind,
        &[("kills", kills), ("that met a request", midway), ("slowest start ms", slowest)],
        counts,
    );
}
