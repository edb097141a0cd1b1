// From a unit in a job's tenant no step leads back to a door.
use cotenant_domain::Deps;
use cotenant_domain::jobs::JobScope;

async fn person(deps: &Deps, scope: &JobScope) {
    let _ = deps.db.write(&scope.write()).await.unwrap().person().await;
}

fn main() {}
