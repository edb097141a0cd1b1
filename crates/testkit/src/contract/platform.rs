use cotenant_domain::audit::ActorKind;
use cotenant_domain::mail::Locale;
use cotenant_domain::platform::{NewPlatformAudit, PlatformAuditFilter};
use cotenant_domain::shared::PageRequest;
use serde_json::json;
use time::Duration;

use super::{Kit, platform, world, writer};

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
    tenant.plan = Some("free".parse().unwrap());
    tenant.status = TenantStatus::Closing;
    tenant.suspended_reason = Some("unpaid".parse().unwrap());
    tenant.expires_at = Some(world.deps.clock.now() + Duration::microseconds(1_000_001));
    tenant.epoch = 7;
    tenant.locale = Some(Locale::Swahili);
    tenant.deletion = Some(super::deletion(&world));
    tenant.purge_at = Some(world.deps.clock.now() + Duration::days(30));
    tenant.base.touch(world.deps.clock.now() + Duration::MICROSECOND);
    unit.tenants().update(&tenant, 1).await.unwrap();
    tenant.access_version += 1;
    assert_eq!(unit.tenants().find(tenant.base.id).await.unwrap(), None, "it is deleted");
    assert_eq!(unit.tenants().find_with_deleted(tenant.base.id).await.unwrap(), Some(tenant.clone()));
    unit.commit().await.unwrap();
    let unit = platform(&world, &operator).await;
    assert_eq!(unit.tenants().find_with_deleted(tenant.base.id).await.unwrap(), Some(tenant.clone()));
    tenant.plan = None;
    tenant.suspended_reason = None;
    tenant.expires_at = None;
    tenant.locale = None;
    tenant.deletion = None;
    tenant.purge_at = None;
    tenant.base.touch(world.deps.clock.now());
    unit.tenants().update(&tenant, 2).await.unwrap();
    tenant.access_version += 1;
    assert_eq!(unit.tenants().find(tenant.base.id).await.unwrap(), Some(tenant));
}

/// The access version rises without a new version of the record too; a writer who read the record before never lowers it.
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
    assert_eq!(now.access_version, access_version + 2, "by the tenant, and by this change of its record");
}

/// The own tenant's door changes name, slug and language, and nothing that belongs to the platform.
pub async fn a_tenant_changes_its_own_name_slug_and_language_only(kit: &dyn Kit) {
    use cotenant_domain::tenants::TenantStatus;
    let world = world(kit).await;
    let owner = world.owner().await;
    let unit = writer(&world, &owner).await;
    let before = unit.tenant().get().await.unwrap();
    let mut wanted = before.clone();
    wanted.name = "Renamed".parse().unwrap();
    wanted.slug = "renamed".parse().unwrap();
    wanted.locale = Some(Locale::Swahili);
    wanted.base.touch(world.deps.clock.now());
    let mut expected = wanted.clone();
    expected.access_version += 1;
    wanted.status = TenantStatus::Suspended;
    wanted.epoch += 1;
    wanted.plan = Some("free".parse().unwrap());
    wanted.expires_at = Some(world.deps.clock.now());
    unit.tenant().update(&wanted, before.base.version).await.unwrap();
    assert_eq!(unit.tenant().get().await.unwrap(), expected);
}

/// The platform's log gives back what was recorded, with who did it, and each filter finds its own. What was taken back was
/// never recorded.
pub async fn the_platforms_log_is_found_by_what_who_to_what_and_when(kit: &dyn Kit) {
    let world = world(kit).await;
    let operator = world.operator().await;
    let (here, there) = (world.deps.ids.next(), world.deps.ids.next());
    let start = world.deps.clock.now() + Duration::DAY;
    let record = async |commits: bool, action: &'static str, object_id, minute: i64| {
        let unit = platform(&world, &operator).await;
        let (id, at) = (world.deps.ids.next(), start + Duration::minutes(minute));
        unit.audit()
            .record(NewPlatformAudit { id, at, action, object_id, detail: json!({ "n": minute }) })
            .await
            .unwrap();
        if commits {
            unit.commit().await.unwrap();
        }
        id
    };
    let first = record(true, "thing.made", Some(here), 0).await;
    record(false, "thing.made", Some(here), 1).await;
    let second = record(true, "thing.ended", Some(there), 2).await;
    let third = record(true, "thing.made", None, 3).await;
    let ask = async |filter: PlatformAuditFilter| {
        let unit = platform(&world, &operator).await;
        let filter = PlatformAuditFilter { from: filter.from.or(Some(start)), ..filter };
        unit.audit().list(&filter, &PageRequest::default()).await.unwrap().items
    };
    let found = async |filter| ask(filter).await.iter().map(|event| event.id).collect::<Vec<_>>();
    let all = PlatformAuditFilter::default();
    assert_eq!(found(all.clone()).await, [first, second, third]);
    let made = PlatformAuditFilter { action: Some("thing.made".into()), ..all.clone() };
    assert_eq!(found(made).await, [first, third]);
    assert_eq!(found(PlatformAuditFilter { object_id: Some(there), ..all.clone() }).await, [second]);
    assert!(found(PlatformAuditFilter { actor_id: Some(here), ..all.clone() }).await.is_empty());
    let by = PlatformAuditFilter { actor_id: Some(operator.user_id().as_uuid()), ..all.clone() };
    assert_eq!(found(by).await.len(), 3);
    let (from, until) = (Some(start + Duration::minutes(2)), Some(start + Duration::minutes(3)));
    assert_eq!(found(PlatformAuditFilter { from, until, ..all.clone() }).await, [second]);
    let event = ask(PlatformAuditFilter { object_id: Some(here), ..all }).await.remove(0);
    assert_eq!((event.actor_kind, event.at, event.detail), (ActorKind::Operator, start, json!({ "n": 0 })));
    assert_eq!(&event.origin, operator.origin());
}
