// What is noted of a support grant's use comes from a token that was shown, since it leads into the grant's tenant.
use cotenant_domain::tenancy::{TenantScope, UsedGrant, Write};

fn enter(used: &UsedGrant) -> TenantScope<Write> {
    used.scope()
}

fn main() {}
