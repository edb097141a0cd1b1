// The record of a tenant that a world makes is not the right to work in it.
use cotenant_domain::uow::Database;
use cotenant_testkit::World;

async fn read(db: &dyn Database, world: &World) {
    let _ = db.read(&world.new_tenant("acme")).await;
}

fn main() {}
