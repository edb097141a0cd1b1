use async_trait::async_trait;
use cotenant_domain::services::{ApiKey, ApiKeyId, KeyReader, KeyRepository, ServiceAccountId};
use cotenant_domain::shared::{Id, Page, PageRequest, Position, RepositoryError, SortValue};
use cotenant_scoped::{Filter, Mode, Writing};
use time::OffsetDateTime;

use super::api_key::{Column, Entity, Model};
use crate::access::token_hash;
use crate::error::{met, parsed, repository};
use crate::paging::paged;
use crate::unit::TenantUnit;

fn entity(row: Model) -> Result<ApiKey, RepositoryError> {
    Ok(ApiKey {
        id: Id::new(row.id),
        tenant_id: Id::new(row.tenant_id),
        account_id: Id::new(row.service_account_id),
        name: parsed("api_keys.name", &row.name)?,
        hash: token_hash("api_keys.hash", row.hash)?,
        created_at: row.created_at,
        created_by: Id::new(row.created_by),
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
        last_used_at: row.last_used_at,
        last_used_address: row.last_used_address,
        successor_id: row.successor_id.map(Id::new),
    })
}

fn row(key: &ApiKey) -> Model {
    Model {
        tenant_id: key.tenant_id.as_uuid(),
        id: key.id.as_uuid(),
        service_account_id: key.account_id.as_uuid(),
        name: key.name.to_string(),
        hash: key.hash.as_bytes().to_vec(),
        created_at: key.created_at,
        created_by: key.created_by.as_uuid(),
        expires_at: key.expires_at,
        revoked_at: key.revoked_at,
        last_used_at: key.last_used_at,
        last_used_address: key.last_used_address.clone(),
        successor_id: key.successor_id.map(|id| id.as_uuid()),
    }
}

/// Keys that were not revoked, narrowed further.
fn open(also: impl IntoIterator<Item = Filter<Entity>>) -> Filter<Entity> {
    Filter::all([Filter::is_null(Column::RevokedAt)].into_iter().chain(also))
}

fn of(account: ServiceAccountId) -> Filter<Entity> {
    Filter::eq(Column::ServiceAccountId, account.as_uuid())
}

fn this(id: ApiKeyId) -> Filter<Entity> {
    open([Filter::eq(Column::Id, id.as_uuid())])
}

#[async_trait]
impl<M: Mode> KeyReader for TenantUnit<M> {
    async fn find(&self, account: ServiceAccountId, id: ApiKeyId) -> Result<Option<ApiKey>, RepositoryError> {
        let found = self.tx.find::<Entity>().filter(Filter::all([this(id), of(account)])).one().await;
        found.map_err(repository)?.map(entity).transpose()
    }

    async fn list(&self, account: ServiceAccountId, page: &PageRequest<()>) -> Result<Page<ApiKey>, RepositoryError> {
        let find = self.tx.find::<Entity>().filter(open([of(account)]));
        let rows = paged(find, page, None, Column::Id)?.all().await.map_err(repository)?;
        let keys = rows.into_iter().map(entity).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(keys, page.limit, |key| Position { value: SortValue::Id, id: key.id.as_uuid() }))
    }
}

#[async_trait]
impl KeyRepository for TenantUnit<Writing> {
    async fn insert(&self, key: &ApiKey) -> Result<(), RepositoryError> {
        self.tx.insert::<Entity>(row(key)).await.map_err(repository)
    }

    async fn count_good(&self, account: ServiceAccountId, now: OffsetDateTime) -> Result<u64, RepositoryError> {
        let unended = Filter::any([Filter::is_null(Column::ExpiresAt), Filter::gt(Column::ExpiresAt, now)]);
        self.tx.find::<Entity>().filter(open([of(account), unended])).count().await.map_err(repository)
    }

    async fn supersede(&self, id: ApiKeyId, by: ApiKeyId, until: OffsetDateTime) -> Result<(), RepositoryError> {
        let change = self.tx.update::<Entity>().filter(this(id));
        let change = change.set(Column::SuccessorId, by.as_uuid()).set(Column::ExpiresAt, until);
        met(change.execute().await.map_err(repository)?)
    }

    async fn revoke(&self, id: ApiKeyId, now: OffsetDateTime) -> Result<bool, RepositoryError> {
        let change = self.tx.update::<Entity>().filter(this(id)).set(Column::RevokedAt, now);
        Ok(change.execute().await.map_err(repository)? > 0)
    }

    async fn revoke_all(&self, account: ServiceAccountId, now: OffsetDateTime) -> Result<u64, RepositoryError> {
        let change = self.tx.update::<Entity>().filter(open([of(account)])).set(Column::RevokedAt, now);
        change.execute().await.map_err(repository)
    }

    async fn note_use(&self, id: ApiKeyId, at: OffsetDateTime, address: Option<&str>) -> Result<(), RepositoryError> {
        let change = self.tx.update::<Entity>().filter(this(id));
        let change = change.set(Column::LastUsedAt, at).set(Column::LastUsedAddress, address.map(str::to_owned));
        change.execute().await.map_err(repository)?;
        Ok(())
    }
}
