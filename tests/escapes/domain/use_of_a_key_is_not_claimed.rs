// What is noted of a key's use comes from a key that was shown, since it leads into the key's tenant.
use cotenant_domain::tenancy::{TenantScope, UsedKey, Write};

fn enter(used: &UsedKey) -> TenantScope<Write> {
    used.scope()
}

fn main() {}
