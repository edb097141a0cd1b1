use std::ops::{Deref, DerefMut};

use time::OffsetDateTime;

use crate::shared::{Id, RepositoryError};
use crate::stores::StoreId;
use crate::tenants::TenantId;

/// Counts the changes of a row, from 1. It is the row's strong `ETag`, and what optimistic locking compares.
pub type Version = i64;

/// Checks that a row is still at the version that the caller saw; who brought none takes whatever is there.
///
/// # Errors
///
/// [`RepositoryError::Stale`], the same as where the row changes between this check and the write.
pub fn expect_version(current: Version, expected: Option<Version>) -> Result<(), RepositoryError> {
    if expected.is_some_and(|seen| seen != current) { Err(RepositoryError::Stale) } else { Ok(()) }
}

/// One act of deletion. Everything that went in the same act carries the same id, so that restoring brings back exactly
/// that, and nothing that was deleted at another time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletionAct {}

/// The id of one act of deletion.
pub type DeletionId = Id<DeletionAct>;

/// A soft deletion: when, and in which act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deletion {
    /// When the row was deleted.
    pub at: OffsetDateTime,
    /// The act it was deleted in.
    pub id: DeletionId,
}

/// Something was deleted, and is kept for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deleted {
    /// When.
    pub deleted_at: OffsetDateTime,
    /// From when on it may be purged.
    pub purge_at: OffsetDateTime,
}

/// What every entity has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base<T> {
    /// Unique within its tenant.
    pub id: Id<T>,
    /// When it came to be.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
    /// How often it has changed, from 1.
    pub version: Version,
}

impl<T> Base<T> {
    /// The base of something new.
    pub fn new(id: Id<T>, now: OffsetDateTime) -> Self {
        Self { id, created_at: now, updated_at: now, version: 1 }
    }

    /// Notes a change.
    pub fn touch(&mut self, now: OffsetDateTime) {
        self.updated_at = now;
        self.version += 1;
    }
}

/// What every entity of a tenant has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantBase<T> {
    /// Id, instants and version.
    pub base: Base<T>,
    /// The tenant it belongs to, for ever.
    pub tenant_id: TenantId,
    /// Set while it is deleted.
    pub deletion: Option<Deletion>,
}

impl<T> TenantBase<T> {
    /// The base of something new in `tenant_id`.
    pub fn new(id: Id<T>, tenant_id: TenantId, now: OffsetDateTime) -> Self {
        Self { base: Base::new(id, now), tenant_id, deletion: None }
    }
}

impl<T> Deref for TenantBase<T> {
    type Target = Base<T>;

    fn deref(&self) -> &Base<T> {
        &self.base
    }
}

impl<T> DerefMut for TenantBase<T> {
    fn deref_mut(&mut self) -> &mut Base<T> {
        &mut self.base
    }
}

/// What every entity of a store has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreBase<T> {
    /// What it has as an entity of the tenant.
    pub base: TenantBase<T>,
    /// The store it belongs to, for ever.
    pub store_id: StoreId,
}

impl<T> StoreBase<T> {
    /// The base of something new in a store of `tenant_id`.
    pub fn new(id: Id<T>, tenant_id: TenantId, store_id: StoreId, now: OffsetDateTime) -> Self {
        Self { base: TenantBase::new(id, tenant_id, now), store_id }
    }
}

impl<T> Deref for StoreBase<T> {
    type Target = TenantBase<T>;

    fn deref(&self) -> &TenantBase<T> {
        &self.base
    }
}

impl<T> DerefMut for StoreBase<T> {
    fn deref_mut(&mut self) -> &mut TenantBase<T> {
        &mut self.base
    }
}

/// An entity: something with an identity and a history.
pub trait BaseEntity: Sized {
    /// Id, instants and version.
    fn base(&self) -> &Base<Self>;
}

/// An entity that belongs to a tenant: it is only ever read or written through a scope of that tenant.
pub trait TenantScoped: BaseEntity {
    /// The tenant it belongs to.
    fn tenant_id(&self) -> TenantId;
    /// Set while it is deleted.
    fn deletion(&self) -> Option<&Deletion>;
}

/// An entity that belongs to a store of a tenant: a scope reaches it only where the permission is held at that store.
pub trait StoreScoped: TenantScoped {
    /// The store it belongs to.
    fn store_id(&self) -> StoreId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_version_that_was_seen_and_is_gone_is_stale() {
        assert!(expect_version(3, None).is_ok());
        assert!(expect_version(3, Some(3)).is_ok());
        for seen in [2, 4] {
            assert!(matches!(expect_version(3, Some(seen)), Err(RepositoryError::Stale)), "{seen}");
        }
    }
}
