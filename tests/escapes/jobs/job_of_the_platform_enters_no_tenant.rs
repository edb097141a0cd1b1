// A job of the platform begins nothing in a tenant.
use cotenant_domain::jobs::PlatformAttempt;

async fn write(attempt: &PlatformAttempt<'_>) {
    let _ = attempt.write().await;
}

fn main() {}
