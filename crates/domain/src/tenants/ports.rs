use async_trait::async_trait;

use super::model::Tenant;
use crate::plans::Resource;
use crate::shared::RepositoryError;
use crate::tenancy::Version;

/// The rule that slugs are unique.
pub const TENANT_SLUG_UNIQUE: &str = "tenants_slug_key_unique";

/// Reads the scope's own tenant.
#[async_trait]
pub trait OwnTenantReader: Send + Sync {
    /// The tenant's record.
    async fn get(&self) -> Result<Tenant, RepositoryError>;
    /// How many of something the tenant has, as far as the scope reaches: who asks for what a plan allows holds their
    /// permission in the whole tenant. Deleted things and members who were removed do not count.
    async fn used(&self, resource: Resource) -> Result<u64, RepositoryError>;
}

/// Reads and writes the scope's own tenant.
#[async_trait]
pub trait OwnTenantRepository: OwnTenantReader {
    /// Writes the changed name, slug and locale, and raises the access version, if the stored version is still `expected`;
    /// [`RepositoryError::Stale`] otherwise.
    async fn update(&self, tenant: &Tenant, expected: Version) -> Result<(), RepositoryError>;
    /// The tenant's record, locked until the unit ends: acts that ask for it happen one after the other in each tenant. What
    /// refers to the record, as every row of the tenant does, is not held up.
    async fn lock(&self) -> Result<Tenant, RepositoryError>;
    /// Raises the access version and answers the new one. It locks the record until the unit ends: changes of who may do
    /// what happen one after the other in each tenant. A unit that changes rights without it does not commit; neither does one
    /// that changes what may be kept (see [`cache`](crate::cache)).
    async fn raise_access_version(&self) -> Result<i64, RepositoryError>;
}
