// Where a permission to write is asked for, one to read does not do.
use cotenant_domain::tenancy::{Actor, Denied, Needs, StoresRead, TenantScope, Write};

fn writing<N: Needs<Access = Write>>(actor: &Actor, permission: N) -> Result<TenantScope<Write>, Denied> {
    actor.authorize(permission)
}

fn authorize(actor: &Actor) -> Result<TenantScope<Write>, Denied> {
    writing(actor, StoresRead)
}

fn main() {}
