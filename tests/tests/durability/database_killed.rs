//! PostgreSQL is killed, or one of its processes, and comes back. (SQLite lives in the server's process.)

use std::time::Instant;

use cotenant_tests::{Dice, Kind, eventually, prove};

use crate::cluster::{Cluster, Death};
use crate::house::{BACK_WITHIN, bootstrap, impatient, leave, reckon, until_ready};
use crate::load::{Load, Manner};

const CHECK: &str = "kill -9 of the database";

#[actix_web::test]
async fn what_was_acknowledged_survives_kills_of_the_database() {
    let Some(mut cluster) = Cluster::start().await else { return };
    let (program, kills) = (impatient(&cluster.url), prove::times(3, 30));
    let served = program.serve();
    let token = bootstrap(&served.base).await;
    let (load, mut dice) =
        (Load::start(&served.base, &token, CHECK, Manner::Patient), Dice::seeded(prove::seed(CHECK)));
    let (mut slowest, mut longest) = (0, 0);
    for n in 0..kills {
        load.acknowledged(1 + dice.roll(20)).await;
        let (before, died) = (load.unanswered(), Instant::now());
        let death = [Death::Killed, Death::Immediate, Death::OfOneProcess][n as usize % 3];
        cluster.die(death).await;
        if death != Death::OfOneProcess {
            eventually("the server notices", async || load.unanswered() > before).await;
        }
        cluster.come_back().await;
        longest = longest.max(died.elapsed().as_millis() as u64);
        let ready = until_ready(&served.base).await;
        assert!(ready <= BACK_WITHIN, "ready {ready:?} after the database was back from {death:?}");
        slowest = slowest.max(ready.as_millis() as u64);
    }
    load.acknowledged(10).await;
    assert!(load.unanswered() > 0, "no kill met a request");
    let counts = reckon(load, served, Kind::Postgres, &cluster.url).await;
    // After a few of them it can be that every client has asked again and was told.
    assert!(counts.unknown > 0 || kills < 30, "{counts:?}");
    let own = [("kills", kills), ("slowest return ms", slowest), ("longest the database was away ms", longest)];
    leave(CHECK, Kind::Postgres, &own, counts);
}
