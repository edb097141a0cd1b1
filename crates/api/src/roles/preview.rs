//! The preview of a change of a role: what is asked and answered.

use cotenant_domain::roles::{Affected, AffectedHolder, ChangeRole, Difference, Preview, PreviewRole};
use cotenant_domain::shared::Name;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::cursor::{self, Binding, SortKind};
use crate::error::ApiError;
use crate::fields::LimitField;
use crate::page::{self, SortField, SortKey, SortWord};

/// The one order of those affected: members first, each kind by id.
#[derive(Debug, Clone, Copy)]
pub(super) struct ById;

impl SortKey for ById {
    const NAME: &'static str = "PreviewSort";
    const DEFAULT: SortWord<Self> = ("id", Self, SortKind::Int);
    const OTHERS: &'static [SortWord<Self>] = &[];
}

type PreviewSortField = SortField<ById>;

/// Which page of those affected, in which order: members first, then service accounts, each by id.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PreviewQuery {
    #[garde(dive)]
    #[schema(nullable = false)]
    limit: Option<LimitField>,
    /// The `next_cursor` of the page before, for the same permissions.
    #[garde(skip)]
    #[schema(nullable = false)]
    cursor: Option<String>,
    #[garde(dive)]
    #[schema(nullable = false)]
    sort: Option<PreviewSortField>,
}

impl PreviewQuery {
    pub(super) fn command(self, change: ChangeRole, binding: Binding) -> Result<PreviewRole, ApiError> {
        Ok(PreviewRole { change, page: page::in_order(page::request(self.limit, self.cursor, self.sort, binding)?) })
    }
}

/// What would come of a change: the counts of all, and one page of those affected.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "added": ["products.delete"], "removed": [],
    "counts": { "holders": 12, "affected": 1, "gaining": 1, "losing": 0 },
    "data": [{
        "user_id": "01890a5d-ac96-774b-bcce-b302099a8057", "service_account_id": null,
        "email": "asha@duka.example", "display_name": "Asha Otieno", "status": "active",
        "changes": [{
            "store_id": "01890a5d-ac96-774b-bcce-b302099a8050", "store_name": "Mombasa",
            "gains": ["products.delete"], "loses": [], "keeps": []
        }]
    }],
    "next_cursor": null
}))]
pub(super) struct PreviewView {
    /// What the role would hold and does not now.
    added: Vec<&'static str>,
    /// What it holds and would not.
    removed: Vec<&'static str>,
    counts: CountsView,
    /// The members and service accounts for whom something would differ, their other roles taken into account.
    data: Vec<AffectedView>,
    /// Where the next page begins; null on the last page.
    next_cursor: Option<String>,
}

/// How many members and service accounts a change concerns, suspended and disabled ones included.
#[derive(Debug, Serialize, ToSchema)]
struct CountsView {
    /// Who hold the role, somewhere.
    holders: usize,
    /// For whom something would differ.
    affected: usize,
    /// Who would gain something, somewhere.
    gaining: usize,
    /// Who would lose something, somewhere.
    losing: usize,
}

/// A member or a service account for whom something would differ.
#[derive(Debug, Serialize, ToSchema)]
struct AffectedView {
    /// Who, where it is a member.
    user_id: Option<Uuid>,
    /// Who, where it is a service account.
    service_account_id: Option<Uuid>,
    /// A member's address.
    email: Option<String>,
    display_name: String,
    /// `active`, of a member `suspended`, of a service account `disabled`.
    status: &'static str,
    changes: Vec<DifferenceView>,
}

/// What would differ at one place.
#[derive(Debug, Serialize, ToSchema)]
struct DifferenceView {
    /// The store; `null` is the whole tenant.
    store_id: Option<Uuid>,
    /// The store's name, for who may see the store.
    store_name: Option<String>,
    /// What they would hold there. What is gained in the whole tenant is not repeated at each store.
    gains: Vec<&'static str>,
    /// What they would no longer hold there. What is lost in the whole tenant is not repeated at each store.
    loses: Vec<&'static str>,
    /// What they would lose in the whole tenant and keep at this store, where another role gives it.
    keeps: Vec<&'static str>,
}

impl From<(Difference, Option<Name>)> for DifferenceView {
    fn from((place, name): (Difference, Option<Name>)) -> Self {
        Self {
            store_id: place.store.map(|store| store.as_uuid()),
            store_name: name.map(|name| name.to_string()),
            gains: place.gains.codes(),
            loses: place.loses.codes(),
            keeps: place.keeps.codes(),
        }
    }
}

impl From<Affected> for AffectedView {
    fn from(Affected { who, changes }: Affected) -> Self {
        let changes = changes.into_iter().map(DifferenceView::from).collect();
        match who {
            AffectedHolder::Member(member) => Self {
                user_id: Some(member.membership.user_id.as_uuid()),
                service_account_id: None,
                email: Some(member.email.to_string()),
                display_name: member.display_name.to_string(),
                status: member.membership.status.as_str(),
                changes,
            },
            AffectedHolder::Service(service) => Self {
                user_id: None,
                service_account_id: Some(service.account.base.id.as_uuid()),
                email: None,
                display_name: service.account.name.to_string(),
                status: service.account.status.as_str(),
                changes,
            },
        }
    }
}

impl PreviewView {
    pub(super) fn new(preview: Preview, binding: Binding) -> Self {
        let counts = preview.counts;
        Self {
            added: preview.added.codes(),
            removed: preview.removed.codes(),
            counts: CountsView {
                holders: counts.holders,
                affected: counts.affected,
                gaining: counts.gaining,
                losing: counts.losing,
            },
            next_cursor: preview.affected.next.map(|position| cursor::encode(&position, binding)),
            data: preview.affected.items.into_iter().map(AffectedView::from).collect(),
        }
    }
}
