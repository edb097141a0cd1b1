use async_trait::async_trait;
use time::OffsetDateTime;

use super::key::{ApiKey, ApiKeyId};
use super::model::{Service, ServiceAccount, ServiceAccountId, ServiceGrant, ServiceStatus};
use crate::roles::{GivenRole, HeldRole, RoleId};
use crate::shared::{Page, PageRequest, RepositoryError};
use crate::tenancy::{Deletion, Principal, Rights, Version};

/// The rule that names of service accounts are unique.
pub const SERVICE_NAME_UNIQUE: &str = "service_accounts_name_key_unique";
/// The rule that ids of service accounts are unique in their tenant.
pub const SERVICE_ID_UNIQUE: &str = "service_accounts_id_unique";
/// The rule that ids of keys are unique in their tenant.
pub const API_KEY_ID_UNIQUE: &str = "api_keys_id_unique";

/// Which service accounts a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceFilter {
    /// Only those in this status.
    pub status: Option<ServiceStatus>,
    /// Only those whose name contains this folded text.
    pub text: Option<String>,
}

/// What a list of service accounts is sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ServiceSort {
    /// The id, which is the order of creation where the ids are ours.
    #[default]
    Id,
    /// The folded name.
    Name,
}

/// Reads service accounts within a scope.
#[async_trait]
pub trait ServiceReader: Send + Sync {
    /// The live account with this id, with its grants.
    async fn find(&self, id: ServiceAccountId) -> Result<Option<Service>, RepositoryError>;
    /// One page of accounts with their grants, in a number of statements that does not depend on how many there are.
    async fn list(
        &self,
        filter: &ServiceFilter,
        page: &PageRequest<ServiceSort>,
    ) -> Result<Page<Service>, RepositoryError>;
    /// The live accounts with these ids, with their grants, in two statements.
    async fn find_all(&self, ids: &[ServiceAccountId]) -> Result<Vec<Service>, RepositoryError>;
    /// What a live account may do as it is stored now, past anything remembered.
    async fn rights(&self, id: ServiceAccountId) -> Result<Option<Rights>, RepositoryError>;
    /// Every grant of an account, tenant-wide or at a store that the scope reaches: of deleted roles and at deleted stores
    /// too, which give nothing until the store is restored.
    async fn given(&self, id: ServiceAccountId) -> Result<Vec<GivenRole>, RepositoryError>;
    /// Every grant in force of all accounts that hold this role somewhere, their other roles included, in two statements.
    async fn grants_of_holders(&self, role: RoleId) -> Result<Vec<HeldRole>, RepositoryError>;
}

/// Reads and writes service accounts within a scope. As of members, whatever changes what one may do begins with `settle`.
#[async_trait]
pub trait ServiceRepository: ServiceReader {
    /// Adds an account.
    async fn insert(&self, account: &ServiceAccount) -> Result<(), RepositoryError>;
    /// Writes the changed account if its stored version is still `expected`; [`RepositoryError::Stale`] otherwise.
    async fn update(&self, account: &ServiceAccount, expected: Version) -> Result<(), RepositoryError>;
    /// Deletes the live account if its stored version is still `expected`.
    async fn delete(&self, id: ServiceAccountId, deletion: Deletion, expected: Version) -> Result<(), RepositoryError>;
    /// Gives a role; `false` where the account had it already.
    async fn grant(&self, grant: &ServiceGrant, by: Principal, now: OffsetDateTime) -> Result<bool, RepositoryError>;
    /// Takes a role; `false` where the account did not have it.
    async fn revoke(&self, grant: &ServiceGrant) -> Result<bool, RepositoryError>;
    /// Takes all roles of an account.
    async fn revoke_all(&self, id: ServiceAccountId) -> Result<(), RepositoryError>;
}

/// Reads keys of service accounts within a scope. A revoked key is gone; the audit log has its story.
#[async_trait]
pub trait KeyReader: Send + Sync {
    /// The account's key with this id that was not revoked, run out or not.
    async fn find(&self, account: ServiceAccountId, id: ApiKeyId) -> Result<Option<ApiKey>, RepositoryError>;
    /// One page of the account's keys that were not revoked, by id.
    async fn list(&self, account: ServiceAccountId, page: &PageRequest<()>) -> Result<Page<ApiKey>, RepositoryError>;
}

/// Makes and ends keys of service accounts within a scope.
#[async_trait]
pub trait KeyRepository: KeyReader {
    /// Adds a key.
    async fn insert(&self, key: &ApiKey) -> Result<(), RepositoryError>;
    /// How many keys of the account are good at `now`.
    async fn count_good(&self, account: ServiceAccountId, now: OffsetDateTime) -> Result<u64, RepositoryError>;
    /// Gives a key that was not revoked its successor, and says until when it is good itself.
    async fn supersede(&self, id: ApiKeyId, by: ApiKeyId, until: OffsetDateTime) -> Result<(), RepositoryError>;
    /// Revokes a key; `false` where it was revoked already.
    async fn revoke(&self, id: ApiKeyId, now: OffsetDateTime) -> Result<bool, RepositoryError>;
    /// Revokes the account's keys; answers how many there were.
    async fn revoke_all(&self, account: ServiceAccountId, now: OffsetDateTime) -> Result<u64, RepositoryError>;
    /// Notes a use of a key, unless it was revoked.
    async fn note_use(&self, id: ApiKeyId, at: OffsetDateTime, address: Option<&str>) -> Result<(), RepositoryError>;
}
