//! The in-memory adapters keep the contract of the ports.

use async_trait::async_trait;
use cotenant_testkit::contract::{Adapters, Kit};

struct MemoryKit;

#[async_trait]
impl Kit for MemoryKit {
    async fn adapters(&self) -> Adapters {
        Adapters::in_memory()
    }
}

cotenant_testkit::contract_tests!(MemoryKit);

/// Every rule is stamped: one that is written and not listed would hold nobody to anything.
#[test]
fn every_rule_of_the_contract_is_stamped() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/contract");
    let list = std::fs::read_to_string(format!("{folder}/mod.rs")).unwrap();
    let mut rules = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for line in text.lines() {
            let Some(name) = line.strip_prefix("pub async fn ").and_then(|line| line.split('(').next()) else {
                continue;
            };
            assert!(list.lines().any(|line| line.trim() == format!("{name},")), "{name} is not stamped");
            rules += 1;
        }
    }
    assert!(rules > 50, "{rules}");
}
