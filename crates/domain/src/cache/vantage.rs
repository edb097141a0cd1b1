use crate::tenancy::StoreSet;
use crate::tenants::TenantId;

/// From where a reading unit looks: its tenant, the stores within reach, and the tenant's access version in the transaction
/// that the unit reads in.
///
/// Made only by [`TenantScope::resume`](crate::tenancy::TenantScope::resume), together with that transaction: a unit that
/// begins at another moment has none, and keeps and finds nothing.
#[derive(Debug)]
pub struct Vantage {
    tenant_id: TenantId,
    stores: StoreSet,
    version: i64,
}

impl Vantage {
    pub(crate) fn new(tenant_id: TenantId, stores: StoreSet, version: i64) -> Self {
        Self { tenant_id, stores, version }
    }

    pub(super) fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }

    pub(super) fn stores(&self) -> &StoreSet {
        &self.stores
    }

    pub(super) fn version(&self) -> i64 {
        self.version
    }
}
