// A tenant's scope comes from a passed check, not from a tenant's id.
use cotenant_domain::tenancy::{Origin, Principal, Read, StoreSet, TenantScope};
use cotenant_domain::tenants::TenantId;

fn forge(tenant: TenantId) -> TenantScope<Read> {
    TenantScope::new(tenant, StoreSet::All, Principal::System, Origin::default())
}

fn main() {}
