use serde_json::json;
use time::OffsetDateTime;

use super::PlatformError;
use super::act::{Act, routine};
use crate::Deps;
use crate::tenancy::{Operator, Version, expect_version};
use crate::tenants::{Tenant, TenantId, TenantStatus};

/// Brings a deleted tenant back as it was, suspension included. From its purge date on it is as good as gone, whether or
/// not the purge has come by.
///
/// # Errors
///
/// See [`PlatformError`].
pub async fn restore(
    operator: &Operator,
    deps: &Deps,
    id: TenantId,
    expected: Option<Version>,
) -> Result<Tenant, PlatformError> {
    let now = deps.clock.now();
    let unit = deps.db.platform(&operator.platform()).await?;
    let mut tenant = unit.tenants().find_with_deleted(id).await?.ok_or(PlatformError::NotFound)?;
    let version = tenant.base.version;
    reopen(&mut tenant, now)?;
    expect_version(version, expected)?;
    unit.tenants().update(&tenant, version).await?;
    let act = Act { action: "tenant.restored", tenant_id: id, at: now, reason: routine()?, detail: json!({}) };
    let entered = act.enter(unit, operator, deps).await?;
    entered.unit.tenant().raise_access_version().await?;
    entered.conclude().await?;
    Ok(tenant)
}

fn reopen(tenant: &mut Tenant, now: OffsetDateTime) -> Result<(), PlatformError> {
    tenant.deletion.take().ok_or(PlatformError::NotDeleted)?;
    if tenant.purge_at.take().is_some_and(|purge| purge <= now) {
        return Err(PlatformError::NotFound);
    }
    tenant.status = if tenant.suspended_reason.is_some() { TenantStatus::Suspended } else { TenantStatus::Active };
    tenant.base.touch(now);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::delete::close;
    use crate::tenancy::{Deletion, DeletionId};
    use time::Duration;
    use time::macros::datetime;
    use uuid::Uuid;

    const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

    fn tenant() -> Tenant {
        let id = TenantId::new(Uuid::from_u128(1));
        Tenant::new(id, "acme".parse().unwrap(), "Acme".parse().unwrap(), None, NOW)
    }

    fn closed(mut tenant: Tenant) -> Tenant {
        close(&mut tenant, Deletion { at: NOW, id: DeletionId::new(Uuid::from_u128(2)) }, NOW + Duration::days(30));
        tenant
    }

    #[test]
    fn what_was_deleted_comes_back_with_a_risen_epoch() {
        let mut back = closed(tenant());
        reopen(&mut back, NOW + Duration::days(29)).unwrap();
        let (base, epoch) = (back.base.clone(), tenant().epoch + 1);
        assert_eq!(back, Tenant { base, epoch, ..tenant() });
        assert_eq!(back.base.version, 3);
    }

    #[test]
    fn a_suspended_tenant_comes_back_suspended() {
        let reason = Some("unpaid".parse().unwrap());
        let mut back = closed(Tenant { status: TenantStatus::Suspended, suspended_reason: reason.clone(), ..tenant() });
        reopen(&mut back, NOW).unwrap();
        assert_eq!((back.status, back.suspended_reason), (TenantStatus::Suspended, reason));
    }

    #[test]
    fn only_deleted_tenants_come_back_and_only_before_their_purge() {
        assert!(matches!(reopen(&mut tenant(), NOW), Err(PlatformError::NotDeleted)));
        let late = reopen(&mut closed(tenant()), NOW + Duration::days(30));
        assert!(matches!(late, Err(PlatformError::NotFound)));
    }
}
