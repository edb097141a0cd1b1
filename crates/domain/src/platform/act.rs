use serde_json::{Value, json};
use time::OffsetDateTime;

use super::audit::NewPlatformAudit;
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::shared::{Reason, RepositoryError};
use crate::tenancy::Operator;
use crate::tenants::{TenantId, constant};
use crate::uow::{PlatformUnit, WriteUnit};

/// An act of an operator upon a tenant. It is recorded twice, in one transaction: in the platform's audit log, and in the
/// tenant's own, so that its members see what was done to them, by whom and why.
pub(super) struct Act {
    pub(super) action: &'static str,
    pub(super) tenant_id: TenantId,
    pub(super) at: OffsetDateTime,
    pub(super) reason: Reason,
    /// Particulars: an object, to which the reason is added.
    pub(super) detail: Value,
}

/// The tenant's side of an [`Act`].
pub(super) struct Entered {
    pub(super) unit: Box<dyn WriteUnit>,
    event: NewAudit,
}

/// The reason of acts for which an operator gives none.
pub(super) fn routine() -> Result<Reason, RepositoryError> {
    constant("administration of the platform")
}

impl Act {
    /// Records the act on the platform and steps into the tenant.
    pub(super) async fn enter(
        self,
        unit: Box<dyn PlatformUnit>,
        operator: &Operator,
        deps: &Deps,
    ) -> Result<Entered, RepositoryError> {
        let Self { action, tenant_id, at, reason, mut detail } = self;
        let entered = operator.enter(tenant_id, reason);
        detail["reason"] = json!(entered.reason.as_str());
        let id = tenant_id.as_uuid();
        let platform =
            NewPlatformAudit { id: deps.ids.next(), at, action, object_id: Some(id), detail: detail.clone() };
        unit.audit().record(platform).await?;
        let unit = unit.enter(&entered.scope).await?;
        let object = Object { kind: "tenant", id };
        Ok(Entered { unit, event: NewAudit { id: deps.ids.next(), at, action, object, detail } })
    }
}

impl Entered {
    /// Records the act in the tenant and makes everything take effect.
    pub(super) async fn conclude(self) -> Result<(), RepositoryError> {
        self.unit.audit().record(self.event).await?;
        self.unit.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_reason_for_acts_without_one() {
        assert_eq!(routine().unwrap().as_str(), "administration of the platform");
    }
}
