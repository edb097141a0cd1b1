// Where a unit looks from is not said by whoever likes: no key of a cache is made of a tenant's id.
use cotenant_domain::cache::Vantage;
use cotenant_domain::tenancy::StoreSet;
use cotenant_domain::tenants::TenantId;

fn forge(tenant: TenantId) -> Vantage {
    Vantage::new(tenant, StoreSet::All, 1)
}

fn literal(tenant: TenantId) -> Vantage {
    Vantage { tenant_id: tenant, stores: StoreSet::All, version: 1 }
}

fn main() {}
