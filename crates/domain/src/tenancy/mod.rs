//! Who may touch what: entities that belong to a tenant, permissions, scopes, and the actor who earns a scope.

mod access;
mod actor;
mod authenticate;
mod entity;
mod holdings;
mod origin;
mod permission;
mod rights;
mod scope;
mod snapshot;

pub use access::{AccessReader, AccessRecord, Grant, OperatorAccess, Rights};
pub(crate) use actor::decide;
pub use actor::{Actor, Denied, Operator, Standing};
pub use authenticate::{
    AuthenticateError, authenticate, authenticate_operator, authenticate_to_read, authenticate_to_write,
};
pub use entity::{
    Base, BaseEntity, Deleted, Deletion, DeletionAct, DeletionId, StoreBase, StoreScoped, TenantBase, TenantScoped,
    Version, expect_version,
};
pub use holdings::Holdings;
pub use origin::Origin;
pub use permission::{
    AuditRead, DeletedRead, InvitationsCreate, InvitationsDelete, InvitationsRead, MembersRead, MembersRemove,
    MembersUpdate, Needs, Permission, PermissionSet, ProductsCreate, ProductsDelete, ProductsRead, ProductsUpdate,
    Reach, RolesGrant, RolesRead, RolesWrite, StoresCreate, StoresDelete, StoresRead, StoresUpdate, TenantRead,
    TenantUpdate,
};
pub(crate) use rights::settle;
pub use scope::{PlatformScope, Principal, Read, StoreSet, TenantScope, Write};
pub use snapshot::Snapshot;
