use async_trait::async_trait;
use cotenant_domain::members::MembershipStatus;
use cotenant_domain::plans::Resource;
use cotenant_domain::shared::{Id, RepositoryError};
use cotenant_domain::tenancy::{Base, Version};
use cotenant_domain::tenants::{OwnTenantReader, OwnTenantRepository, Tenant, TenantStatus};
use cotenant_scoped::{Filter, Mode, Writing};

use super::own::{Column, Entity, Model};
use crate::error::{corrupt, met, parsed, repository};
use crate::members::membership;
use crate::services::account;
use crate::stores::{self, deletion};
use crate::unit::TenantUnit;

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

#[async_trait]
impl<M: Mode> OwnTenantReader for TenantUnit<M> {
    async fn get(&self) -> Result<Tenant, RepositoryError> {
        let row = self.tx.find::<Entity>().one().await.map_err(repository)?;
        entity(row.ok_or(corrupt("tenant"))?)
    }

    async fn used(&self, resource: Resource) -> Result<u64, RepositoryError> {
        let counted = match resource {
            Resource::Stores => self.tx.find::<stores::entity::Entity>().count().await,
            Resource::ServiceAccounts => self.tx.find::<account::Entity>().count().await,
            Resource::Members => {
                let in_it = Filter::ne(membership::Column::Status, MembershipStatus::Removed.as_str());
                self.tx.find::<membership::Entity>().filter(in_it).count().await
            }
        };
        counted.map_err(repository)
    }
}

#[async_trait]
impl OwnTenantRepository for TenantUnit<Writing> {
    async fn update(&self, tenant: &Tenant, expected: Version) -> Result<(), RepositoryError> {
        let change = self
            .tx
            .update::<Entity>()
            .filter(Filter::all([
                Filter::eq(Column::Id, tenant.base.id.as_uuid()),
                Filter::eq(Column::Version, expected),
            ]))
            .set(Column::Slug, tenant.slug.as_str())
            .set(Column::SlugKey, tenant.slug.key())
            .set(Column::Name, tenant.name.as_str())
            .set(Column::NameKey, tenant.name.key())
            .set(Column::Locale, tenant.locale.map(|locale| locale.as_str().to_owned()))
            .set(Column::UpdatedAt, tenant.base.updated_at)
            .set(Column::Version, tenant.base.version)
            .add(Column::AccessVersion, 1);
        met(change.execute().await.map_err(repository)?)
    }

    async fn lock(&self) -> Result<Tenant, RepositoryError> {
        let row = self.tx.find::<Entity>().lock_weakly().one().await.map_err(repository)?;
        entity(row.ok_or(corrupt("tenant"))?)
    }

    async fn raise_access_version(&self) -> Result<i64, RepositoryError> {
        let rows = self.tx.update::<Entity>().add(Column::AccessVersion, 1).returning().await.map_err(repository)?;
        Ok(rows.first().ok_or(corrupt("tenant"))?.access_version)
    }
}
