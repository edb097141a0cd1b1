use super::{Kit, platform, world, writer};
use time::Duration;

/// The platform changes a tenant's whole record.
pub async fn the_platform_writes_a_tenants_whole_record(kit: &dyn Kit) {
    use cotenant_domain::tenants::TenantStatus;
    let world = world(kit).await;
    let operator = world.operator().await;
    let mut tenant = world.new_tenant("globex");
    let unit = platform(&world, &operator).await;
    unit.tenants().insert(&tenant).await.unwrap();
    assert_eq!(unit.tenants().find(tenant.base.id).await.unwrap(), Some(tenant.clone()));
    tenant.slug = "initech".parse().unwrap();
    tenant.name = "Initech \u{1F3ED}".parse().unwrap();
    tenant.status = TenantStatus::Closing;
    tenant.suspended_reason = Some("unpaid".parse().unwrap());
    tenant.expires_at = Some(world.deps.clock.now() + Duration::microseconds(1_000_001));
    tenant.epoch = 7;
    tenant.deletion = Some(super::deletion(&world));
    tenant.purge_at = Some(world.deps.clock.now() + Duration::days(30));
    tenant.base.touch(world.deps.clock.now() + Duration::MICROSECOND);
    unit.tenants().update(&tenant, 1).await.unwrap();
    assert_eq!(unit.tenants().find(tenant.base.id).await.unwrap(), None, "it is deleted");
    assert_eq!(unit.tenants().find_with_deleted(tenant.base.id).await.unwrap(), Some(tenant.clone()));
    unit.commit().await.unwrap();
    let unit = platform(&world, &operator).await;
    assert_eq!(unit.tenants().find_with_deleted(tenant.base.id).await.unwrap(), Some(tenant.clone()));
    tenant.suspended_reason = None;
    tenant.expires_at = None;
    tenant.deletion = None;
    tenant.purge_at = None;
    tenant.base.touch(world.deps.clock.now());
    unit.tenants().update(&tenant, 2).await.unwrap();
    assert_eq!(unit.tenants().find(tenant.base.id).await.unwrap(), Some(tenant));
}

/// The access version rises without a new version of the record; a writer who read the record before never lowers it.
pub async fn the_platform_never_lowers_the_access_version(kit: &dyn Kit) {
    let world = world(kit).await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let unit = platform(&world, &operator).await;
    let mut read_before = unit.tenants().find(owner.tenant_id()).await.unwrap().unwrap();
    drop(unit);
    let unit = writer(&world, &owner).await;
    unit.tenant().raise_access_version().await.unwrap();
    unit.commit().await.unwrap();
    let (version, access_version) = (read_before.base.version, read_before.access_version);
    read_before.base.touch(world.deps.clock.now());
    let unit = platform(&world, &operator).await;
    unit.tenants().update(&read_before, version).await.unwrap();
    let now = unit.tenants().find(owner.tenant_id()).await.unwrap().unwrap();
    assert_eq!(now.access_version, access_version + 1);
}

/// The own tenant's door changes name and slug, and nothing that belongs to the platform.
pub async fn a_tenant_changes_its_own_name_and_slug_only(kit: &dyn Kit) {
    use cotenant_domain::tenants::TenantStatus;
    let world = world(kit).await;
    let owner = world.owner().await;
    let unit = writer(&world, &owner).await;
    let before = unit.tenant().get().await.unwrap();
    let mut wanted = before.clone();
    wanted.name = "Renamed".parse().unwrap();
    wanted.slug = "renamed".parse().unwrap();
    wanted.base.touch(world.deps.clock.now());
    let expected = wanted.clone();
    wanted.status = TenantStatus::Suspended;
    wanted.epoch += 1;
    wanted.expires_at = Some(world.deps.clock.now());
    unit.tenant().update(&wanted, before.base.version).await.unwrap();
    assert_eq!(unit.tenant().get().await.unwrap(), expected);
}
