//! How much is served to whom, over HTTP: each setting and its policy, several servers that count together, plans and quotas.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "limits/log.rs"]
mod log;
#[path = "limits/plans.rs"]
mod plans;
#[path = "limits/quotas.rs"]
mod quotas;
#[path = "limits/rates.rs"]
mod rates;
#[path = "limits/refused.rs"]
mod refused;
#[path = "limits/script.rs"]
mod script;
#[path = "limits/shared.rs"]
mod shared;

use cotenant_tests::Answer;

/// A field of an answer; nothing where it has none.
fn field(answer: &Answer, name: &str) -> String {
    answer.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

/// The policies that an answer names, with the requests of each.
fn policies(answer: &Answer) -> Vec<(String, u32)> {
    let item = |item: &str| {
        let mut parts = item.split(';');
        let name = parts.next().unwrap().trim().trim_matches('"').to_owned();
        (name, parts.next().unwrap().strip_prefix("q=").unwrap().parse().unwrap())
    };
    field(answer, "ratelimit-policy").split(',').filter(|text| !text.is_empty()).map(item).collect()
}
