// The scope of a person's own session, which could be of any access, is not handed out.
use cotenant_domain::tenancy::{MemberActor, TenantScope};

fn own<A>(actor: &MemberActor) -> TenantScope<A> {
    actor.own_scope()
}

fn main() {}
