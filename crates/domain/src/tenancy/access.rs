use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::opaque::TokenHash;
use super::permission::PermissionSet;
use super::scope::{Read, TenantScope, Write};
use super::snapshot::Snapshot;
use crate::identity::{SessionId, UserId};
use crate::members::MembershipStatus;
use crate::services::{ApiKeyId, KeyHash, ServiceAccountId};
use crate::shared::{PlanName, RepositoryError};
use crate::stores::StoreId;
use crate::support::SupportGrantId;
use crate::tenants::TenantStatus;

/// Permissions that one role gives, tenant-wide or at one store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The store it is given at; `None` is tenant-wide.
    pub store: Option<StoreId>,
    /// What the role holds.
    pub permissions: PermissionSet,
}

/// What a member or a service account may do. It stays what it is until the tenant's access version rises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// The membership's status. A service account that is disabled counts as suspended, and one that is deleted has no rights.
    pub status: MembershipStatus,
    /// Rises when the member's tokens for this tenant shall end; 0 for a service account, whose keys end one by one.
    pub epoch: i64,
    /// What the roles give.
    pub grants: Vec<Grant>,
}

impl Rights {
    /// Whether the membership lets its member in at all.
    pub fn in_force(&self) -> bool {
        self.status == MembershipStatus::Active
    }
}

/// Everything that decides what a session may do, read at each request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRecord {
    /// The tenant's status.
    pub tenant_status: TenantStatus,
    /// When the tenant's time runs out.
    pub tenant_expires_at: Option<OffsetDateTime>,
    /// The plan that was chosen for the tenant.
    pub tenant_plan: Option<PlanName>,
    /// Rises when all tokens of the tenant shall end.
    pub tenant_epoch: i64,
    /// Rises with every change of what a member of the tenant may do.
    pub access_version: i64,
    /// What the session's member may do at that version.
    pub rights: Arc<Rights>,
    /// Until when the session lives.
    pub session_expires_at: OffsetDateTime,
    /// When the session was ended, if it was.
    pub session_ended_at: Option<OffsetDateTime>,
}

/// Everything that decides what a key may do, read at each request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyAccess {
    /// The tenant's status.
    pub tenant_status: TenantStatus,
    /// When the tenant's time runs out.
    pub tenant_expires_at: Option<OffsetDateTime>,
    /// The plan that was chosen for the tenant.
    pub tenant_plan: Option<PlanName>,
    /// Rises with every change of what anybody in the tenant may do.
    pub access_version: i64,
    /// Whose key it is.
    pub account_id: ServiceAccountId,
    /// What the account may do at that version.
    pub rights: Arc<Rights>,
    /// By which the key is recognised.
    pub hash: KeyHash,
    /// Until when the key is good.
    pub expires_at: Option<OffsetDateTime>,
    /// When the key was revoked, if it was.
    pub revoked_at: Option<OffsetDateTime>,
}

/// Everything that decides what a support grant opens, read at each request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportAccess {
    /// The tenant's status.
    pub tenant_status: TenantStatus,
    /// When the tenant's time runs out.
    pub tenant_expires_at: Option<OffsetDateTime>,
    /// The plan that was chosen for the tenant.
    pub tenant_plan: Option<PlanName>,
    /// Rises when all tokens of the tenant shall end.
    pub tenant_epoch: i64,
    /// What that was when the grant was made.
    pub granted_at_epoch: i64,
    /// Rises with every change of what anybody in the tenant may do.
    pub access_version: i64,
    /// Whose grant it is.
    pub operator_id: UserId,
    /// Whether it lets them write.
    pub may_write: bool,
    /// By which its token is recognised.
    pub hash: TokenHash,
    /// Until when it is good.
    pub expires_at: OffsetDateTime,
    /// When it was ended, if it was.
    pub ended_at: Option<OffsetDateTime>,
}

/// Reads what a session, a key or a support grant opens.
#[async_trait]
pub trait AccessReader: Send + Sync {
    /// The access of a session of `user` in the scope's tenant; `None` where there is no such session or membership, or
    /// the tenant is deleted.
    async fn access(
        &self,
        scope: &TenantScope<Read>,
        user: UserId,
        session: SessionId,
    ) -> Result<Option<AccessRecord>, RepositoryError>;

    /// The same, and the moment in which it was read, for a unit that reads next. An adapter without such moments gives an
    /// empty one.
    async fn access_to_read(
        &self,
        scope: &TenantScope<Read>,
        user: UserId,
        session: SessionId,
    ) -> Result<Option<(AccessRecord, Snapshot)>, RepositoryError> {
        let access = self.access(scope, user, session).await?;
        Ok(access.map(|access| (access, Snapshot::default())))
    }

    /// The same, for a unit that writes next.
    async fn access_to_write(
        &self,
        scope: &TenantScope<Write>,
        user: UserId,
        session: SessionId,
    ) -> Result<Option<(AccessRecord, Snapshot)>, RepositoryError> {
        self.access_to_read(&scope.to_read(), user, session).await
    }

    /// The access of a key in the scope's tenant; `None` where there is no such key or account, or the tenant is deleted. That
    /// whoever asks has the key is for the caller to find out.
    async fn key_access(&self, scope: &TenantScope<Read>, key: ApiKeyId) -> Result<Option<KeyAccess>, RepositoryError>;

    /// The same, and the moment in which it was read, for a unit that reads next.
    async fn key_access_to_read(
        &self,
        scope: &TenantScope<Read>,
        key: ApiKeyId,
    ) -> Result<Option<(KeyAccess, Snapshot)>, RepositoryError> {
        let access = self.key_access(scope, key).await?;
        Ok(access.map(|access| (access, Snapshot::default())))
    }

    /// The same, for a unit that writes next.
    async fn key_access_to_write(
        &self,
        scope: &TenantScope<Write>,
        key: ApiKeyId,
    ) -> Result<Option<(KeyAccess, Snapshot)>, RepositoryError> {
        self.key_access_to_read(&scope.to_read(), key).await
    }

    /// What a support grant opens in the scope's tenant; `None` where there is no such grant, or the tenant is deleted. That
    /// whoever asks has its token is for the caller to find out.
    async fn support_access(
        &self,
        scope: &TenantScope<Read>,
        grant: SupportGrantId,
    ) -> Result<Option<SupportAccess>, RepositoryError>;

    /// The same, and the moment in which it was read, for a unit that reads next.
    async fn support_access_to_read(
        &self,
        scope: &TenantScope<Read>,
        grant: SupportGrantId,
    ) -> Result<Option<(SupportAccess, Snapshot)>, RepositoryError> {
        let access = self.support_access(scope, grant).await?;
        Ok(access.map(|access| (access, Snapshot::default())))
    }

    /// The same, for a unit that writes next.
    async fn support_access_to_write(
        &self,
        scope: &TenantScope<Write>,
        grant: SupportGrantId,
    ) -> Result<Option<(SupportAccess, Snapshot)>, RepositoryError> {
        self.support_access_to_read(&scope.to_read(), grant).await
    }

    /// The state of an operator's session; `None` where there is none or the operator was removed.
    async fn operator_session(
        &self,
        user: UserId,
        session: SessionId,
    ) -> Result<Option<OperatorAccess>, RepositoryError>;
}

/// What decides whether an operator's session lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorAccess {
    /// Rises when all the person's tokens shall end.
    pub person_epoch: i64,
    /// Until when the session lives.
    pub session_expires_at: OffsetDateTime,
    /// When the session was ended, if it was.
    pub session_ended_at: Option<OffsetDateTime>,
}
