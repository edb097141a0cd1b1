use cotenant_domain::members::RoleGrant;
use cotenant_domain::stores::StoreId;
use cotenant_domain::tenancy::RolesGrant;

use super::{Kit, add_person, assert_missing_reference, steward, world, writer};

/// A product needs a store of its own tenant: another tenant's counts for nothing.
pub async fn a_product_needs_a_store_of_its_tenant(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let foreign = world.store(&theirs, "A").await;
    for store_id in [foreign.base.id, StoreId::new(world.deps.ids.next())] {
        let mut store = foreign.clone();
        store.base.tenant_id = ours.tenant_id();
        store.base.base.id = store_id;
        let unit = writer(&world, &ours).await;
        assert_missing_reference(unit.products().insert(&world.new_product(&store, "A-1")).await);
    }
}

/// A grant needs a member, a role and a store of its own tenant.
pub async fn a_grant_needs_member_role_and_store_of_its_tenant(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let (role, foreign_role) = (world.role(&ours, "Clerk", &[]).await, world.role(&theirs, "Clerk", &[]).await);
    let foreign_store = world.store(&theirs, "A").await.base.id;
    let by = ours.authorize(RolesGrant).unwrap().principal();
    let whole = RoleGrant { user_id: ours.user_id(), role_id: role, store_id: None };
    for grant in [
        RoleGrant { role_id: foreign_role, ..whole },
        RoleGrant { user_id: theirs.user_id(), ..whole },
        RoleGrant { store_id: Some(foreign_store), ..whole },
        RoleGrant { role_id: foreign_role, store_id: Some(foreign_store), ..whole },
    ] {
        let unit = steward(&world, &ours).await;
        assert_missing_reference(unit.members().grant(&grant, by, world.deps.clock.now()).await);
    }
}

/// A membership needs a person.
pub async fn a_membership_needs_a_person(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let person = world.new_person("new@duka.example");
    let membership = world.new_membership(person.base.id);
    let unit = steward(&world, &owner).await;
    assert_missing_reference(unit.members().insert(&membership).await);
    drop(unit);
    add_person(&world, &person).await.unwrap();
    let unit = steward(&world, &owner).await;
    unit.members().insert(&membership).await.unwrap();
    unit.commit().await.unwrap();
}
