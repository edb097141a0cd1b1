use cotenant_domain::invitations::StoreRole;
use cotenant_domain::products::ProductId;
use cotenant_domain::roles::SystemRole;
use cotenant_domain::stores::StoreId;
use cotenant_domain::tenancy::Permission;
use time::Duration;
use time::macros::datetime;
use uuid::Uuid;

use super::{Kit, add_person, person, reader, steward, world, writer};

/// Ids from one end to the other, and instants of one microsecond, are read back as they were written.
pub async fn ids_and_instants_are_read_back_as_they_were_written(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    for (i, (id, at)) in [
        (Uuid::from_u128(1), datetime!(2026-01-01 00:00:00.000001 UTC)),
        (Uuid::from_u128(u128::MAX - 1), datetime!(1970-01-01 00:00:00 UTC)),
        (Uuid::from_u128(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10), datetime!(2262-04-11 23:47:16.854775 UTC)),
        (Uuid::from_u128(1 << 127), datetime!(2026-12-31 23:59:59.999999 UTC)),
    ]
    .into_iter()
    .enumerate()
    {
        world.clock.set(at);
        let mut store = world.new_store(owner.tenant_id(), &format!("code{i}"));
        store.base.base.id = StoreId::new(id);
        let mut product = world.new_product(&store, "sku");
        product.base.base.base.id = ProductId::new(id);
        product.base.base.base.updated_at = at + Duration::MICROSECOND;
        let unit = writer(&world, &owner).await;
        unit.stores().insert(&store).await.unwrap();
        unit.products().insert(&product).await.unwrap();
        unit.commit().await.unwrap();
        let unit = reader(&world, &owner).await;
        assert_eq!(unit.stores().find(store.base.id).await.unwrap(), Some(store.clone()));
        assert_eq!(unit.products().find(store.base.id, product.base.id).await.unwrap(), Some(product));
    }
}

/// Texts of full length, in any script, and numbers of full size are read back as they were written.
pub async fn texts_and_numbers_are_read_back_as_they_were_written(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let mut store = world.new_store(owner.tenant_id(), &"Ü".repeat(50));
    store.name = "\u{1F40E}".repeat(200).parse().unwrap();
    store.timezone = "America/Argentina/ComodRivadavia".parse().unwrap();
    store.is_active = false;
    let mut product = world.new_product(&store, "Cafe\u{301}'\"\\%_;--");
    product.price_minor = i64::MAX;
    product.stock = i64::MAX;
    product.currency = "JPY".parse().unwrap();
    let unit = writer(&world, &owner).await;
    unit.stores().insert(&store).await.unwrap();
    unit.products().insert(&product).await.unwrap();
    unit.commit().await.unwrap();
    let unit = reader(&world, &owner).await;
    assert_eq!(unit.stores().find(store.base.id).await.unwrap(), Some(store.clone()));
    assert_eq!(unit.products().find(store.base.id, product.base.id).await.unwrap(), Some(product));
}

/// Every change of a store or product is read back, the instant and version included.
pub async fn changes_are_read_back_as_they_were_written(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let mut store = world.store(&owner, "A").await;
    let mut product = world.product(&owner, store.base.id, "A-1").await;
    world.clock.advance(Duration::microseconds(1_000_001));
    store.name = "Other".parse().unwrap();
    store.code = "other".parse().unwrap();
    store.timezone = "Asia/Kolkata".parse().unwrap();
    store.currency = "INR".parse().unwrap();
    store.is_active = false;
    store.base.touch(world.deps.clock.now());
    product.sku = "other".parse().unwrap();
    product.name = "Other".parse().unwrap();
    product.price_minor = 0;
    product.currency = "INR".parse().unwrap();
    product.stock = 0;
    product.base.touch(world.deps.clock.now());
    let unit = writer(&world, &owner).await;
    unit.stores().update(&store, 1).await.unwrap();
    unit.products().update(&product, 1).await.unwrap();
    unit.commit().await.unwrap();
    let unit = reader(&world, &owner).await;
    assert_eq!(unit.stores().find(store.base.id).await.unwrap(), Some(store.clone()));
    assert_eq!(unit.products().find(store.base.id, product.base.id).await.unwrap(), Some(product));
}

/// Roles with and without description, with no and with every permission, are read back as they were written.
pub async fn roles_are_read_back_as_they_were_written(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let mut full = world.new_role(owner.tenant_id(), "Full", Permission::ALL);
    full.description = Some("Cafe\u{301}: everything".parse().unwrap());
    let empty = world.new_role(owner.tenant_id(), "Empty", &[]);
    let unit = steward(&world, &owner).await;
    for role in [&full, &empty] {
        unit.roles().insert(role).await.unwrap();
        assert_eq!(unit.roles().find(role.base.id).await.unwrap().as_ref(), Some(role));
    }
    full.description = None;
    full.permissions = [Permission::StoresRead].into_iter().collect();
    full.base.touch(world.deps.clock.now() + Duration::MICROSECOND);
    unit.roles().update(&full, 1).await.unwrap();
    assert_eq!(unit.roles().find(full.base.id).await.unwrap(), Some(full.clone()));
    let mut found = unit.roles().find_all(&[full.base.id, empty.base.id, full.base.id]).await.unwrap();
    found.sort_by_key(|role| role.base.id);
    assert_eq!(found, [full, empty]);
    assert_eq!(unit.roles().find_all(&[]).await.unwrap(), []);
    for system in SystemRole::ALL {
        let role = unit.roles().system(system).await.unwrap().unwrap();
        assert_eq!((role.system, role.permissions), (Some(system), system.permissions()));
    }
}

/// People, memberships and invitations are read back as they were written.
pub async fn people_memberships_and_invitations_are_read_back(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    world.clock.advance(Duration::microseconds(1));
    let mut new = world.new_person("André.O'Neil@Duka.example");
    new.epoch = 5;
    add_person(&world, &new).await.unwrap();
    assert_eq!(person(&world, "ANDRÉ.o'neil@duka.EXAMPLE").await, Some(new.clone()));
    let unit = world.deps.db.person().await.unwrap();
    assert_eq!(unit.people().find(new.base.id).await.unwrap(), Some(new.clone()));
    let hash = unit.people().password(new.base.id).await.unwrap().unwrap();
    drop(unit);
    assert!(world.deps.passwords.verify(crate::world::PASSWORD.into(), Some(hash)).await.unwrap().is_right());
    let (role_id, store_id) = (world.role(&owner, "Clerk", &[]).await, world.store(&owner, "A").await.base.id);
    let mut membership = world.new_membership(new.base.id);
    let mut invitation = world.new_invitation(owner.tenant_id(), "Asha@Duka.example");
    invitation.invited_by = Some(owner.user_id());
    invitation.role_ids = vec![role_id];
    invitation.store_roles = vec![StoreRole { store_id, role_id }];
    let unit = steward(&world, &owner).await;
    unit.members().insert(&membership).await.unwrap();
    let member = unit.members().find(new.base.id).await.unwrap().unwrap();
    assert_eq!((&member.membership, &member.email, &member.display_name), (&membership, &new.email, &new.display_name));
    membership.epoch = 9;
    membership.version = 2;
    membership.updated_at += Duration::MICROSECOND;
    unit.members().update(&membership, 1).await.unwrap();
    assert_eq!(unit.members().find(new.base.id).await.unwrap().unwrap().membership, membership);
    unit.invitations().insert(&invitation).await.unwrap();
    assert_eq!(unit.invitations().find(invitation.base.id).await.unwrap(), Some(invitation.clone()));
    invitation.token_hash = Some(std::array::from_fn(|i| u8::try_from(i * 8).unwrap()));
    invitation.expires_at += Duration::MICROSECOND;
    invitation.base.touch(world.deps.clock.now());
    unit.invitations().update(&invitation, 1).await.unwrap();
    assert_eq!(unit.invitations().find(invitation.base.id).await.unwrap(), Some(invitation));
}
