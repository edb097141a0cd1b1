// From a unit in a job's tenant no step leads back to a door.
use cotenant_domain::jobs::Attempt;

async fn person(attempt: &Attempt<'_>) {
    let _ = attempt.write().await.unwrap().person().await;
}

fn main() {}
