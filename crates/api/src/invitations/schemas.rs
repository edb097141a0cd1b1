use cotenant_domain::invitations::{
    Accepted, Invitation, InvitationFilter, InvitationId, InvitationStatus, Invite, ListInvitations, MOST_ROLES,
    StoreRole,
};
use cotenant_domain::roles::RoleId;
use cotenant_domain::stores::StoreId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::timestamp;
use crate::auth::SessionTenantView;
use crate::cursor::{Binding, SortKind};
use crate::error::ApiError;
use crate::fields::{Choice, Choices, DisplayNameField, EmailField, LimitField, Object, SecretField, Text, valid};
use crate::members::StoreRoleView;
use crate::page::{self, SortField, SortKey, SortWord};

/// An invitation. Its secret is in the message that was sent and nowhere else.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "01890a5d-ac96-774b-bcce-b302099a8057", "email": "asha@duka.example", "status": "pending",
    "expires_at": "2026-11-30T03:20:04.123456Z", "invited_by": "01890a5d-ac96-774b-bcce-b302099a8056",
    "role_ids": ["01890a5d-ac96-774b-bcce-b302099a8058"], "store_roles": [],
    "created_at": "2026-11-23T03:20:04.123456Z", "updated_at": "2026-11-23T03:20:04.123456Z", "version": 1
}))]
pub(crate) struct InvitationView {
    id: Uuid,
    email: String,
    /// `pending`, `accepted` or `withdrawn`.
    status: &'static str,
    /// Until when it can be accepted.
    #[serde(serialize_with = "timestamp")]
    expires_at: OffsetDateTime,
    /// Who invited; `null` for the platform.
    invited_by: Option<Uuid>,
    /// The roles it gives in the whole tenant.
    role_ids: Vec<Uuid>,
    /// The roles it gives at single stores.
    store_roles: Vec<StoreRoleView>,
    #[serde(serialize_with = "timestamp")]
    created_at: OffsetDateTime,
    #[serde(serialize_with = "timestamp")]
    updated_at: OffsetDateTime,
    /// How often it has changed, from 1; the ETag.
    version: i64,
}

impl From<Invitation> for InvitationView {
    fn from(invitation: Invitation) -> Self {
        let at_store =
            |given: &StoreRole| StoreRoleView { store_id: given.store_id.as_uuid(), role_id: given.role_id.as_uuid() };
        Self {
            id: invitation.base.id.as_uuid(),
            email: invitation.email.to_string(),
            status: invitation.status.as_str(),
            expires_at: invitation.expires_at,
            invited_by: invitation.invited_by.map(|user| user.as_uuid()),
            role_ids: invitation.role_ids.iter().map(|role| role.as_uuid()).collect(),
            store_roles: invitation.store_roles.iter().map(at_store).collect(),
            created_at: invitation.base.created_at,
            updated_at: invitation.base.updated_at,
            version: invitation.base.version,
        }
    }
}

/// An invitation to be made.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "email": "asha@duka.example" }))]
pub(super) struct InviteBody {
    /// An id of your own choice; without one the server chooses.
    #[garde(skip)]
    id: Option<Uuid>,
    #[garde(dive)]
    email: EmailField,
    /// Roles to give in the whole tenant on acceptance, none of them beyond your own rights.
    #[garde(length(max = MOST_ROLES))]
    #[serde(default)]
    #[schema(max_items = 50)]
    role_ids: Vec<Uuid>,
    /// Roles to give at single stores on acceptance.
    #[garde(length(max = MOST_ROLES))]
    #[serde(default)]
    #[schema(value_type = Vec<StoreRoleBody>, max_items = 50)]
    store_roles: Vec<Object<StoreRoleBody>>,
}

/// A role to give at a store.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StoreRoleBody {
    store_id: Uuid,
    role_id: Uuid,
}

impl TryFrom<InviteBody> for Invite {
    type Error = ApiError;

    fn try_from(body: InviteBody) -> Result<Self, ApiError> {
        let at_store = |Object(given): Object<StoreRoleBody>| StoreRole {
            store_id: StoreId::new(given.store_id),
            role_id: RoleId::new(given.role_id),
        };
        Ok(Self {
            id: body.id.map(InvitationId::new),
            email: body.email.valid()?,
            role_ids: body.role_ids.into_iter().map(RoleId::new).collect(),
            store_roles: body.store_roles.into_iter().map(at_store).collect(),
        })
    }
}

/// An acceptance. A new person gives a name and a password; who has an account signs in and gives the token alone.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "token": "inv_01890a5dac96774bbcceb302099a8057_5f0c",
    "display_name": "Asha Otieno", "password": "a long sentence that nobody guesses"
}))]
pub(super) struct AcceptBody {
    /// The token from the message.
    #[garde(dive)]
    pub(super) token: SecretField,
    /// What a new person calls themselves.
    #[garde(dive)]
    pub(super) display_name: Option<DisplayNameField>,
    /// The password that a new person sets: 12 to 128 characters, not easy to guess. Without a name: the password that the
    /// person has.
    #[garde(dive)]
    pub(super) password: Option<SecretField>,
}

/// An invitation was accepted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "tenant": { "id": "01890a5d-ac96-774b-bcce-b302099a8050", "slug": "duka", "name": "Duka Ltd" },
    "user_id": "01890a5d-ac96-774b-bcce-b302099a8057"
}))]
pub(super) struct AcceptedView {
    /// The tenant that was joined.
    tenant: SessionTenantView,
    /// Who joined it.
    user_id: Uuid,
}

impl From<Accepted> for AcceptedView {
    fn from(accepted: Accepted) -> Self {
        Self { tenant: accepted.tenant.into(), user_id: accepted.user_id.as_uuid() }
    }
}

impl Choices for InvitationStatus {
    const NAME: &'static str = "InvitationStatus";
    const ALL: &'static [(&'static str, Self)] =
        &[("pending", Self::Pending), ("accepted", Self::Accepted), ("withdrawn", Self::Withdrawn)];
}

/// The one order of invitations.
#[derive(Debug, Clone, Copy)]
pub(super) struct ById;

impl SortKey for ById {
    const NAME: &'static str = "InvitationSort";
    const DEFAULT: SortWord<Self> = ("id", Self, SortKind::Id);
    const OTHERS: &'static [SortWord<Self>] = &[];
}

type StatusField = Text<Choice<InvitationStatus>>;
type InvitationSortField = SortField<ById>;

/// Which invitations, in which order.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InvitationQuery {
    #[garde(dive)]
    #[schema(nullable = false)]
    limit: Option<LimitField>,
    /// The `next_cursor` of the page before.
    #[garde(skip)]
    #[schema(nullable = false)]
    cursor: Option<String>,
    #[garde(dive)]
    #[schema(nullable = false)]
    sort: Option<InvitationSortField>,
    /// Only invitations in this status.
    #[garde(dive)]
    #[schema(nullable = false)]
    status: Option<StatusField>,
}

impl InvitationQuery {
    pub(super) fn command(self, binding: Binding) -> Result<ListInvitations, ApiError> {
        let filter = InvitationFilter { status: valid(self.status)?.map(|s| s.0) };
        let page = page::in_order(page::request(self.limit, self.cursor, self.sort, binding)?);
        Ok(ListInvitations { filter, page })
    }
}
