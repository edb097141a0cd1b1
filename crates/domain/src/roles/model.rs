use crate::shared::{Description, Id, Name};
use crate::stores::StoreId;
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

impl Role {
    /// What it gives to whom it is given at `store`, or in the whole tenant where `store` is `None`.
    pub fn gives(&self, store: Option<StoreId>) -> PermissionSet {
        if store.is_some() { self.permissions.at_a_store() } else { self.permissions }
    }
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
        None => role.permissions.codes().join(" "),
    }
}

/// Reads what [`stored_permissions`] wrote; several of them joined by spaces give their union.
pub fn read_permissions(stored: &str) -> PermissionSet {
    stored.split_ascii_whitespace().fold(PermissionSet::EMPTY, |set, word| match word.strip_prefix('@') {
        Some(key) => SystemRole::from_key(key).map_or(set, |system| set.union(system.permissions())),
        None => word.parse().map_or(set, |permission| set.union([permission].into_iter().collect())),
    })
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;

    fn role(permissions: PermissionSet, system: Option<SystemRole>) -> Role {
        let base = TenantBase::new(RoleId::new(Uuid::nil()), TenantId::new(Uuid::nil()), OffsetDateTime::UNIX_EPOCH);
        Role { base, name: "Clerk".parse().unwrap(), description: None, permissions, system }
    }

    #[test]
    fn at_a_store_a_role_gives_only_what_can_be_held_there() {
        let admin = role(SystemRole::Admin.permissions(), Some(SystemRole::Admin));
        let at_store = admin.gives(Some(StoreId::new(Uuid::nil())));
        assert!(at_store.contains(Permission::ProductsUpdate) && !at_store.contains(Permission::MembersRemove));
        assert_eq!(admin.gives(None), admin.permissions);
    }

    #[test]
    fn permissions_are_stored_as_codes_and_system_roles_by_key() {
        let some: PermissionSet = [Permission::StoresRead, Permission::RolesGrant].into_iter().collect();
        assert_eq!(stored_permissions(&role(some, None)), "stores.read roles.grant");
        assert_eq!(read_permissions("stores.read roles.grant"), some);
        assert_eq!(stored_permissions(&role(PermissionSet::all(), Some(SystemRole::Owner))), "@owner");
        assert_eq!(read_permissions("@owner @member"), PermissionSet::all());
        assert_eq!(read_permissions("gone.permission @nobody"), PermissionSet::EMPTY);
    }
}
