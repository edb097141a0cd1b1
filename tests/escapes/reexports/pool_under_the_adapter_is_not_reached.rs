// The adapter of the ports does not give the wrapper back.
use cotenant_infrastructure::{ScopedDatabase, SeaDatabase};

fn wrapper(database: &SeaDatabase) -> &ScopedDatabase {
    &database.scoped
}

fn main() {}
