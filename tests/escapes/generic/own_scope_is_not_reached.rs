// The scope of a person's own session, which could be of any access, is not handed out.
use cotenant_domain::tenancy::{Actor, TenantScope};

fn own<A>(actor: &Actor) -> TenantScope<A> {
    actor.own_scope()
}

fn main() {}
