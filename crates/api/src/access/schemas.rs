use actix_web::http::StatusCode;
use cotenant_domain::access::{Explained, ExplainedGrant, Question, Reason};
use cotenant_domain::identity::UserId;
use cotenant_domain::roles::RoleHolder;
use cotenant_domain::services::ServiceAccountId;
use cotenant_domain::stores::StoreId;
use cotenant_domain::tenancy::StoreSet;
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::timestamp;
use crate::error::{ApiError, ErrorItem};
use crate::fields::{IdField, PermissionField, valid};

/// May somebody do this?
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExplainQuery {
    /// The code of the permission.
    #[garde(dive)]
    permission: PermissionField,
    /// The member; oneself where neither a member nor a service account is named.
    #[garde(dive)]
    #[schema(nullable = false)]
    user: Option<IdField>,
    /// The service account, in place of a member.
    #[garde(dive)]
    #[schema(nullable = false)]
    service_account: Option<IdField>,
    /// The store; anywhere in the tenant unless told.
    #[garde(dive)]
    #[schema(nullable = false)]
    store: Option<IdField>,
}

impl ExplainQuery {
    pub(super) fn question(self) -> Result<Question, ApiError> {
        let user = valid(self.user)?.map(|id| RoleHolder::Member(UserId::new(id)));
        let service = valid(self.service_account)?.map(|id| RoleHolder::Service(ServiceAccountId::new(id)));
        if user.is_some() && service.is_some() {
            let item = ErrorItem::parameter("service_account", "is not asked about together with a user");
            return Err(ApiError::new(StatusCode::BAD_REQUEST, "invalid_query").with(vec![item]));
        }
        Ok(Question {
            holder: user.or(service),
            permission: self.permission.valid()?,
            store: valid(self.store)?.map(StoreId::new),
        })
    }
}

/// Whether somebody may, and why.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "user_id": "01890a5d-ac96-774b-bcce-b302099a8057", "service_account_id": null,
    "permission": "products.delete",
    "store_id": "01890a5d-ac96-774b-bcce-b302099a8050", "allowed": false, "reasons": ["held_elsewhere"],
    "held": "stores", "held_at": ["01890a5d-ac96-774b-bcce-b302099a8051"],
    "grants": [{
        "role_id": "01890a5d-ac96-774b-bcce-b302099a8058", "role_name": "Clerk",
        "store_id": "01890a5d-ac96-774b-bcce-b302099a8051", "store_name": "Mombasa", "counts": false,
        "granted_at": "2026-11-23T03:20:04.123456Z", "granted_by": "01890a5d-ac96-774b-bcce-b302099a8059"
    }],
    "left_out": 0
}))]
pub(super) struct ExplanationView {
    /// Who, where it is a member.
    user_id: Option<Uuid>,
    /// Who, where it is a service account.
    service_account_id: Option<Uuid>,
    permission: &'static str,
    /// The store that was asked about; `null` is anywhere in the tenant.
    store_id: Option<Uuid>,
    allowed: bool,
    /// Why not, all that applies; empty where they may. `tenant_suspended`, `tenant_expired`, `tenant_closing`,
    /// `member_suspended`, `member_removed`, `service_account_disabled`, `people_only` (no service account does this, whatever
    /// it holds), `store_deleted`, `held_nowhere`, `held_elsewhere` (at other stores only) or `needs_whole_tenant` (it does not
    /// count at a store).
    reasons: Vec<&'static str>,
    /// Where their roles give the permission: `tenant`, `stores` or `nowhere`.
    held: &'static str,
    /// At which stores, where it is held at single ones; at most 100.
    held_at: Vec<Uuid>,
    /// The grants whose roles hold the permission: first those that count where it was asked for, then the oldest. At most
    /// 100.
    grants: Vec<ExplainedGrantView>,
    /// How many more grants there are.
    left_out: usize,
}

/// A grant whose role holds the permission.
#[derive(Debug, Serialize, ToSchema)]
struct ExplainedGrantView {
    role_id: Uuid,
    role_name: String,
    /// The store it is given at; `null` is the whole tenant.
    store_id: Option<Uuid>,
    /// The store's name, for who may see the store.
    store_name: Option<String>,
    /// Whether it gives the permission where it was asked for.
    counts: bool,
    #[serde(serialize_with = "timestamp")]
    granted_at: OffsetDateTime,
    /// Who gave it, for who may see members.
    granted_by: Option<Uuid>,
}

impl From<ExplainedGrant> for ExplainedGrantView {
    fn from(ExplainedGrant { carried, store_name }: ExplainedGrant) -> Self {
        let given = carried.given;
        Self {
            role_id: given.role_id.as_uuid(),
            role_name: carried.role.name.to_string(),
            store_id: given.store_id.map(|store| store.as_uuid()),
            store_name: store_name.map(|name| name.to_string()),
            counts: carried.counts,
            granted_at: given.at,
            granted_by: given.by.map(|by| by.as_uuid()),
        }
    }
}

/// The most stores that are listed.
const MOST: usize = 100;

impl ExplanationView {
    pub(super) fn new(question: Question, told: Explained) -> Self {
        let (held, held_at) = match told.reach {
            Some(StoreSet::All) => ("tenant", Vec::new()),
            Some(StoreSet::Only(stores)) => ("stores", stores.iter().take(MOST).map(|store| store.as_uuid()).collect()),
            None => ("nowhere", Vec::new()),
        };
        let (user_id, service_account_id) = match told.holder {
            RoleHolder::Member(user) => (Some(user.as_uuid()), None),
            RoleHolder::Service(account) => (None, Some(account.as_uuid())),
        };
        Self {
            user_id,
            service_account_id,
            permission: question.permission.code(),
            store_id: question.store.map(|store| store.as_uuid()),
            allowed: told.allowed,
            reasons: told.reasons.into_iter().map(Reason::code).collect(),
            held,
            held_at,
            grants: told.grants.into_iter().map(ExplainedGrantView::from).collect(),
            left_out: told.left_out,
        }
    }
}
