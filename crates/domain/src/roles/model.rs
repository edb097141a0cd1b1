use crate::shared::{Description, Id, Name};
use crate::tenancy::{Base, BaseEntity, Deletion, Permission, PermissionSet, TenantBase, TenantScoped};
use crate::tenants::TenantId;

/// The id of a role.
pub type RoleId = Id<Role>;

/// A role that every tenant has from its first day. What it holds is decided here and not stored, so that a new
/// permission reaches the owners of all tenants with the version that brings it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemRole {
    /// Holds everything.
    Owner,
    /// Holds everything but the change of the tenant's own record.
    Admin,
    /// Sees the tenant, its people, its stores and its products.
    Member,
}

impl SystemRole {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Admin, Self::Member];

    /// The stable key: `owner`, `admin`, `member`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }

    /// What it holds.
    pub fn permissions(self) -> PermissionSet {
        match self {
            Self::Owner => PermissionSet::all(),
            Self::Admin => PermissionSet::all().minus([Permission::TenantUpdate].into_iter().collect()),
            Self::Member => {
                use Permission::{MembersRead, ProductsRead, StoresRead, TenantRead};
                [TenantRead, MembersRead, StoresRead, ProductsRead].into_iter().collect()
            }
        }
    }

    /// The role with this key.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.key() == key)
    }
}

/// A named set of permissions that members are given, in the whole tenant or at single stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// What it has as an entity of the tenant.
    pub base: TenantBase<Role>,
    /// Unique in the tenant while it is not deleted, whatever the case.
    pub name: Name,
    /// What it is for.
    pub description: Option<Description>,
    /// What it holds.
    pub permissions: PermissionSet,
    /// Set for the three roles that every tenant has; they never change.
    pub system: Option<SystemRole>,
}

impl BaseEntity for Role {
    fn base(&self) -> &Base<Self> {
        &self.base
    }
}

impl TenantScoped for Role {
    fn tenant_id(&self) -> TenantId {
        self.base.tenant_id
    }

    fn deletion(&self) -> Option<&Deletion> {
        self.base.deletion.as_ref()
    }
}

/// How a role's permissions are stored: `@owner` for a system role, otherwise the codes with a space between them. Codes
/// of permissions that no longer exist are passed over: they give nothing.
pub fn stored_permissions(role: &Role) -> String {
    match role.system {
        Some(system) => format!("@{}", system.key()),
        None => role.permissions.iter().map(Permission::code).collect::<Vec<_>>().join(" "),
    }
}

/// Reads what [`stored_permissions`] wrote; several of them joined by spaces give their union.
pub fn read_permissions(stored: &str) -> PermissionSet {
    stored.split_ascii_whitespace().fold(PermissionSet::EMPTY, |set, word| match word.strip_prefix('@') {
        Some(key) => SystemRole::from_key(key).map_or(set, |system| set.union(system.permissions())),
        None => word.parse().map_or(set, |permission| set.union([permission].into_iter().collect())),
    })
}
