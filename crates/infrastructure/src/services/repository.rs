use std::collections::BTreeSet;

use async_trait::async_trait;
use cotenant_domain::roles::{GivenRole, HeldRole, RoleId};
use cotenant_domain::services::{
    Service, ServiceAccount, ServiceAccountId, ServiceFilter, ServiceGrant, ServiceReader, ServiceRepository,
    ServiceSort, ServiceStatus,
};
use cotenant_domain::shared::{Id, Page, PageRequest, Position, RepositoryError, SortValue};
use cotenant_domain::tenancy::{Base, Deletion, Holder, Principal, Rights, TenantBase, Version};
use cotenant_scoped::{Filter, Mode, Writing};
use time::OffsetDateTime;
use uuid::Uuid;

use super::account::{Column, Entity, Model};
use super::{grants, service_role, service_store_role};
use crate::access::rights_now;
use crate::error::{corrupt, met, parsed, repository};
use crate::paging::paged;
use crate::roles::{NAMED, given};
use crate::stores::deletion;
use crate::unit::TenantUnit;

fn account(row: Model) -> Result<ServiceAccount, RepositoryError> {
    Ok(ServiceAccount {
        base: TenantBase {
            base: Base {
                id: Id::new(row.id),
                created_at: row.created_at,
                updated_at: row.updated_at,
                version: row.version,
            },
            tenant_id: Id::new(row.tenant_id),
            deletion: deletion(row.deleted_at, row.deletion_id)?,
        },
        name: parsed("service_accounts.name", &row.name)?,
        description: row.description.map(|text| parsed("service_accounts.description", &text)).transpose()?,
        status: ServiceStatus::parse(&row.status).ok_or(corrupt("service_accounts.status"))?,
    })
}

fn service(row: Model, grants: &[grants::Model]) -> Result<Service, RepositoryError> {
    let own = grants.iter().filter(|grant| grant.service_account_id == row.id);
    Ok(Service { grants: own.map(grant).collect(), account: account(row)? })
}

fn grant(row: &grants::Model) -> ServiceGrant {
    let (account_id, role_id) = (Id::new(row.service_account_id), Id::new(row.role_id));
    ServiceGrant { account_id, role_id, store_id: row.store_id.map(Id::new) }
}

fn row(account: &ServiceAccount) -> Model {
    Model {
        tenant_id: account.base.tenant_id.as_uuid(),
        id: account.base.id.as_uuid(),
        name: account.name.to_string(),
        name_key: account.name.key(),
        description: account.description.as_ref().map(ToString::to_string),
        status: account.status.as_str().into(),
        created_at: account.base.created_at,
        updated_at: account.base.updated_at,
        version: account.base.version,
        deleted_at: account.base.deletion.map(|d| d.at),
        deletion_id: account.base.deletion.map(|d| d.id.as_uuid()),
    }
}

fn this(id: ServiceAccountId, version: Version) -> Filter<Entity> {
    Filter::all([Filter::eq(Column::Id, id.as_uuid()), Filter::eq(Column::Version, version)])
}

impl<M: Mode> TenantUnit<M> {
    /// The live grants of some service accounts, in one statement.
    async fn service_grants(&self, accounts: Vec<Uuid>) -> Result<Vec<grants::Model>, RepositoryError> {
        if accounts.is_empty() {
            return Ok(Vec::new());
        }
        let among = Filter::is_in(grants::Column::ServiceAccountId, accounts);
        let mut rows = self.tx.find::<grants::Entity>().filter(among).all().await.map_err(repository)?;
        rows.sort_by_key(|grant| (grant.store_id, grant.role_id));
        Ok(rows)
    }
}

#[async_trait]
impl<M: Mode> ServiceReader for TenantUnit<M> {
    async fn find(&self, id: ServiceAccountId) -> Result<Option<Service>, RepositoryError> {
        let this = Filter::eq(Column::Id, id.as_uuid());
        let Some(row) = self.tx.find::<Entity>().filter(this).one().await.map_err(repository)? else {
            return Ok(None);
        };
        let grants = self.service_grants(vec![row.id]).await?;
        service(row, &grants).map(Some)
    }

    async fn list(
        &self,
        filter: &ServiceFilter,
        page: &PageRequest<ServiceSort>,
    ) -> Result<Page<Service>, RepositoryError> {
        let mut find = self.tx.find::<Entity>();
        if let Some(status) = filter.status {
            find = find.filter(Filter::eq(Column::Status, status.as_str()));
        }
        if let Some(text) = &filter.text {
            find = find.filter(Filter::contains(Column::NameKey, text));
        }
        let sort = match page.sort {
            ServiceSort::Id => None,
            ServiceSort::Name => Some(Column::NameKey),
        };
        let rows = paged(find, page, sort, Column::Id)?.all().await.map_err(repository)?;
        let grants = self.service_grants(rows.iter().map(|row| row.id).collect()).await?;
        let services = rows.into_iter().map(|row| service(row, &grants)).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(services, page.limit, |service| Position {
            value: match page.sort {
                ServiceSort::Id => SortValue::Id,
                ServiceSort::Name => SortValue::Text(service.account.name.key()),
            },
            id: service.account.base.id.as_uuid(),
        }))
    }

    async fn find_all(&self, ids: &[ServiceAccountId]) -> Result<Vec<Service>, RepositoryError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = ids.iter().map(|id| id.as_uuid()).collect();
        let these = Filter::is_in(Column::Id, ids.clone());
        let rows = self.tx.find::<Entity>().filter(these).all().await.map_err(repository)?;
        let grants = self.service_grants(ids).await?;
        rows.into_iter().map(|row| service(row, &grants)).collect()
    }

    async fn rights(&self, id: ServiceAccountId) -> Result<Option<Rights>, RepositoryError> {
        Ok(rights_now(&self.tx, Holder::Service(id)).await?.map(|read| read.rights.as_ref().clone()))
    }

    async fn given(&self, id: ServiceAccountId) -> Result<Vec<GivenRole>, RepositoryError> {
        let everywhere = Filter::eq(service_role::Column::ServiceAccountId, id.as_uuid());
        let everywhere = self.tx.find::<service_role::Entity>().filter(everywhere).all().await.map_err(repository)?;
        let at_stores = Filter::eq(service_store_role::Column::ServiceAccountId, id.as_uuid());
        let at_stores =
            self.tx.find::<service_store_role::Entity>().filter(at_stores).all().await.map_err(repository)?;
        let everywhere = everywhere.iter().map(|row| given(row.role_id, None, row.granted_at, row.granted_by));
        let at_stores =
            at_stores.iter().map(|row| given(row.role_id, Some(row.store_id), row.granted_at, row.granted_by));
        Ok(everywhere.chain(at_stores).collect())
    }

    async fn grants_of_holders(&self, role: RoleId) -> Result<Vec<HeldRole>, RepositoryError> {
        use grants::Column;
        let held = Filter::eq(Column::RoleId, role.as_uuid());
        let held = self.tx.find::<grants::Entity>().filter(held).all().await.map_err(repository)?;
        let holders: BTreeSet<_> = held.into_iter().map(|grant| grant.service_account_id).collect();
        if holders.is_empty() {
            return Ok(Vec::new());
        }
        let mut find = self.tx.find::<grants::Entity>();
        if holders.len() <= NAMED {
            find = find.filter(Filter::is_in(Column::ServiceAccountId, holders.iter().copied()));
        }
        let rows = find.all().await.map_err(repository)?;
        Ok(rows.iter().filter(|row| holders.contains(&row.service_account_id)).map(|row| grant(row).into()).collect())
    }
}

#[async_trait]
impl ServiceRepository for TenantUnit<Writing> {
    async fn insert(&self, account: &ServiceAccount) -> Result<(), RepositoryError> {
        self.tx.insert::<Entity>(row(account)).await.map_err(repository)
    }

    async fn update(&self, account: &ServiceAccount, expected: Version) -> Result<(), RepositoryError> {
        let row = row(account);
        let change = self
            .tx
            .update::<Entity>()
            .filter(this(account.base.id, expected))
            .set(Column::Name, row.name)
            .set(Column::NameKey, row.name_key)
            .set(Column::Description, row.description)
            .set(Column::Status, row.status)
            .set(Column::UpdatedAt, row.updated_at)
            .set(Column::Version, row.version);
        met(change.execute().await.map_err(repository)?)
    }

    async fn delete(&self, id: ServiceAccountId, deletion: Deletion, expected: Version) -> Result<(), RepositoryError> {
        let (at, act) = (deletion.at, deletion.id.as_uuid());
        let rows = self.tx.soft_delete::<Entity>(this(id, expected), Column::Version, Column::UpdatedAt, at, act).await;
        met(rows.map_err(repository)?)
    }

    async fn grant(&self, grant: &ServiceGrant, by: Principal, now: OffsetDateTime) -> Result<bool, RepositoryError> {
        let (service_account_id, role_id) = (grant.account_id.as_uuid(), grant.role_id.as_uuid());
        let (tenant_id, (_, granted_by)) = (self.tenant, by.split());
        let fresh = match grant.store_id {
            None => {
                let row = service_role::Model { tenant_id, service_account_id, role_id, granted_at: now, granted_by };
                self.tx.insert_new::<service_role::Entity>(row).await
            }
            Some(store) => {
                let store_id = store.as_uuid();
                let row = service_store_role::Model {
                    tenant_id,
                    service_account_id,
                    store_id,
                    role_id,
                    granted_at: now,
                    granted_by,
                };
                self.tx.insert_new::<service_store_role::Entity>(row).await
            }
        };
        fresh.map_err(repository)
    }

    async fn revoke(&self, grant: &ServiceGrant) -> Result<bool, RepositoryError> {
        let (account, role) = (grant.account_id.as_uuid(), grant.role_id.as_uuid());
        let rows = match grant.store_id {
            None => {
                use service_role::Column;
                let which = [Filter::eq(Column::ServiceAccountId, account), Filter::eq(Column::RoleId, role)];
                self.tx.revoke::<service_role::Entity>(Filter::all(which)).await
            }
            Some(store) => {
                use service_store_role::Column;
                let which = [
                    Filter::eq(Column::ServiceAccountId, account),
                    Filter::eq(Column::RoleId, role),
                    Filter::eq(Column::StoreId, store.as_uuid()),
                ];
                self.tx.revoke::<service_store_role::Entity>(Filter::all(which)).await
            }
        };
        Ok(rows.map_err(repository)? > 0)
    }

    async fn revoke_all(&self, id: ServiceAccountId) -> Result<(), RepositoryError> {
        let everywhere = Filter::eq(service_role::Column::ServiceAccountId, id.as_uuid());
        self.tx.revoke::<service_role::Entity>(everywhere).await.map_err(repository)?;
        let at_stores = Filter::eq(service_store_role::Column::ServiceAccountId, id.as_uuid());
        self.tx.revoke::<service_store_role::Entity>(at_stores).await.map_err(repository)?;
        Ok(())
    }
}
