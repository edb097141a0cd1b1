// A permission to read gives the scope of a reader.
use cotenant_domain::tenancy::{Actor, Denied, StoresRead, TenantScope, Write};

fn authorize(actor: &Actor) -> Result<TenantScope<Write>, Denied> {
    actor.authorize(StoresRead)
}

fn main() {}
