// A job is nobody: what people do with their rights it cannot do in their place.
use cotenant_domain::Deps;
use cotenant_domain::jobs::Attempt;
use cotenant_domain::stores::{ListStores, list};

async fn act(deps: &Deps, attempt: &Attempt<'_>) {
    let _ = list(attempt, deps, ListStores::default()).await;
}

fn main() {}
