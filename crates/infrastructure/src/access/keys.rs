use cotenant_domain::services::{ApiKeyId, KeyHash};
use cotenant_domain::shared::{Id, RepositoryError};
use cotenant_domain::tenancy::{Holder, KeyAccess};
use cotenant_domain::tenants::TenantStatus;
use cotenant_scoped::door::Tenant;
use cotenant_scoped::{Filter, Mode, Transaction};

use super::api_key_access::{Column, Entity};
use crate::error::{corrupt, repository};
use crate::unit::SeaDatabase;

/// A stored hash of a key's secret.
pub(crate) fn key_hash(stored: Vec<u8>) -> Result<KeyHash, RepositoryError> {
    stored.try_into().map(KeyHash::new).map_err(|_| corrupt("api_keys.hash"))
}

impl SeaDatabase {
    pub(super) async fn key_access_in<M: Mode>(
        &self,
        tx: &Transaction<Tenant, M>,
        key: ApiKeyId,
    ) -> Result<Option<KeyAccess>, RepositoryError> {
        let this = Filter::eq(Column::KeyId, key.as_uuid());
        let Some(row) = tx.find::<Entity>().filter(this).one().await.map_err(repository)? else {
            return Ok(None);
        };
        let account_id = Id::new(row.service_account_id);
        let Some(read) = self.rights.at(row.access_version, tx, row.tenant_id, Holder::Service(account_id)).await?
        else {
            return Ok(None);
        };
        Ok(Some(KeyAccess {
            tenant_status: TenantStatus::parse(&row.tenant_status).ok_or(corrupt("tenants.status"))?,
            tenant_expires_at: row.tenant_expires_at,
            access_version: read.version,
            account_id,
            rights: read.rights,
            hash: key_hash(row.hash)?,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
        }))
    }
}
