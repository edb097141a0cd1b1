use async_trait::async_trait;
use cotenant_domain::platform::{TenantFilter, TenantRepository, TenantSort};
use cotenant_domain::shared::{Page, PageRequest, Position, RepositoryError, SortValue};
use cotenant_domain::tenancy::Version;
use cotenant_domain::tenants::{TENANT_SLUG_UNIQUE, Tenant, TenantId};

use super::paging::{matches, page};
use super::state::{State, conflict};
use super::unit::PlatformWork;

/// The rule that tenant ids are unique.
const TENANT_ID_UNIQUE: &str = "tenants_id_unique";

/// A slug stays taken until its tenant is purged, so deleted tenants count.
pub(super) fn slug_is_free(state: &State, tenant: &Tenant) -> Result<(), RepositoryError> {
    let taken = |other: &Tenant| other.base.id != tenant.base.id && other.slug.key() == tenant.slug.key();
    if state.tenants.values().any(taken) { conflict(TENANT_SLUG_UNIQUE) } else { Ok(()) }
}

fn shown(tenant: &Tenant, filter: &TenantFilter) -> bool {
    (filter.include_deleted || tenant.deletion.is_none())
        && filter.status.is_none_or(|status| status == tenant.status)
        && matches(filter.text.as_ref(), [tenant.name.key(), tenant.slug.key()])
}

fn position(tenant: &Tenant, sort: TenantSort) -> Position {
    let value = match sort {
        TenantSort::Id => SortValue::Id,
        TenantSort::Slug => SortValue::Text(tenant.slug.key()),
        TenantSort::CreatedAt => SortValue::Time(tenant.base.created_at),
    };
    Position { value, id: tenant.base.id.as_uuid() }
}

#[async_trait]
impl TenantRepository for PlatformWork {
    async fn find(&self, id: TenantId) -> Result<Option<Tenant>, RepositoryError> {
        self.work.read(|state| state.tenants.get(&id).filter(|tenant| tenant.deletion.is_none()).cloned())
    }

    async fn find_with_deleted(&self, id: TenantId) -> Result<Option<Tenant>, RepositoryError> {
        self.work.read(|state| state.tenants.get(&id).cloned())
    }

    async fn list(
        &self,
        filter: &TenantFilter,
        request: &PageRequest<TenantSort>,
    ) -> Result<Page<Tenant>, RepositoryError> {
        self.work.read(|state| {
            let rows = state.tenants.values().filter(|tenant| shown(tenant, filter));
            page(rows, request, |tenant| position(tenant, request.sort))
        })
    }

    async fn insert(&self, tenant: &Tenant) -> Result<(), RepositoryError> {
        self.work.change(|state| {
            if state.tenants.contains_key(&tenant.base.id) {
                return conflict(TENANT_ID_UNIQUE);
            }
            slug_is_free(state, tenant)?;
            state.tenants.insert(tenant.base.id, tenant.clone());
            Ok(())
        })
    }

    async fn update(&self, tenant: &Tenant, expected: Version) -> Result<(), RepositoryError> {
        self.work.change(|state| {
            let row = state.tenants.get_mut(&tenant.base.id).filter(|row| row.base.version == expected);
            let row = row.ok_or(RepositoryError::Stale)?;
            // It rises without a new version too, so the record at hand may know an older one.
            let access_version = row.access_version + 1;
            *row = Tenant { access_version, ..tenant.clone() };
            slug_is_free(state, tenant)
        })
    }
}
