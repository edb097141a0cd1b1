use cotenant_domain::identity::USER_EMAIL_UNIQUE;
use cotenant_domain::invitations::INVITATION_ID_UNIQUE;
use cotenant_domain::products::{PRODUCT_ID_UNIQUE, PRODUCT_SKU_UNIQUE};
use cotenant_domain::roles::{ROLE_ID_UNIQUE, ROLE_NAME_UNIQUE};
use cotenant_domain::stores::{STORE_CODE_UNIQUE, STORE_ID_UNIQUE};
use cotenant_domain::tenants::TENANT_SLUG_UNIQUE;

use super::{Kit, add_person, assert_conflict, deletion, platform, steward, world, writer};

/// A store's code is unique in the tenant, whatever the case, also in scripts beyond ASCII, on insert and on update.
pub async fn a_store_code_is_unique_in_the_tenant(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    world.store(&owner, "CAFÉ").await;
    let mut other = world.store(&owner, "other").await;
    for code in ["CAFÉ", "café", "Cafe\u{301}", "ＣＡＦÉ"] {
        let unit = writer(&world, &owner).await;
        assert_conflict(unit.stores().insert(&world.new_store(owner.tenant_id(), code)).await, STORE_CODE_UNIQUE);
    }
    other.code = "café".parse().unwrap();
    other.base.touch(world.deps.clock.now());
    let unit = writer(&world, &owner).await;
    assert_conflict(unit.stores().update(&other, 1).await, STORE_CODE_UNIQUE);
}

/// A store's id is unique in the tenant, and stays taken when the store is deleted.
pub async fn a_store_id_is_unique_in_the_tenant(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let store = world.store(&owner, "A").await;
    let mut same = world.new_store(owner.tenant_id(), "B");
    same.base.base.id = store.base.id;
    let unit = steward(&world, &owner).await;
    assert_conflict(unit.stores().insert(&same).await, STORE_ID_UNIQUE);
    drop(unit);
    let unit = steward(&world, &owner).await;
    unit.stores().delete(store.base.id, deletion(&world), 1).await.unwrap();
    assert_conflict(unit.stores().insert(&same).await, STORE_ID_UNIQUE);
}

/// A product's SKU is unique in its store, whatever the case, and free in every other store.
pub async fn a_sku_is_unique_in_its_store(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let (here, there) = (world.store(&owner, "A").await, world.store(&owner, "B").await);
    world.product(&owner, here.base.id, "THÉ-1").await;
    world.product(&owner, there.base.id, "THÉ-1").await;
    let mut other = world.product(&owner, here.base.id, "other").await;
    let unit = writer(&world, &owner).await;
    assert_conflict(unit.products().insert(&world.new_product(&here, "thé-1")).await, PRODUCT_SKU_UNIQUE);
    drop(unit);
    other.sku = "thé-1".parse().unwrap();
    other.base.touch(world.deps.clock.now());
    let unit = writer(&world, &owner).await;
    assert_conflict(unit.products().update(&other, 1).await, PRODUCT_SKU_UNIQUE);
}

/// A product's id is unique in the tenant, in whichever store.
pub async fn a_product_id_is_unique_in_the_tenant(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let (here, there) = (world.store(&owner, "A").await, world.store(&owner, "B").await);
    let product = world.product(&owner, here.base.id, "A-1").await;
    for store in [&here, &there] {
        let mut same = world.new_product(store, "A-2");
        same.base.base.base.id = product.base.id;
        let unit = writer(&world, &owner).await;
        assert_conflict(unit.products().insert(&same).await, PRODUCT_ID_UNIQUE);
    }
}

/// A role's name is unique in the tenant, whatever the case.
pub async fn a_role_name_is_unique_in_the_tenant(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    world.role(&owner, "Gérant", &[]).await;
    let mut other = world.new_role(owner.tenant_id(), "Other", &[]);
    for name in ["GÉRANT", "owner"] {
        let unit = steward(&world, &owner).await;
        let role = world.new_role(owner.tenant_id(), name, &[]);
        assert_conflict(unit.roles().insert(&role).await, ROLE_NAME_UNIQUE);
    }
    let unit = steward(&world, &owner).await;
    unit.roles().insert(&other).await.unwrap();
    other.name = "gérant".parse().unwrap();
    other.base.touch(world.deps.clock.now());
    assert_conflict(unit.roles().update(&other, 1).await, ROLE_NAME_UNIQUE);
}

/// A role's id is unique in the tenant.
pub async fn a_role_id_is_unique_in_the_tenant(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let mut same = world.new_role(owner.tenant_id(), "Other", &[]);
    same.base.base.id = world.role(&owner, "Clerk", &[]).await;
    let unit = writer(&world, &owner).await;
    assert_conflict(unit.roles().insert(&same).await, ROLE_ID_UNIQUE);
}

/// An invitation's id is unique in the tenant; its address is not.
pub async fn an_invitation_id_is_unique_and_its_address_is_not(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let first = world.invite(&owner, "new@duka.example", &[], &[]).await;
    let mut second = world.new_invitation(owner.tenant_id(), "new@duka.example");
    let unit = writer(&world, &owner).await;
    unit.invitations().insert(&second).await.unwrap();
    second.base.base.id = first.base.id;
    assert_conflict(unit.invitations().insert(&second).await, INVITATION_ID_UNIQUE);
}

/// A person is a member of a tenant once.
pub async fn a_person_is_a_member_once(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let unit = steward(&world, &owner).await;
    let again = unit.members().insert(&world.new_membership(owner.user_id())).await;
    assert!(matches!(again, Err(cotenant_domain::shared::RepositoryError::Conflict(_))), "{again:?}");
}

/// An address belongs to one person, whatever the case.
pub async fn an_address_belongs_to_one_person(kit: &dyn Kit) {
    let world = world(kit).await;
    add_person(&world, &world.new_person("andré@duka.example")).await.unwrap();
    let again = add_person(&world, &world.new_person("ANDRÉ@Duka.example")).await;
    assert_conflict(again, USER_EMAIL_UNIQUE);
}

/// A slug belongs to one tenant, and stays taken when the tenant is deleted; both doors to it hold to that.
pub async fn a_slug_belongs_to_one_tenant_for_good(kit: &dyn Kit) {
    let world = world(kit).await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let mut gone = world.new_tenant("globex");
    let unit = platform(&world, &operator).await;
    unit.tenants().insert(&gone).await.unwrap();
    gone.deletion = Some(deletion(&world));
    gone.base.touch(world.deps.clock.now());
    unit.tenants().update(&gone, 1).await.unwrap();
    unit.commit().await.unwrap();
    for slug in ["globex", "acme"] {
        let unit = platform(&world, &operator).await;
        assert_conflict(unit.tenants().insert(&world.new_tenant(slug)).await, TENANT_SLUG_UNIQUE);
    }
    let unit = writer(&world, &owner).await;
    let mut ours = unit.tenant().get().await.unwrap();
    let version = ours.base.version;
    ours.slug = "globex".parse().unwrap();
    ours.base.touch(world.deps.clock.now());
    assert_conflict(unit.tenant().update(&ours, version).await, TENANT_SLUG_UNIQUE);
}

// Attacks: 7.
/// The same ids, codes, SKUs and names live side by side in two tenants: none tells the other that it has them.
pub async fn two_tenants_can_have_the_same_ids_and_names(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let store = world.new_store(ours.tenant_id(), "A");
    let product = world.new_product(&store, "A-1");
    let role = world.new_role(ours.tenant_id(), "Clerk", &[]);
    let invitation = world.new_invitation(ours.tenant_id(), "new@duka.example");
    for owner in [&ours, &theirs] {
        let (mut store, mut product, mut role) = (store.clone(), product.clone(), role.clone());
        let mut invitation = invitation.clone();
        store.base.tenant_id = owner.tenant_id();
        product.base.base.tenant_id = owner.tenant_id();
        role.base.tenant_id = owner.tenant_id();
        invitation.base.tenant_id = owner.tenant_id();
        let unit = steward(&world, owner).await;
        unit.stores().insert(&store).await.unwrap();
        unit.products().insert(&product).await.unwrap();
        unit.roles().insert(&role).await.unwrap();
        unit.invitations().insert(&invitation).await.unwrap();
        unit.commit().await.unwrap();
        let unit = writer(&world, owner).await;
        assert_eq!(unit.stores().find(store.base.id).await.unwrap(), Some(store.clone()));
        assert_eq!(unit.products().find(store.base.id, product.base.id).await.unwrap(), Some(product));
        assert_eq!(unit.roles().find(role.base.id).await.unwrap(), Some(role));
        assert_eq!(unit.invitations().find(invitation.base.id).await.unwrap(), Some(invitation));
    }
}

/// The code, SKU or name of something deleted is free again; restoring the deleted one is then a conflict.
pub async fn a_deleted_rows_name_is_free_again(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let (kept, gone) = (world.store(&owner, "kept").await, world.store(&owner, "A").await);
    let product = world.product(&owner, kept.base.id, "A-1").await;
    let role = world.role(&owner, "Clerk", &[]).await;
    let now = world.deps.clock.now();
    let unit = steward(&world, &owner).await;
    unit.stores().delete(gone.base.id, deletion(&world), 1).await.unwrap();
    unit.products().delete(kept.base.id, product.base.id, deletion(&world), 1).await.unwrap();
    unit.roles().delete(role, deletion(&world), 1).await.unwrap();
    unit.stores().insert(&world.new_store(owner.tenant_id(), "a")).await.unwrap();
    unit.products().insert(&world.new_product(&kept, "a-1")).await.unwrap();
    unit.roles().insert(&world.new_role(owner.tenant_id(), "clerk", &[])).await.unwrap();
    unit.commit().await.unwrap();
    let unit = steward(&world, &owner).await;
    let deleted = unit.stores().find_with_deleted(gone.base.id).await.unwrap().unwrap();
    assert_conflict(unit.stores().restore(gone.base.id, now, deleted.base.version).await, STORE_CODE_UNIQUE);
    drop(unit);
    let unit = steward(&world, &owner).await;
    let deleted = unit.products().find_with_deleted(kept.base.id, product.base.id).await.unwrap().unwrap();
    let restored = unit.products().restore(kept.base.id, product.base.id, now, deleted.base.version).await;
    assert_conflict(restored, PRODUCT_SKU_UNIQUE);
}
