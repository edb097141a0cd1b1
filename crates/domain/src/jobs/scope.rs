use super::model::JobEnvelope;
use crate::tenancy::{Origin, Principal, Read, StoreSet, TenantScope, Write};
use crate::tenants::TenantId;

/// The right to work in the tenant of one leased job. It is made of an envelope alone, and does not leave this module:
/// handlers are given an [`Attempt`](super::Attempt), which begins units with it.
#[derive(Debug, Clone, Copy)]
pub struct JobScope {
    tenant_id: TenantId,
}

impl JobScope {
    pub(super) fn of(envelope: &JobEnvelope) -> Self {
        Self { tenant_id: envelope.tenant_id }
    }

    /// Of a tenant for which a schedule has come up.
    pub(super) fn scheduled(tenant_id: TenantId) -> Self {
        Self { tenant_id }
    }

    pub(super) fn tenant_id(self) -> TenantId {
        self.tenant_id
    }

    /// The right to read in all of the tenant.
    pub(super) fn read(self) -> TenantScope<Read> {
        self.scope()
    }

    /// The right to read and write in all of the tenant. What is done with it is recorded as done by the system.
    pub(super) fn write(self) -> TenantScope<Write> {
        self.scope()
    }

    fn scope<A>(self) -> TenantScope<A> {
        TenantScope::new(self.tenant_id, StoreSet::All, Principal::System, Origin::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::JobId;
    use uuid::Uuid;

    #[test]
    fn a_job_works_in_the_tenant_of_its_envelope_as_the_system() {
        let tenant_id = TenantId::new(Uuid::from_u128(7));
        let envelope = JobEnvelope { job_id: JobId::new(Uuid::from_u128(1)), tenant_id, lease: 1 };
        let scope = JobScope::of(&envelope);
        assert_eq!(scope.read().tenant_id(), tenant_id);
        assert_eq!(scope.write().tenant_id(), tenant_id);
        assert_eq!(scope.write().principal(), Principal::System);
    }
}
