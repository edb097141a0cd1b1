// The platform's scope is an operator's, or the bootstrap's.
use cotenant_domain::tenancy::{Origin, PlatformScope, Principal};

fn forge() -> PlatformScope {
    PlatformScope::new(Principal::System, Origin::default())
}

fn main() {}
