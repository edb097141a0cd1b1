//! # Why a permission is both a value and a type
//!
//! Roles are data, so permissions need values that can be stored, listed and compared: [`Permission`]. But what a use
//! case asks for is known when it is written: each permission is also a unit type, and the type says whether passing the
//! check yields a scope that can write. A use case that checked a reading permission cannot begin a writing unit of work;
//! it does not compile.

use std::fmt;
use std::str::FromStr;

use super::scope::{Read, Write};

/// Where a permission can be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Only in the whole tenant: a role given at one store does not carry it.
    Tenant,
    /// In the whole tenant or at single stores; the scope then reaches those stores only.
    Store,
}

/// What a permission gives is said below and nowhere else.
mod sealed {
    pub trait Needs {}
}

/// A permission as a type: what a use case asks [`Actor::authorize`](super::Actor::authorize) for.
pub trait Needs: sealed::Needs {
    /// [`Read`] or [`Write`]: what the scope that it yields can do.
    type Access;
    /// The permission as a value.
    const PERMISSION: Permission;
}

macro_rules! permissions {
    ($($name:ident $access:ident $reach:ident $code:literal $meaning:literal;)*) => {
        /// A permission as a value: what a role holds and a person is given.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Permission {
            $(#[doc = $meaning] $name,)*
        }

        impl Permission {
            /// All there are.
            pub const ALL: &'static [Permission] = &[$(Self::$name,)*];

            /// The stable code that roles store and the API shows, for example `stores.read`.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What it allows, said to a person.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }

            /// Whether it gives a scope to write in.
            #[cfg(test)]
            pub(super) fn writes(self) -> bool {
                use std::any::TypeId;
                match self { $(Self::$name => TypeId::of::<$access>() == TypeId::of::<Write>(),)* }
            }

            /// Where it can be held.
            pub const fn reach(self) -> Reach {
                match self { $(Self::$name => Reach::$reach,)* }
            }
        }

        $(
            #[doc = $meaning]
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl sealed::Needs for $name {}

            impl Needs for $name {
                type Access = $access;
                const PERMISSION: Permission = Permission::$name;
            }
        )*
    };
}

permissions! {
    TenantRead Read Tenant "tenant.read" "See the tenant's own record";
    TenantUpdate Write Tenant "tenant.update" "Change the tenant's own record";
    StoresRead Read Store "stores.read" "See stores";
    StoresCreate Write Tenant "stores.create" "Open stores";
    StoresUpdate Write Store "stores.update" "Change stores";
    StoresDelete Write Store "stores.delete" "Delete and restore stores";
    ProductsRead Read Store "products.read" "See products";
    ProductsCreate Write Store "products.create" "Add products";
    ProductsUpdate Write Store "products.update" "Change products";
    ProductsDelete Write Store "products.delete" "Delete and restore products";
    RolesRead Read Tenant "roles.read" "See roles";
    RolesWrite Write Tenant "roles.write" "Create, change and delete roles";
    RolesGrant Write Store "roles.grant" "Give and take roles, never more than one holds";
    MembersRead Read Tenant "members.read" "See members";
    MembersUpdate Write Tenant "members.update" "Suspend and reactivate members";
    MembersRemove Write Tenant "members.remove" "Remove members";
    InvitationsRead Read Tenant "invitations.read" "See invitations";
    InvitationsCreate Write Tenant "invitations.create" "Invite people, giving no more than one holds";
    InvitationsDelete Write Tenant "invitations.delete" "Withdraw invitations";
    AuditRead Read Tenant "audit.read" "Read the audit log";
    ServiceAccountsRead Read Tenant "service_accounts.read" "See service accounts and their keys, never a key's secret";
    ServiceAccountsManage Write Tenant "service_accounts.manage" "Make, change and delete service accounts and keys that hold no more than one holds";
    SupportRead Read Tenant "support.read" "See when the platform's operators were given access to the tenant, and why";
    SupportEnd Write Tenant "support.end" "End the access of the platform's operators to the tenant";
    JobsRead Read Tenant "jobs.read" "See the tenant's jobs";
    JobsManage Write Tenant "jobs.manage" "Queue jobs again that were given up";
    DeletedRead Read Store "deleted.read" "See deleted things until they are purged";
}

/// Not the code of a permission.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no permission with this code")]
pub struct UnknownPermission;

impl FromStr for Permission {
    type Err = UnknownPermission;

    fn from_str(code: &str) -> Result<Self, UnknownPermission> {
        Self::ALL.iter().copied().find(|p| p.code() == code).ok_or(UnknownPermission)
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Permission {
    /// Whether all that needs it is done by people: a service account may hold it, and does nothing with it.
    pub const fn is_for_people(self) -> bool {
        matches!(self, Self::InvitationsCreate | Self::ServiceAccountsManage)
    }
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct PermissionSet(u64);

const _: () = assert!(Permission::ALL.len() <= 64, "a permission set has 64 places");

impl PermissionSet {
    /// None.
    pub const EMPTY: Self = Self(0);

    /// Every permission.
    pub fn all() -> Self {
        Permission::ALL.iter().copied().collect()
    }

    /// Whether the permission is in the set.
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u64) != 0
    }

    /// Adds a permission.
    pub const fn insert(&mut self, permission: Permission) {
        self.0 |= 1 << permission as u64;
    }

    /// What either set has.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What this set has and the other lacks.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// What both sets have.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether this set has nothing that the other lacks.
    pub const fn is_subset(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The permissions in their order.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |p| self.contains(*p))
    }

    /// The codes of the permissions, in their order.
    pub fn codes(self) -> Vec<&'static str> {
        self.iter().map(Permission::code).collect()
    }

    /// Those that a role carries when it is given at one store.
    #[must_use]
    pub fn at_a_store(self) -> Self {
        self.iter().filter(|p| p.reach() == Reach::Store).collect()
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        let mut set = Self::EMPTY;
        for permission in permissions {
            set.insert(permission);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_parse_back() {
        for permission in Permission::ALL {
            assert_eq!(permission.code().parse(), Ok(*permission));
        }
        assert_eq!("stores.*".parse::<Permission>(), Err(UnknownPermission));
    }

    #[test]
    fn a_role_at_a_store_carries_no_tenant_wide_permission() {
        let set = PermissionSet::all().at_a_store();
        assert!(set.contains(Permission::ProductsUpdate));
        assert!(!set.contains(Permission::MembersRemove));
    }

    #[test]
    fn subset_and_difference_agree() {
        let small: PermissionSet = [Permission::StoresRead].into_iter().collect();
        assert!(small.is_subset(PermissionSet::all()));
        assert!(!PermissionSet::all().is_subset(small));
        assert!(small.minus(PermissionSet::all()).is_empty());
    }
}
