// A scope is not made of the parts of another.
use cotenant_domain::tenancy::{TenantScope, Write};
use cotenant_domain::tenants::TenantId;

fn rebuild(earned: TenantScope<Write>, other: TenantId) -> TenantScope<Write> {
    TenantScope { tenant_id: other, ..earned }
}

fn main() {}
