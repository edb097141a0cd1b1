use async_trait::async_trait;
use cotenant_domain::members::MembershipStatus;
use cotenant_domain::plans::Resource;
use cotenant_domain::shared::RepositoryError;
use cotenant_domain::stores::Store;
use cotenant_domain::tenancy::Version;
use cotenant_domain::tenants::{OwnTenantReader, OwnTenantRepository, Tenant};

use super::tenants::slug_is_free;
use super::unit::TenantWork;

fn no_such_tenant() -> RepositoryError {
    RepositoryError::Failed("the scope's tenant does not exist".into())
}

#[async_trait]
impl OwnTenantReader for TenantWork {
    async fn get(&self) -> Result<Tenant, RepositoryError> {
        self.work.try_read(|state| state.tenants.get(&self.tenant).cloned().ok_or_else(no_such_tenant))
    }

    async fn used(&self, resource: Resource) -> Result<u64, RepositoryError> {
        let counted = self.look(|room| match resource {
            Resource::Stores => {
                let counts = |store: &&Store| store.base.deletion.is_none() && self.stores.contains(store.base.id);
                room.stores.values().filter(counts).count()
            }
            Resource::ServiceAccounts => room.services.values().filter(|one| one.base.deletion.is_none()).count(),
            Resource::Members => {
                room.memberships.values().filter(|one| one.status != MembershipStatus::Removed).count()
            }
        })?;
        Ok(u64::try_from(counted).unwrap_or(u64::MAX))
    }
}

#[async_trait]
impl OwnTenantRepository for TenantWork {
    async fn update(&self, tenant: &Tenant, expected: Version) -> Result<(), RepositoryError> {
        self.work.change(|state| {
            if tenant.base.id != self.tenant {
                return Err(RepositoryError::OutOfScope);
            }
            let row = state.tenants.get_mut(&self.tenant).filter(|row| row.base.version == expected);
            let row = row.ok_or(RepositoryError::Stale)?;
            row.name = tenant.name.clone();
            row.slug = tenant.slug.clone();
            row.locale = tenant.locale;
            row.access_version += 1;
            row.base.updated_at = tenant.base.updated_at;
            row.base.version = tenant.base.version;
            slug_is_free(state, tenant)
        })
    }

    async fn lock(&self) -> Result<Tenant, RepositoryError> {
        OwnTenantReader::get(self).await
    }

    async fn raise_access_version(&self) -> Result<i64, RepositoryError> {
        self.work.change(|state| {
            let row = state.tenants.get_mut(&self.tenant).ok_or_else(no_such_tenant)?;
            row.access_version += 1;
            Ok(row.access_version)
        })
    }
}
