//! Many send the same under one key at the same moment, and some go away midway: each key has one effect, whoever of them
//! made it, and everybody who is answered is told the same.

use cotenant_tests::{Answer, Client, FreshDatabase, TestServer, on_both_databases, prove};
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use cotenant_tests::dice::Dice;

on_both_databases! {
    each_key_has_one_effect_in_a_storm;
}

const CHECK: &str = "storm of keys";
/// More than there are connections to the database: those who wait for the first must not starve it.
const AT_ONCE: usize = 12;

fn is_replay(answer: &Answer) -> bool {
    answer.headers.contains_key("idempotency-replayed")
}

/// Nothing of it is unique, and the server chooses the id: nothing but the key keeps them from being many.
async fn invite(client: Client, key: String) -> Answer {
    let body = json!({ "email": format!("{key}@guests.example") }).to_string();
    client.send(Method::POST, "/api/v1/invitations", &[("Idempotency-Key", &key)], Some(body)).await
}

// Attacks: 15.
async fn each_key_has_one_effect_in_a_storm(database: FreshDatabase) {
    let few = [("COTENANT__DATABASE__MAX_CONNECTIONS", "4"), ("COTENANT__DATABASE__ACQUIRE_TIMEOUT_MS", "60000")];
    let server = TestServer::start_with(database, &few).await;
    let owner = server.bootstrap("acme").await;
    let (keys, mut dice) = (prove::times(30, 600), Dice::seeded(prove::seed(CHECK)));
    let (mut answered, mut given_up) = (0, 0);
    for n in 0..keys {
        let mut race = JoinSet::new();
        for _ in 0..AT_ONCE {
            let (fate, sent) = (dice.fate(8), invite(owner.clone(), format!("key-{n}")));
            race.spawn(fate.befalls(sent));
        }
        let answers: Vec<Answer> = race.join_all().await.into_iter().flatten().collect();
        let last = invite(owner.clone(), format!("key-{n}")).await;
        for answer in &answers {
            assert_eq!((answer.status.as_u16(), &answer.raw), (201, &last.raw), "{answer:?}");
        }
        let first = answers.iter().chain([&last]).filter(|answer| !is_replay(answer)).count();
        assert!(first <= 1, "{first} were told that they made it");
        answered += answers.len() as u64;
        given_up += (AT_ONCE - answers.len()) as u64;
    }
    assert!(answered.min(given_up) > keys, "{answered} answered and {given_up} given up are no storm");
    server.settle().await;
    let rows = server.database.rows().await;
    let many = |table: &str, with: &str| rows[table].lines().filter(|row| row.contains(with)).count() as u64;
    for (table, with) in [("invitations", ""), ("audit_events", "invitation.created"), ("kept_answers", "")] {
        assert_eq!(many(table, with), keys, "{table}");
    }
    let told = [("keys", keys), ("answered alike", answered), ("given up", given_up), ("double effects", 0)];
    prove::figures(CHECK, &format!("{:?}", server.database.kind), &told);
    server.stop().await;
}
