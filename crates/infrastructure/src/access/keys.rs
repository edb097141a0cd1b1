use cotenant_domain::services::ApiKeyId;
use cotenant_domain::shared::{Id, RepositoryError};
use cotenant_domain::tenancy::{Holder, KeyAccess, TokenHash};
use cotenant_domain::tenants::TenantStatus;
use cotenant_scoped::door::Tenant;
use cotenant_scoped::{Filter, Mode, Transaction};

use super::api_key_access::{Column, Entity};
use crate::error::{corrupt, parsed, repository};
use crate::unit::SeaDatabase;

/// A stored hash of a token's secret.
pub(crate) fn token_hash(column: &'static str, stored: Vec<u8>) -> Result<TokenHash, RepositoryError> {
    stored.try_into().map(TokenHash::new).map_err(|_| corrupt(column))
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
            tenant_plan: row.tenant_plan.map(|name| parsed("tenants.plan", &name)).transpose()?,
            access_version: read.version,
            account_id,
            rights: read.rights,
            hash: token_hash("api_keys.hash", row.hash)?,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
        }))
    }
}
