//! Who may touch what: entities that belong to a tenant, permissions, scopes, and the actor who earns a scope.

mod access;
mod actor;
mod authenticate;
mod entity;
mod holder;
mod holdings;
mod member_actor;
mod opaque;
mod origin;
mod permission;
mod rights;
mod scope;
mod service_actor;
mod snapshot;
mod support_actor;
mod support_rights;

pub use access::{AccessReader, AccessRecord, Grant, KeyAccess, OperatorAccess, Rights, SupportAccess};
pub(crate) use actor::decide;
pub use actor::{Actor, Denied, Operator, Standing};
pub use authenticate::{
    AuthenticateError, Bearer, Claimed, ShownToken, authenticate, authenticate_operator, authenticate_to_read,
    authenticate_to_write,
};
pub use entity::{
    Base, BaseEntity, Deleted, Deletion, DeletionAct, DeletionId, StoreBase, StoreScoped, TenantBase, TenantScoped,
    Version, expect_version,
};
pub use holder::Holder;
pub use holdings::Holdings;
pub use member_actor::MemberActor;
pub use opaque::{Marked, OpaqueToken, TokenHash};
pub use origin::Origin;
pub use permission::{
    AuditRead, DeletedRead, InvitationsCreate, InvitationsDelete, InvitationsRead, JobsManage, JobsRead, MembersRead,
    MembersRemove, MembersUpdate, Needs, Permission, PermissionSet, ProductsCreate, ProductsDelete, ProductsRead,
    ProductsUpdate, Reach, RolesGrant, RolesRead, RolesWrite, ServiceAccountsManage, ServiceAccountsRead, StoresCreate,
    StoresDelete, StoresRead, StoresUpdate, SupportEnd, SupportRead, TenantRead, TenantUpdate,
};
pub(crate) use rights::settle;
pub use scope::{PlatformScope, Principal, Read, StoreSet, TenantScope, Write};
pub use service_actor::{ServiceActor, UsedKey};
pub use snapshot::Snapshot;
pub use support_actor::{SupportActor, UsedGrant};
