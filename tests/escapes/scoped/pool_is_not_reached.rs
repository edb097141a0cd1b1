// So is the pool.
use cotenant_scoped::Database;

fn pool(database: &Database) {
    let _ = &database.write;
}

fn main() {}
