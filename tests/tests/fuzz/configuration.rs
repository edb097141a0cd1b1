//! The configuration: files and variables of any content.

use std::collections::BTreeSet;

use cotenant_server::config::{Config, Sources};
use cotenant_tests::prove;
use proptest::prelude::*;
use serde_json::json;

use crate::junk::texts;
use crate::runner::{Count, holds, holds_that};

#[derive(Debug, Clone)]
enum Given {
    /// A known setting, in a file, with a value as it stands in TOML.
    File(usize, String),
    /// A known setting, in a variable.
    Variable(usize, String),
    /// A setting that is none, in a file.
    Unknown(String, String),
    /// A variable that is none.
    UnknownVariable(String, String),
    /// A file of anything.
    Text(String),
}

/// Values as they stand in TOML, some of which are none.
fn values() -> BoxedStrategy<String> {
    let odd: &'static [&str] = &[
        "0",
        "-1",
        "1",
        "9223372036854775807",
        "9223372036854775808",
        "1e400",
        "nan",
        "inf",
        "true",
        "false",
        "[]",
        "{}",
        "''",
        "\"\"",
        "[1, 'a']",
        "{ a = 1 }",
        "1979-05-27T07:32:00Z",
        "07:32:00",
        "0x10",
        "1_000",
        "'''a\nb'''",
        "\"\\u0000\"",
        "\"\\uD800\"",
        "=",
        "\"",
        "[[",
        "a.b.c",
        "'sqlite://'",
        "'postgres://'",
        "'postgres://a:b@[::1'",
        "'127.0.0.1:99999'",
        "'https://'",
        "'info,=,=x'",
        "'a <b>'",
    ];
    prop_oneof![
        proptest::sample::select(odd).prop_map(str::to_owned),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
        texts().prop_map(|text| json!(text).to_string()),
    ]
    .boxed()
}

fn cases() -> impl Strategy<Value = Given> {
    let name = "[a-z_]{1,12}(\\.[a-z_]{1,12}){0,2}";
    prop_oneof![
        4 => (any::<usize>(), values()).prop_map(|(nth, value)| Given::File(nth, value)),
        4 => (any::<usize>(), texts()).prop_map(|(nth, value)| Given::Variable(nth, value)),
        1 => (name, values()).prop_map(|(name, value)| Given::Unknown(name, value)),
        1 => ("[A-Z_]{0,20}", texts()).prop_map(|(name, value)| Given::UnknownVariable(name, value)),
        1 => texts().prop_map(Given::Text),
    ]
}

#[actix_web::test]
async fn any_configuration_is_read_or_refused_by_name() {
    let keys: Vec<String> =
        Config::load(&sources()).unwrap().entries().iter().map(|entry| entry.key.to_owned()).collect();
    assert!(keys.len() > 20 && keys.iter().collect::<BTreeSet<_>>().len() == keys.len(), "{keys:?}");
    let home = tempfile::TempDir::new().unwrap();
    let (tried, refused) = <(Count, Count)>::default();
    let counts = (tried.clone(), refused.clone());
    holds("fuzzed configuration", prove::times(1_500, 10_000), cases, async move |given: Given| {
        let mut sources = sources();
        let file = home.path().join("test.toml");
        // What the refusal has to name: the key, or its variable, or the file where that is no TOML at all.
        let named: Vec<String> = match &given {
            Given::File(nth, value) => {
                let key = &keys[nth % keys.len()];
                std::fs::write(&file, format!("{key} = {value}\n")).unwrap();
                vec![key.clone(), "test.toml".to_owned()]
            }
            Given::Variable(nth, value) => {
                let key = &keys[nth % keys.len()];
                let variable = format!("COTENANT__{}", key.replace('.', "__").to_uppercase());
                sources = sources.with(&variable, value);
                vec![key.clone(), variable]
            }
            Given::Unknown(name, value) => {
                std::fs::write(&file, format!("{name} = {value}\n")).unwrap();
                vec![name.clone(), "test.toml".to_owned()]
            }
            Given::UnknownVariable(name, value) => {
                let name = format!("COTENANT__X_{name}");
                sources = sources.with(&name, value);
                vec![name]
            }
            Given::Text(text) => {
                std::fs::write(&file, text).unwrap();
                vec!["test.toml".to_owned()]
            }
        };
        if !matches!(given, Given::Variable(..) | Given::UnknownVariable(..)) {
            sources.config_dir = Some(home.path().to_owned());
        }
        tried.add(1);
        match Config::load(&sources) {
            Ok(_) => {
                let is_known = !matches!(given, Given::Unknown(..) | Given::UnknownVariable(..));
                holds_that!(is_known, "what nobody reads was taken");
            }
            Err(error) => {
                refused.add(1);
                let said = error.to_string();
                holds_that!(named.iter().any(|name| said.contains(name)), "{named:?} is not named: {said}");
                holds_that!(!error.problems().is_empty(), "refused for nothing");
            }
        }
        Ok(())
    })
    .await;
    let (tried, refused) = counts;
    let taken = tried.get() - refused.get();
    assert!(taken * 50 > tried.get() && refused.get() * 4 > tried.get(), "{taken} of {} were taken", tried.get());
    let told = [("configurations", tried.get()), ("refused", refused.get()), ("panics", 0), ("refused namelessly", 0)];
    prove::figures("fuzzed configuration", "-", &told);
}

fn sources() -> Sources {
    Sources::default().with("COTENANT_ENV", "test")
}
