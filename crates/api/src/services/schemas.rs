use cotenant_domain::roles::RoleId;
use cotenant_domain::services::{
    ChangeService, CreateService, ListServices, Service, ServiceAccountId, ServiceFilter, ServiceGrant, ServiceSort,
    ServiceStatus,
};
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
use crate::fields::{Choice, Choices, DescriptionField, IdField, LimitField, NameField, Text, present, valid};
use crate::members::StoreRoleView;
use crate::page::{self, SortField, SortKey, SortWord};

/// A service account: a program that acts in the tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "01890a5d-ac96-774b-bcce-b302099a8057", "name": "Till", "description": "Reads prices", "status": "active",
    "roles": [], "store_roles": [{
        "store_id": "01890a5d-ac96-774b-bcce-b302099a8050", "role_id": "01890a5d-ac96-774b-bcce-b302099a8059"
    }],
    "created_at": "2026-11-23T03:20:04.123456Z", "updated_at": "2026-11-23T03:20:04.123456Z", "version": 1
}))]
pub(super) struct ServiceView {
    id: Uuid,
    name: String,
    description: Option<String>,
    /// `active` or `disabled`.
    status: &'static str,
    /// The ids of the roles held in the whole tenant.
    roles: Vec<Uuid>,
    /// The roles held at single stores.
    store_roles: Vec<StoreRoleView>,
    #[serde(serialize_with = "timestamp")]
    created_at: OffsetDateTime,
    #[serde(serialize_with = "timestamp")]
    updated_at: OffsetDateTime,
    /// How often the account has changed, from 1; the ETag. Roles and keys are not part of it.
    version: i64,
}

impl From<Service> for ServiceView {
    fn from(service: Service) -> Self {
        let at_store = |grant: &ServiceGrant| {
            grant.store_id.map(|store| StoreRoleView { store_id: store.as_uuid(), role_id: grant.role_id.as_uuid() })
        };
        let everywhere = service.grants.iter().filter(|grant| grant.store_id.is_none());
        Self {
            roles: everywhere.map(|grant| grant.role_id.as_uuid()).collect(),
            store_roles: service.grants.iter().filter_map(at_store).collect(),
            id: service.account.base.id.as_uuid(),
            name: service.account.name.to_string(),
            description: service.account.description.map(|text| text.to_string()),
            status: service.account.status.as_str(),
            created_at: service.account.base.created_at,
            updated_at: service.account.base.updated_at,
            version: service.account.base.version,
        }
    }
}

/// A service account to be made.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Till", "description": "Reads prices" }))]
pub(super) struct CreateServiceBody {
    /// An id of your own choice; without one the server chooses.
    #[garde(skip)]
    id: Option<Uuid>,
    #[garde(dive)]
    name: NameField,
    #[garde(dive)]
    description: Option<DescriptionField>,
}

impl TryFrom<CreateServiceBody> for CreateService {
    type Error = ApiError;

    fn try_from(body: CreateServiceBody) -> Result<Self, ApiError> {
        Ok(Self {
            id: body.id.map(ServiceAccountId::new),
            name: body.name.valid()?,
            description: valid(body.description)?,
        })
    }
}

impl Choices for ServiceStatus {
    const NAME: &'static str = "ServiceStatus";
    const ALL: &'static [(&'static str, Self)] = &[("active", Self::Active), ("disabled", Self::Disabled)];
}

impl SortKey for ServiceSort {
    const NAME: &'static str = "ServiceSort";
    const DEFAULT: SortWord<Self> = ("id", Self::Id, SortKind::Id);
    const OTHERS: &'static [SortWord<Self>] = &[("name", Self::Name, SortKind::Text)];
}

type ServiceStatusField = Text<Choice<ServiceStatus>>;
type ServiceSortField = SortField<ServiceSort>;

/// Changes to a service account; what is absent stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "status": "disabled" }))]
pub(super) struct ChangeServiceBody {
    #[garde(dive)]
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    name: Option<NameField>,
    /// `null` clears it.
    #[garde(dive)]
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<DescriptionField>)]
    description: Option<Option<DescriptionField>>,
    #[garde(dive)]
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    status: Option<ServiceStatusField>,
}

impl ChangeServiceBody {
    pub(super) fn command(self, expected: Option<Version>) -> Result<ChangeService, ApiError> {
        Ok(ChangeService {
            name: valid(self.name)?,
            description: self.description.map(valid).transpose()?,
            status: valid(self.status)?.map(|status| status.0),
            expected,
        })
    }
}

/// Which service accounts, in which order.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceQuery {
    #[garde(dive)]
    #[schema(nullable = false)]
    limit: Option<LimitField>,
    /// The `next_cursor` of the page before.
    #[garde(skip)]
    #[schema(nullable = false)]
    cursor: Option<String>,
    #[garde(dive)]
    #[schema(nullable = false)]
    sort: Option<ServiceSortField>,
    /// Only service accounts in this status.
    #[garde(dive)]
    #[schema(nullable = false)]
    status: Option<ServiceStatusField>,
    /// Only service accounts whose name contains this, whatever the case.
    #[garde(dive)]
    #[schema(nullable = false)]
    q: Option<NameField>,
}

impl ServiceQuery {
    pub(super) fn command(self, binding: Binding) -> Result<ListServices, ApiError> {
        let filter =
            ServiceFilter { status: valid(self.status)?.map(|s| s.0), text: valid(self.q)?.map(|text| text.key()) };
        Ok(ListServices { filter, page: page::request(self.limit, self.cursor, self.sort, binding)? })
    }
}

/// Where a role is given to or taken from a service account.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceGrantQuery {
    /// The store; the whole tenant unless told.
    #[garde(dive)]
    #[schema(nullable = false)]
    store_id: Option<IdField>,
}

impl ServiceGrantQuery {
    pub(super) fn grant(self, account_id: ServiceAccountId, role_id: RoleId) -> Result<ServiceGrant, ApiError> {
        Ok(ServiceGrant { account_id, role_id, store_id: valid(self.store_id)?.map(StoreId::new) })
    }
}
