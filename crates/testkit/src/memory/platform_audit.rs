use async_trait::async_trait;
use cotenant_domain::platform::{NewPlatformAudit, PlatformAuditLog};
use cotenant_domain::shared::RepositoryError;
use cotenant_domain::tenancy::{Origin, Principal};

use super::unit::PlatformWork;

/// Something that was done on the platform.
#[derive(Debug, Clone, PartialEq)]
pub struct PlatformEvent {
    /// What was done.
    pub event: NewPlatformAudit,
    /// On whose behalf.
    pub principal: Principal,
    /// From where.
    pub origin: Origin,
}

#[async_trait]
impl PlatformAuditLog for PlatformWork {
    async fn record(&self, event: NewPlatformAudit) -> Result<(), RepositoryError> {
        let event = PlatformEvent { event, principal: self.principal, origin: self.origin.clone() };
        self.work.change(|state| {
            state.platform_audit.push(event);
            Ok(())
        })
    }
}
