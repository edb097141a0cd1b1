// A handler is handed no database: neither the person door nor the dispatcher's.
use cotenant_domain::jobs::Attempt;

async fn doors(attempt: &Attempt<'_>) {
    let _ = attempt.deps.db.person().await;
    let _ = attempt.deps.db.dispatcher();
}

fn main() {}
