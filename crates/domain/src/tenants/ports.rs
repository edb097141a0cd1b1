use async_trait::async_trait;

use super::model::Tenant;
use crate::shared::RepositoryError;
use crate::tenancy::Version;

/// The rule that slugs are unique.
pub const TENANT_SLUG_UNIQUE: &str = "tenants_slug_key_unique";

/// Reads the scope's own tenant.
#[async_trait]
pub trait OwnTenantReader: Send + Sync {
    /// The tenant's record.
    async fn get(&self) -> Result<Tenant, RepositoryError>;
}

/// Reads and writes the scope's own tenant.
#[async_trait]
pub trait OwnTenantRepository: OwnTenantReader {
    /// Writes the changed name, slug and locale, and raises the access version, if the stored version is still `expected`;
    /// [`RepositoryError::Stale`] otherwise.
    async fn update(&self, tenant: &Tenant, expected: Version) -> Result<(), RepositoryError>;
    /// Raises the access version and answers the new one. It locks the record until the unit ends: changes of who may do
    /// what happen one after the other in each tenant. A unit that changes rights without it does not commit; neither does one
    /// that changes what may be kept (see [`cache`](crate::cache)).
    async fn raise_access_version(&self) -> Result<i64, RepositoryError>;
}
