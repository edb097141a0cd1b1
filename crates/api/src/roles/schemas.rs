use cotenant_domain::roles::{ChangeRole, CreateRole, ListRoles, Role, RoleFilter, RoleId, RoleSort};
use cotenant_domain::tenancy::{Permission, PermissionSet, Reach, Version};
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::timestamp;
use crate::cursor::{Binding, SortKind};
use crate::error::ApiError;
use crate::fields::{DescriptionField, LimitField, NameField, PermissionField, Text, present, valid};
use crate::page::{self, SortField, SortKey, SortWord};

/// A role.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "01890a5d-ac96-774b-bcce-b302099a8057", "name": "Clerk", "description": "Keeps the shelves filled",
    "permissions": ["stores.read", "products.read", "products.update"], "system": null,
    "created_at": "2026-11-23T03:20:04.123456Z", "updated_at": "2026-11-23T03:20:04.123456Z", "version": 1
}))]
pub(super) struct RoleView {
    id: Uuid,
    name: String,
    description: Option<String>,
    /// The codes of what it holds.
    permissions: Vec<&'static str>,
    /// `owner`, `admin` or `member` for the roles that every tenant has and nobody changes.
    system: Option<&'static str>,
    #[serde(serialize_with = "timestamp")]
    created_at: OffsetDateTime,
    #[serde(serialize_with = "timestamp")]
    updated_at: OffsetDateTime,
    /// How often it has changed, from 1; the ETag.
    version: i64,
}

impl From<Role> for RoleView {
    fn from(role: Role) -> Self {
        Self {
            id: role.base.id.as_uuid(),
            name: role.name.to_string(),
            description: role.description.map(|d| d.to_string()),
            permissions: role.permissions.codes(),
            system: role.system.map(|s| s.key()),
            created_at: role.base.created_at,
            updated_at: role.base.updated_at,
            version: role.base.version,
        }
    }
}

/// Something that a role can hold.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({ "code": "products.update", "meaning": "Change products", "reach": "store" }))]
pub(super) struct PermissionView {
    code: &'static str,
    /// What it allows.
    meaning: &'static str,
    /// `tenant`: it counts only in a role given in the whole tenant. `store`: in a role given at a store as well.
    reach: &'static str,
}

impl From<Permission> for PermissionView {
    fn from(permission: Permission) -> Self {
        let reach = match permission.reach() {
            Reach::Tenant => "tenant",
            Reach::Store => "store",
        };
        Self { code: permission.code(), meaning: permission.meaning(), reach }
    }
}

/// A role to be created.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Clerk", "description": "Keeps the shelves filled",
    "permissions": ["stores.read", "products.read", "products.update"]
}))]
pub(super) struct CreateRoleBody {
    /// An id of your own choice; without one the server chooses.
    #[garde(skip)]
    id: Option<Uuid>,
    #[garde(dive)]
    name: NameField,
    #[garde(dive)]
    description: Option<DescriptionField>,
    /// What it holds; nothing that you do not hold in the whole tenant.
    #[garde(dive, length(max = MOST))]
    #[schema(max_items = 100)]
    permissions: Vec<PermissionField>,
}

/// More than there are permissions; repeated ones count once.
const MOST: usize = 100;

impl TryFrom<CreateRoleBody> for CreateRole {
    type Error = ApiError;

    fn try_from(body: CreateRoleBody) -> Result<Self, ApiError> {
        Ok(Self {
            id: body.id.map(RoleId::new),
            name: body.name.valid()?,
            description: valid(body.description)?,
            permissions: set(body.permissions)?,
        })
    }
}

fn set(permissions: Vec<PermissionField>) -> Result<PermissionSet, ApiError> {
    permissions.into_iter().map(Text::valid).collect()
}

/// Changes to a role; what is absent stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "description": null, "permissions": ["stores.read", "products.read"] }))]
pub(super) struct ChangeRoleBody {
    #[garde(dive)]
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    name: Option<NameField>,
    /// `null` clears it.
    #[garde(dive)]
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<DescriptionField>)]
    description: Option<Option<DescriptionField>>,
    /// What it shall hold in place of what it holds; what is added must be held by you in the whole tenant.
    #[garde(dive, length(max = MOST))]
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, max_items = 100)]
    permissions: Option<Vec<PermissionField>>,
}

impl ChangeRoleBody {
    pub(super) fn command(self, expected: Option<Version>) -> Result<ChangeRole, ApiError> {
        Ok(ChangeRole {
            name: valid(self.name)?,
            description: self.description.map(valid).transpose()?,
            permissions: self.permissions.map(set).transpose()?,
            expected,
        })
    }
}

impl SortKey for RoleSort {
    const NAME: &'static str = "RoleSort";
    const DEFAULT: SortWord<Self> = ("id", Self::Id, SortKind::Id);
    const OTHERS: &'static [SortWord<Self>] = &[("name", Self::Name, SortKind::Text)];
}

type RoleSortField = SortField<RoleSort>;

/// Which roles, in which order.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleQuery {
    #[garde(dive)]
    #[schema(nullable = false)]
    limit: Option<LimitField>,
    /// The `next_cursor` of the page before.
    #[garde(skip)]
    #[schema(nullable = false)]
    cursor: Option<String>,
    #[garde(dive)]
    #[schema(nullable = false)]
    sort: Option<RoleSortField>,
    /// Only roles whose name contains this, whatever the case.
    #[garde(dive)]
    #[schema(nullable = false)]
    q: Option<NameField>,
}

impl RoleQuery {
    pub(super) fn command(self, binding: Binding) -> Result<ListRoles, ApiError> {
        let filter = RoleFilter { text: valid(self.q)?.map(|text| text.key()) };
        Ok(ListRoles { filter, page: page::request(self.limit, self.cursor, self.sort, binding)? })
    }
}
