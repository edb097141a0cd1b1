// Nor can a scope that was earned be turned to another tenant.
use cotenant_domain::tenancy::{TenantScope, Write};
use cotenant_domain::tenants::TenantId;

fn turn(earned: TenantScope<Write>, tenant_id: TenantId) -> TenantScope<Write> {
    TenantScope { tenant_id, ..earned }
}

fn main() {}
