// An actor comes from a verified token, read against the database.
use cotenant_domain::tenancy::Actor;

fn main() {
    let _forge = Actor::new;
}
