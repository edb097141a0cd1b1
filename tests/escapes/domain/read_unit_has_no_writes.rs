// A unit that reads has no method that writes.
use cotenant_domain::stores::Store;
use cotenant_domain::uow::ReadUnit;

async fn insert(unit: &dyn ReadUnit, store: &Store) {
    let _ = unit.stores().insert(store).await;
}

fn main() {}
