// A scope that was earned in one tenant is not turned to another.
use cotenant_domain::tenancy::{TenantScope, Write};
use cotenant_domain::tenants::TenantId;

fn turn(earned: &mut TenantScope<Write>, other: TenantId) {
    earned.tenant_id = other;
}

fn main() {}
