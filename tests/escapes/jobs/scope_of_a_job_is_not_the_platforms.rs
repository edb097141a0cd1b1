// The scope of a job begins nothing on the platform's records.
use cotenant_domain::Deps;
use cotenant_domain::jobs::JobScope;

async fn platform(deps: &Deps, scope: &JobScope) {
    let _ = deps.db.platform(scope).await;
}

fn main() {}
