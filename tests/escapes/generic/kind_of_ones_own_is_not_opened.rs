// No door is opened to a kind of table of one's own, in which a tenant's rows would stand without their walls.
use cotenant_scoped::door::{Opens, Person};

enum AnyTable {}

impl Opens<AnyTable> for Person {}

fn main() {}
