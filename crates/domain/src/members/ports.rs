use async_trait::async_trait;
use time::OffsetDateTime;

use super::model::{Member, Membership, MembershipStatus, RoleGrant};
use crate::identity::UserId;
use crate::roles::{GivenRole, HeldRole, RoleId};
use crate::shared::{Page, PageRequest, RepositoryError};
use crate::tenancy::{Principal, Rights, Version};

/// Which members a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberFilter {
    /// Only those in this status; `None` shows active and suspended ones.
    pub status: Option<MembershipStatus>,
    /// Only those whose name or address contains this folded text.
    pub text: Option<String>,
}

/// What a list of members is sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MemberSort {
    /// The person's id.
    #[default]
    Id,
    /// The folded address.
    Email,
    /// The folded name.
    DisplayName,
}

/// Reads members within a scope.
#[async_trait]
pub trait MemberReader: Send + Sync {
    /// The member, whatever the status, with their grants.
    async fn find(&self, user: UserId) -> Result<Option<Member>, RepositoryError>;
    /// One page of members with their grants, in a number of statements that does not depend on how many there are.
    async fn list(
        &self,
        filter: &MemberFilter,
        page: &PageRequest<MemberSort>,
    ) -> Result<Page<Member>, RepositoryError>;
    /// The members with these ids, whatever the status, with their grants, in two statements.
    async fn find_all(&self, users: &[UserId]) -> Result<Vec<Member>, RepositoryError>;
    /// What a member may do as it is stored now, past anything remembered; `None` where there never was a membership.
    async fn rights(&self, user: UserId) -> Result<Option<Rights>, RepositoryError>;
    /// Every grant of a member, tenant-wide or at a store that the scope reaches: of deleted roles and at deleted stores
    /// too, which give nothing.
    async fn given(&self, user: UserId) -> Result<Vec<GivenRole>, RepositoryError>;
    /// Every grant in force of all who hold this role somewhere, their other roles included, in two statements.
    async fn grants_of_holders(&self, role: RoleId) -> Result<Vec<HeldRole>, RepositoryError>;
}

/// Reads and writes members within a scope.
///
/// Every use case that changes a membership or a grant begins with `settle`, which raises the tenant's access version: that
/// locks the tenant's record, so that two such changes never interleave and the last owner stays, and it ends what is
/// remembered of anybody's rights.
#[async_trait]
pub trait MemberRepository: MemberReader {
    /// Adds a membership.
    async fn insert(&self, membership: &Membership) -> Result<(), RepositoryError>;
    /// Writes status, epoch and instants if the stored version is still `expected`; [`RepositoryError::Stale`] otherwise.
    async fn update(&self, membership: &Membership, expected: Version) -> Result<(), RepositoryError>;
    /// Gives a role; `false` where the member had it already.
    async fn grant(&self, grant: &RoleGrant, by: Principal, now: OffsetDateTime) -> Result<bool, RepositoryError>;
    /// Takes a role; `false` where the member did not have it.
    async fn revoke(&self, grant: &RoleGrant) -> Result<bool, RepositoryError>;
    /// Takes all roles of a member.
    async fn revoke_all(&self, user: UserId) -> Result<(), RepositoryError>;
    /// How many active members hold the owner role tenant-wide.
    async fn count_owners(&self) -> Result<u64, RepositoryError>;
}
