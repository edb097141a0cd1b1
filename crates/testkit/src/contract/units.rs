use cotenant_domain::audit::{AuditFilter, NewAudit, Object};
use cotenant_domain::identity::SessionId;
use cotenant_domain::members::RoleGrant;
use cotenant_domain::shared::PageRequest;
use cotenant_domain::tenancy::{MemberActor, RolesGrant, StoresCreate, StoresRead};
use cotenant_domain::tenants::Tenant;
use cotenant_domain::uow::WriteUnit;
use serde_json::json;

use super::{Kit, a_hash, a_job, person, platform, reader, steward, world, writer};
use crate::world::World;

/// What a unit committed is there for the next.
pub async fn what_is_committed_is_visible(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let store = world.new_store(owner.tenant_id(), "A");
    let unit = writer(&world, &owner).await;
    unit.stores().insert(&store).await.unwrap();
    unit.commit().await.unwrap();
    let unit = reader(&world, &owner).await;
    assert_eq!(unit.stores().find(store.base.id).await.unwrap(), Some(store));
}

/// A unit reads what it wrote, and nobody else does before it commits.
pub async fn only_the_unit_itself_sees_what_is_not_committed(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let store = world.new_store(owner.tenant_id(), "A");
    let writer = writer(&world, &owner).await;
    writer.stores().insert(&store).await.unwrap();
    assert!(writer.stores().find(store.base.id).await.unwrap().is_some());
    let reader = reader(&world, &owner).await;
    assert_eq!(reader.stores().find(store.base.id).await.unwrap(), None);
}

/// A unit that is dropped leaves nothing behind, whatever port it wrote through.
pub async fn a_dropped_unit_leaves_nothing_behind(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let before = Everything::of(&world).await;
    let unit = writer(&world, &owner).await;
    let session = write_everywhere(&world, unit.as_ref(), &owner).await;
    drop(unit);
    assert_eq!(Everything::of(&world).await, before);
    let scope = owner.authorize(StoresRead).unwrap();
    assert_eq!(world.deps.access.access(&scope, owner.user_id(), session).await.unwrap(), None);
}

/// The same writes take effect when they are committed: proof that the rule above looks in the right places.
pub async fn a_committed_unit_takes_effect_in_every_port(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let before = Everything::of(&world).await;
    let unit = writer(&world, &owner).await;
    let session = write_everywhere(&world, unit.as_ref(), &owner).await;
    unit.commit().await.unwrap();
    let after = Everything::of(&world).await;
    assert_ne!(after.tenant, before.tenant);
    let counts = [after.counts, before.counts];
    assert_eq!(std::array::from_fn(|i| counts[0][i] - counts[1][i]), [1; Everything::PORTS], "{counts:?}");
    let scope = owner.authorize(StoresRead).unwrap();
    assert!(world.deps.access.access(&scope, owner.user_id(), session).await.unwrap().is_some());
}

/// A step from door to door stays in one transaction: dropped at the end, nothing happened at any of them.
pub async fn a_transition_stays_in_one_transaction(kit: &dyn Kit) {
    let world = world(kit).await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let new = world.new_person("new@duka.example");
    let tenant = world.new_tenant("globex");
    let scope = owner.authorize(StoresCreate).unwrap();
    for commit in [false, true] {
        let hash = a_hash(&world).await;
        let unit = world.deps.db.person().await.unwrap();
        unit.people().insert(&new, &hash).await.unwrap();
        let unit = unit.platform(&operator.platform()).await.unwrap();
        unit.tenants().insert(&tenant).await.unwrap();
        let unit = unit.person().await.unwrap();
        assert!(unit.people().find(new.base.id).await.unwrap().is_some(), "the person is seen after two steps");
        let unit = unit.enter(&scope).await.unwrap();
        unit.tenant().raise_access_version().await.unwrap();
        unit.members().insert(&world.new_membership(new.base.id)).await.unwrap();
        if commit {
            unit.commit().await.unwrap()
        } else {
            drop(unit)
        }
        assert_eq!(person(&world, "new@duka.example").await.is_some(), commit);
        let unit = platform(&world, &operator).await;
        assert_eq!(unit.tenants().find(tenant.base.id).await.unwrap().is_some(), commit);
        drop(unit);
        let unit = reader(&world, &owner).await;
        assert_eq!(unit.members().find(new.base.id).await.unwrap().is_some(), commit);
    }
}

/// After an error a unit cannot be committed, and what it did before the error does not take effect.
pub async fn a_unit_that_failed_cannot_be_committed(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let (first, same_code) = (world.new_store(owner.tenant_id(), "A"), world.new_store(owner.tenant_id(), "A"));
    let unit = writer(&world, &owner).await;
    unit.stores().insert(&first).await.unwrap();
    unit.stores().insert(&same_code).await.unwrap_err();
    unit.commit().await.unwrap_err();
    let unit = reader(&world, &owner).await;
    assert_eq!(unit.stores().find(first.base.id).await.unwrap(), None);
}

/// Writes something through every port of a tenant; gives the session.
async fn write_everywhere(world: &World, unit: &dyn WriteUnit, owner: &MemberActor) -> SessionId {
    let (deps, tenant_id, now) = (&world.deps, owner.tenant_id(), world.deps.clock.now());
    let mut tenant = unit.tenant().get().await.unwrap();
    tenant.name = "Renamed".parse().unwrap();
    tenant.base.touch(now);
    unit.tenant().raise_access_version().await.unwrap();
    unit.tenant().update(&tenant, tenant.base.version - 1).await.unwrap();
    let store = world.new_store(tenant_id, "A");
    unit.stores().insert(&store).await.unwrap();
    unit.products().insert(&world.new_product(&store, "A-1")).await.unwrap();
    let role = world.new_role(tenant_id, "Clerk", &[]);
    unit.roles().insert(&role).await.unwrap();
    let grant = RoleGrant { user_id: owner.user_id(), role_id: role.base.id, store_id: Some(store.base.id) };
    let by = owner.authorize(RolesGrant).unwrap().principal();
    assert!(unit.members().grant(&grant, by, now).await.unwrap());
    unit.invitations().insert(&world.new_invitation(tenant_id, "new@duka.example")).await.unwrap();
    let session = world.new_session(tenant_id, owner.user_id());
    unit.sessions().insert(&session).await.unwrap();
    assert!(unit.jobs().enqueue(a_job(world)).await.unwrap());
    let object = Object { kind: "store", id: store.base.id.as_uuid() };
    let event = NewAudit { id: deps.ids.next(), at: now, action: "store.opened", object, detail: json!({}) };
    unit.audit().record(event).await.unwrap();
    session.id
}

/// How much there is of everything in the first tenant.
#[derive(Debug, PartialEq)]
struct Everything {
    tenant: Tenant,
    counts: [usize; Self::PORTS],
}

impl Everything {
    /// Stores, products, roles, grants, invitations, events, jobs.
    const PORTS: usize = 7;

    async fn of(world: &World) -> Self {
        let owner = world.owner().await;
        let write = steward(world, &owner).await;
        let stores = write.stores().list(&Default::default(), &PageRequest::default()).await.unwrap().items;
        let roles = write.roles().list(&Default::default(), &PageRequest::default()).await.unwrap().items.len();
        let grants = write.members().find(owner.user_id()).await.unwrap().unwrap().grants.len();
        let invitations = write.invitations().list(&Default::default(), &PageRequest::default()).await.unwrap();
        let mut products = 0;
        for store in &stores {
            let page = write.products().list(store.base.id, &Default::default(), &PageRequest::default()).await;
            products += page.unwrap().items.len();
        }
        let tenant = write.tenant().get().await.unwrap();
        drop(write);
        let read = reader(world, &owner).await;
        // Signing in to look is an event as well.
        let filter = AuditFilter { object_kind: Some("store".into()), ..AuditFilter::default() };
        let events = read.audit().list(&filter, &PageRequest::default()).await.unwrap().items.len();
        let jobs = read.jobs().list(&Default::default(), &PageRequest::default()).await.unwrap().items.len();
        let counts = [stores.len(), products, roles, grants, invitations.items.len(), events, jobs];
        Self { tenant, counts }
    }
}
