//! Clients go away from their requests midway.

use cotenant_tests::{FreshDatabase, on_both_databases, prove};

use crate::house::{bootstrap, leave, program, reckon};
use crate::load::{Load, Manner};

on_both_databases! {
    what_was_acknowledged_is_there_though_clients_go_away_midway;
}

const CHECK: &str = "clients that go away";

async fn what_was_acknowledged_is_there_though_clients_go_away_midway(database: FreshDatabase) {
    // Nothing is wrong but the clients: whoever waits gets a connection.
    let program = program(&database.url).with("COTENANT__DATABASE__ACQUIRE_TIMEOUT_MS", "20000");
    let served = program.serve();
    let load = Load::start(&served.base, &bootstrap(&served.base).await, CHECK, Manner::Fickle);
    let enough = prove::times(200, 4_000);
    load.acknowledged(enough).await;
    let gone = load.unanswered();
    assert!(gone > enough / 10, "{gone} requests were given up beside {enough}");
    let counts = reckon(load, served, database.kind, &database.url).await;
    leave(CHECK, database.kind, &[("requests given up", gone)], counts);
}
