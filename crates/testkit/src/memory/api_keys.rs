use async_trait::async_trait;
use cotenant_domain::services::{API_KEY_ID_UNIQUE, ApiKey, ApiKeyId, KeyReader, KeyRepository, ServiceAccountId};
use cotenant_domain::shared::{Page, PageRequest, Position, RepositoryError, SortValue};
use time::OffsetDateTime;

use super::paging::page;
use super::state::{Room, conflict};
use super::unit::TenantWork;

fn is_open(key: &&ApiKey) -> bool {
    key.revoked_at.is_none()
}

fn open(room: &mut Room, id: ApiKeyId) -> Option<&mut ApiKey> {
    room.api_keys.get_mut(&id).filter(|key| key.revoked_at.is_none())
}

#[async_trait]
impl KeyReader for TenantWork {
    async fn find(&self, account: ServiceAccountId, id: ApiKeyId) -> Result<Option<ApiKey>, RepositoryError> {
        self.look(|room| room.api_keys.get(&id).filter(is_open).filter(|key| key.account_id == account).cloned())
    }

    async fn list(
        &self,
        account: ServiceAccountId,
        request: &PageRequest<()>,
    ) -> Result<Page<ApiKey>, RepositoryError> {
        self.look(|room| {
            let own = room.api_keys.values().filter(is_open).filter(|key| key.account_id == account);
            page(own, request, |key| Position { value: SortValue::Id, id: key.id.as_uuid() })
        })
    }
}

#[async_trait]
impl KeyRepository for TenantWork {
    async fn insert(&self, key: &ApiKey) -> Result<(), RepositoryError> {
        self.act(|room| {
            self.admit(key.tenant_id, None)?;
            if !room.services.contains_key(&key.account_id) {
                return Err(RepositoryError::MissingReference);
            }
            if room.api_keys.contains_key(&key.id) {
                return conflict(API_KEY_ID_UNIQUE);
            }
            room.api_keys.insert(key.id, key.clone());
            Ok(())
        })
    }

    async fn count_good(&self, account: ServiceAccountId, now: OffsetDateTime) -> Result<u64, RepositoryError> {
        self.look(|room| {
            let own = room.api_keys.values().filter(is_open).filter(|key| key.account_id == account);
            own.filter(|key| key.expires_at.is_none_or(|end| end > now)).count() as u64
        })
    }

    async fn supersede(&self, id: ApiKeyId, by: ApiKeyId, until: OffsetDateTime) -> Result<(), RepositoryError> {
        self.act(|room| {
            let key = open(room, id).ok_or(RepositoryError::Stale)?;
            (key.successor_id, key.expires_at) = (Some(by), Some(until));
            Ok(())
        })
    }

    async fn revoke(&self, id: ApiKeyId, now: OffsetDateTime) -> Result<bool, RepositoryError> {
        self.act(|room| Ok(open(room, id).map(|key| key.revoked_at = Some(now)).is_some()))
    }

    async fn revoke_all(&self, account: ServiceAccountId, now: OffsetDateTime) -> Result<u64, RepositoryError> {
        self.act(|room| {
            let own = room.api_keys.values_mut().filter(|key| key.account_id == account);
            Ok(own.filter(|key| key.revoked_at.is_none()).map(|key| key.revoked_at = Some(now)).count() as u64)
        })
    }

    async fn note_use(&self, id: ApiKeyId, at: OffsetDateTime, address: Option<&str>) -> Result<(), RepositoryError> {
        self.act(|room| {
            if let Some(key) = open(room, id) {
                (key.last_used_at, key.last_used_address) = (Some(at), address.map(str::to_owned));
            }
            Ok(())
        })
    }
}
