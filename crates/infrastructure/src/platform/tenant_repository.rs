use async_trait::async_trait;
use cotenant_domain::platform::{TenantFilter, TenantRepository, TenantSort};
use cotenant_domain::shared::{Id, Page, PageRequest, Position, RepositoryError, SortValue};
use cotenant_domain::tenancy::{Base, Version};
use cotenant_domain::tenants::{Tenant, TenantId, TenantStatus};
use cotenant_scoped::Filter;

use super::tenant::{Column, Entity, Model};
use crate::error::{corrupt, met, parsed, repository};
use crate::paging::paged;
use crate::stores::deletion;
use crate::unit::SeaPlatformUnit;

fn entity(row: Model) -> Result<Tenant, RepositoryError> {
    Ok(Tenant {
        base: Base {
            id: Id::new(row.id),
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        },
        slug: parsed("tenants.slug", &row.slug)?,
        name: parsed("tenants.name", &row.name)?,
        locale: row.locale.map(|tag| parsed("tenants.locale", &tag)).transpose()?,
        plan: row.plan.map(|name| parsed("tenants.plan", &name)).transpose()?,
        status: TenantStatus::parse(&row.status).ok_or(corrupt("tenants.status"))?,
        suspended_reason: row.suspended_reason.map(|text| parsed("tenants.suspended_reason", &text)).transpose()?,
        expires_at: row.expires_at,
        epoch: row.epoch,
        access_version: row.access_version,
        deletion: deletion(row.deleted_at, row.deletion_id)?,
        purge_at: row.purge_at,
    })
}

fn row(tenant: &Tenant) -> Model {
    Model {
        id: tenant.base.id.as_uuid(),
        slug: tenant.slug.to_string(),
        slug_key: tenant.slug.key(),
        name: tenant.name.to_string(),
        name_key: tenant.name.key(),
        locale: tenant.locale.map(|locale| locale.as_str().to_owned()),
        plan: tenant.plan.as_ref().map(ToString::to_string),
        status: tenant.status.as_str().into(),
        suspended_reason: tenant.suspended_reason.as_ref().map(ToString::to_string),
        expires_at: tenant.expires_at,
        epoch: tenant.epoch,
        access_version: tenant.access_version,
        purge_at: tenant.purge_at,
        created_at: tenant.base.created_at,
        updated_at: tenant.base.updated_at,
        version: tenant.base.version,
        deleted_at: tenant.deletion.map(|d| d.at),
        deletion_id: tenant.deletion.map(|d| d.id.as_uuid()),
    }
}

#[async_trait]
impl TenantRepository for SeaPlatformUnit {
    async fn find(&self, id: TenantId) -> Result<Option<Tenant>, RepositoryError> {
        let live = [Filter::eq(Column::Id, id.as_uuid()), Filter::is_null(Column::DeletedAt)];
        let found = self.tx.find::<Entity>().filter(Filter::all(live)).one().await;
        found.map_err(repository)?.map(entity).transpose()
    }

    async fn find_with_deleted(&self, id: TenantId) -> Result<Option<Tenant>, RepositoryError> {
        let found = self.tx.find::<Entity>().filter(Filter::eq(Column::Id, id.as_uuid())).one().await;
        found.map_err(repository)?.map(entity).transpose()
    }

    async fn list(
        &self,
        filter: &TenantFilter,
        page: &PageRequest<TenantSort>,
    ) -> Result<Page<Tenant>, RepositoryError> {
        let mut find = self.tx.find::<Entity>();
        if !filter.include_deleted {
            find = find.filter(Filter::is_null(Column::DeletedAt));
        }
        if let Some(status) = filter.status {
            find = find.filter(Filter::eq(Column::Status, status.as_str()));
        }
        if let Some(text) = &filter.text {
            let named = [Filter::contains(Column::NameKey, text), Filter::contains(Column::SlugKey, text)];
            find = find.filter(Filter::any(named));
        }
        let sort = match page.sort {
            TenantSort::Id => None,
            TenantSort::Slug => Some(Column::SlugKey),
            TenantSort::CreatedAt => Some(Column::CreatedAt),
        };
        let rows = paged(find, page, sort, Column::Id)?.all().await.map_err(repository)?;
        let tenants = rows.into_iter().map(entity).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(tenants, page.limit, |tenant| Position {
            value: match page.sort {
                TenantSort::Id => SortValue::Id,
                TenantSort::Slug => SortValue::Text(tenant.slug.key()),
                TenantSort::CreatedAt => SortValue::Time(tenant.base.created_at),
            },
            id: tenant.base.id.as_uuid(),
        }))
    }

    async fn insert(&self, tenant: &Tenant) -> Result<(), RepositoryError> {
        self.tx.insert::<Entity>(row(tenant)).await.map_err(repository)
    }

    async fn update(&self, tenant: &Tenant, expected: Version) -> Result<(), RepositoryError> {
        let row = row(tenant);
        let change = self
            .tx
            .update::<Entity>()
            .filter(Filter::all([Filter::eq(Column::Id, row.id), Filter::eq(Column::Version, expected)]))
            .set(Column::Slug, row.slug)
            .set(Column::SlugKey, row.slug_key)
            .set(Column::Name, row.name)
            .set(Column::NameKey, row.name_key)
            .set(Column::Locale, row.locale)
            .set(Column::Plan, row.plan)
            .set(Column::Status, row.status)
            .set(Column::SuspendedReason, row.suspended_reason)
            .set(Column::ExpiresAt, row.expires_at)
            .set(Column::Epoch, row.epoch)
            .set(Column::PurgeAt, row.purge_at)
            .set(Column::UpdatedAt, row.updated_at)
            .set(Column::Version, row.version)
            .set(Column::DeletedAt, row.deleted_at)
            .set(Column::DeletionId, row.deletion_id)
            .add(Column::AccessVersion, 1);
        met(change.execute().await.map_err(repository)?)
    }
}
