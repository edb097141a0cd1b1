// No unit of work without a scope.
use cotenant_domain::uow::Database;

async fn read(db: &dyn Database) {
    let _ = db.read().await;
}

fn main() {}
