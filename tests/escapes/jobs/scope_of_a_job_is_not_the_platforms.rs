// A tenant's job begins nothing on the platform's records.
use cotenant_domain::jobs::Attempt;

async fn platform(attempt: &Attempt<'_>) {
    let _ = attempt.platform().await;
}

fn main() {}
