//! What support may do in a tenant.
//!
//! # Why it is a list and not a role
//!
//! A role is the tenant's to change, and would have to exist there; support comes to tenants that have locked themselves out.
//! So what it may do is decided here, permission by permission, and who adds a permission has to say on which side it stands:
//! the compiler asks.
//!
//! # Why support never gives power
//!
//! What is made while a grant lives must not outlive it: no member, role, invitation, account or key is made or changed by
//! support, however much else it may write. Nor does it end grants as the tenant does, its own traces included.

use super::access::{Grant, Rights};
use super::permission::{Permission, PermissionSet};
use crate::members::MembershipStatus;

/// To which grants a permission is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    /// To every one.
    Always,
    /// To those that may write.
    ToWriting,
    /// To none.
    Never,
}

const fn open(permission: Permission) -> Open {
    match permission {
        Permission::TenantRead
        | Permission::StoresRead
        | Permission::ProductsRead
        | Permission::RolesRead
        | Permission::MembersRead
        | Permission::InvitationsRead
        | Permission::AuditRead
        | Permission::ServiceAccountsRead
        | Permission::SupportRead
        | Permission::JobsRead
        | Permission::DeletedRead => Open::Always,
        Permission::TenantUpdate
        | Permission::StoresCreate
        | Permission::StoresUpdate
        | Permission::StoresDelete
        | Permission::ProductsCreate
        | Permission::ProductsUpdate
        | Permission::ProductsDelete
        | Permission::JobsManage => Open::ToWriting,
        Permission::RolesWrite
        | Permission::RolesGrant
        | Permission::MembersUpdate
        | Permission::MembersRemove
        | Permission::InvitationsCreate
        | Permission::InvitationsDelete
        | Permission::ServiceAccountsManage
        | Permission::SupportEnd => Open::Never,
    }
}

/// What a grant gives, in the whole tenant: its roles and its access version do not come into it.
pub(crate) fn support_rights(may_write: bool) -> Rights {
    let is_open = |permission: &Permission| match open(*permission) {
        Open::Always => true,
        Open::ToWriting => may_write,
        Open::Never => false,
    };
    let permissions: PermissionSet = Permission::ALL.iter().copied().filter(is_open).collect();
    Rights { status: MembershipStatus::Active, epoch: 0, grants: vec![Grant { store: None, permissions }] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(may_write: bool) -> Vec<&'static str> {
        support_rights(may_write).grants[0].permissions.codes()
    }

    #[test]
    fn a_grant_reads_everything_and_writes_nothing_unless_it_may() {
        for permission in Permission::ALL {
            assert_eq!(given(false).contains(&permission.code()), !permission.writes(), "{permission}");
        }
    }

    #[test]
    fn whoever_may_write_gets_no_power() {
        let more: Vec<_> = given(true).into_iter().filter(|code| !given(false).contains(code)).collect();
        let data = [
            "tenant.update",
            "stores.create",
            "stores.update",
            "stores.delete",
            "products.create",
            "products.update",
            "products.delete",
            "jobs.manage",
        ];
        assert_eq!(more, data);
    }
}
