// Somebody may declare a door of their own; no transaction gets to it.
use cotenant_scoped::door::{Door, Person};
use cotenant_scoped::{Transaction, Writing};

enum Backdoor {}

impl Door for Backdoor {
    const NAME: &'static str = "tenant";
}

async fn pass(transaction: Transaction<Person, Writing>) {
    let _ = transaction.pass::<Backdoor>(None).await;
}

fn main() {}
