use cotenant_domain::identity::UserId;
use cotenant_domain::members::{
    ChangeMember, ListMembers, Member, MemberFilter, MemberSort, MembershipStatus, NewStatus, RoleGrant,
};
use cotenant_domain::roles::RoleId;
use cotenant_domain::stores::StoreId;
use cotenant_domain::tenancy::Version;
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::timestamp;
use crate::cursor::{Binding, SortKind};
use crate::error::ApiError;
use crate::fields::{Choice, Choices, IdField, LimitField, NameField, Text, present, valid};
use crate::page::{self, SortField, SortKey, SortWord};

/// A member.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "user_id": "01890a5d-ac96-774b-bcce-b302099a8057", "email": "asha@duka.example", "display_name": "Asha Otieno",
    "status": "active", "roles": ["01890a5d-ac96-774b-bcce-b302099a8058"],
    "store_roles": [{
        "store_id": "01890a5d-ac96-774b-bcce-b302099a8050", "role_id": "01890a5d-ac96-774b-bcce-b302099a8059"
    }],
    "created_at": "2026-11-23T03:20:04.123456Z", "updated_at": "2026-11-23T03:20:04.123456Z", "version": 1
}))]
pub(super) struct MemberView {
    user_id: Uuid,
    email: String,
    display_name: String,
    /// `active`, `suspended` or `removed`.
    status: &'static str,
    /// The ids of the roles held in the whole tenant.
    roles: Vec<Uuid>,
    /// The roles held at single stores.
    store_roles: Vec<StoreRoleView>,
    /// When the person first joined.
    #[serde(serialize_with = "timestamp")]
    created_at: OffsetDateTime,
    #[serde(serialize_with = "timestamp")]
    updated_at: OffsetDateTime,
    /// How often the membership has changed, from 1; the ETag. Roles are not part of it.
    version: i64,
}

/// A role held at a store.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StoreRoleView {
    pub(crate) store_id: Uuid,
    pub(crate) role_id: Uuid,
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        let at_store = |grant: &RoleGrant| {
            grant.store_id.map(|store| StoreRoleView { store_id: store.as_uuid(), role_id: grant.role_id.as_uuid() })
        };
        Self {
            user_id: member.membership.user_id.as_uuid(),
            email: member.email.to_string(),
            display_name: member.display_name.to_string(),
            status: member.membership.status.as_str(),
            roles: member.grants.iter().filter(|g| g.store_id.is_none()).map(|g| g.role_id.as_uuid()).collect(),
            store_roles: member.grants.iter().filter_map(at_store).collect(),
            created_at: member.membership.created_at,
            updated_at: member.membership.updated_at,
            version: member.membership.version,
        }
    }
}

/// Changes to a membership; what is absent stays. The person is nobody's to change.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "status": "suspended" }))]
pub(super) struct ChangeMemberBody {
    #[garde(dive)]
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    status: Option<NewStatusField>,
}

impl ChangeMemberBody {
    pub(super) fn command(self, expected: Option<Version>) -> Result<ChangeMember, ApiError> {
        Ok(ChangeMember { status: valid(self.status)?.map(|s| s.0), expected })
    }
}

impl Choices for NewStatus {
    const NAME: &'static str = "NewMemberStatus";
    const ALL: &'static [(&'static str, Self)] = &[("active", Self::Active), ("suspended", Self::Suspended)];
}

impl Choices for MembershipStatus {
    const NAME: &'static str = "MemberStatus";
    const ALL: &'static [(&'static str, Self)] =
        &[("active", Self::Active), ("suspended", Self::Suspended), ("removed", Self::Removed)];
}

impl SortKey for MemberSort {
    const NAME: &'static str = "MemberSort";
    const DEFAULT: SortWord<Self> = ("id", Self::Id, SortKind::Id);
    const OTHERS: &'static [SortWord<Self>] =
        &[("email", Self::Email, SortKind::Text), ("display_name", Self::DisplayName, SortKind::Text)];
}

type NewStatusField = Text<Choice<NewStatus>>;
type StatusField = Text<Choice<MembershipStatus>>;
type MemberSortField = SortField<MemberSort>;

/// Which members, in which order.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MemberQuery {
    #[garde(dive)]
    #[schema(nullable = false)]
    limit: Option<LimitField>,
    /// The `next_cursor` of the page before.
    #[garde(skip)]
    #[schema(nullable = false)]
    cursor: Option<String>,
    #[garde(dive)]
    #[schema(nullable = false)]
    sort: Option<MemberSortField>,
    /// Only members in this status; active and suspended ones unless told.
    #[garde(dive)]
    #[schema(nullable = false)]
    status: Option<StatusField>,
    /// Only members whose name or address contains this, whatever the case.
    #[garde(dive)]
    #[schema(nullable = false)]
    q: Option<NameField>,
}

impl MemberQuery {
    pub(super) fn command(self, binding: Binding) -> Result<ListMembers, ApiError> {
        let filter =
            MemberFilter { status: valid(self.status)?.map(|s| s.0), text: valid(self.q)?.map(|text| text.key()) };
        Ok(ListMembers { filter, page: page::request(self.limit, self.cursor, self.sort, binding)? })
    }
}

/// Where a role is given or taken.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantQuery {
    /// The store; the whole tenant unless told.
    #[garde(dive)]
    #[schema(nullable = false)]
    store_id: Option<IdField>,
}

impl GrantQuery {
    pub(super) fn grant(self, user_id: UserId, role_id: RoleId) -> Result<RoleGrant, ApiError> {
        Ok(RoleGrant { user_id, role_id, store_id: valid(self.store_id)?.map(StoreId::new) })
    }
}
