//! The script against the arithmetic that it repeats.

use std::collections::HashMap;

use cotenant_domain::limits::Rate;
use cotenant_tests::{Dice, RedisServer};

const SCRIPT: &str = include_str!("../../../crates/infrastructure/src/limits/take.lua");

/// What the script answers: whether it serves, its clock, and for each key the instant at which it is full again.
async fn take(redis: &RedisServer, charges: &[(String, Rate)]) -> (bool, i64, Vec<i64>) {
    let mut words = vec!["EVAL".to_owned(), SCRIPT.to_owned(), charges.len().to_string()];
    words.extend(charges.iter().map(|(key, _)| key.clone()));
    words.extend(charges.iter().flat_map(|(_, rate)| [rate.interval(), rate.capacity()]).map(|n| n.to_string()));
    let words: Vec<&[u8]> = words.iter().map(String::as_bytes).collect();
    let mut numbers: Vec<i64> = redis.ask(&words).await;
    let full_at = numbers.split_off(2);
    (numbers[0] == 1, numbers[1], full_at)
}

/// Rates of all sizes: some are never full again here, some within milliseconds, and each key meets them in any order.
fn some_rate(dice: &mut Dice) -> Rate {
    let window = [1, 2, 60, 3_600][dice.roll(4) as usize];
    let most = [3, 200, 2_000][dice.roll(3) as usize];
    Rate::new(1 + dice.roll(most) as u32, window).unwrap()
}

#[actix_web::test]
async fn whatever_rates_come_in_whatever_order_the_script_and_the_domain_say_the_same() {
    let Some(redis) = RedisServer::start().await else { return };
    let mut dice = Dice::seeded(31);
    let mut kept: HashMap<String, i64> = HashMap::new();
    let (mut served, mut refused, mut full_again, mut too_far) = (0, 0, 0, 0);
    for n in 0..1_500 {
        let (first, keys) = (dice.roll(3), 1 + dice.roll(3));
        let charges: Vec<(String, Rate)> =
            (0..keys).map(|at| (format!("key-{}", (first + at) % 3), some_rate(&mut dice))).collect();
        let (admitted, now, full_at) = take(&redis, &charges).await;
        let before: Vec<i64> = charges.iter().map(|(key, _)| kept.get(key).copied().unwrap_or_default()).collect();
        let taken: Option<Vec<i64>> = charges.iter().zip(&before).map(|((_, rate), at)| rate.take(*at, now)).collect();
        assert_eq!(admitted, taken.is_some(), "take {n}, {charges:?} at {now} of {before:?}");
        for ((key, rate), at) in charges.iter().zip(&before) {
            full_again += usize::from(kept.contains_key(key) && *at <= now);
            too_far += usize::from(at - now > rate.capacity());
        }
        let levels = |instants: &[i64]| -> Vec<_> {
            charges.iter().zip(instants).map(|((_, rate), at)| rate.level(*at, now)).collect()
        };
        match taken {
            Some(after) => {
                assert_eq!(full_at, after, "take {n}, {charges:?}");
                kept.extend(charges.iter().map(|(key, _)| key.clone()).zip(after));
                served += 1;
            }
            None => {
                assert_eq!(levels(&full_at), levels(&before), "take {n}, {charges:?}");
                refused += 1;
            }
        }
    }
    let met = [served, refused, full_again, too_far];
    assert!(met.iter().all(|times| *times >= 20), "served, refused, full again, ahead of all of a rate: {met:?}");
}
