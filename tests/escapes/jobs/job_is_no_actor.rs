// A job is nobody: what people do with their rights it cannot do in their place.
use cotenant_domain::Deps;
use cotenant_domain::jobs::JobScope;
use cotenant_domain::stores::{ListStores, list};

async fn act(deps: &Deps, scope: &JobScope) {
    let _ = list(scope, deps, ListStores::default()).await;
}

fn main() {}
