use cotenant_domain::shared::PageRequest;

use super::{
    Kit, a_job, assert_out_of_reach, assert_out_of_scope, assert_stale, deletion, reader, steward, world, writer,
};

/// Another tenant's rows are found by no id.
pub async fn another_tenant_finds_nothing_by_id(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let store = world.store(&theirs, "A").await;
    let product = world.product(&theirs, store.base.id, "A-1").await;
    let role = world.role(&theirs, "Clerk", &[]).await;
    let invitation = world.invite(&theirs, "new@globex.example", &[], &[]).await;
    let job = a_job(&world);
    let job_id = job.id;
    let unit = writer(&world, &theirs).await;
    unit.jobs().enqueue(job).await.unwrap();
    unit.commit().await.unwrap();
    for (actor, there) in [(&theirs, true), (&ours, false)] {
        let unit = reader(&world, actor).await;
        let (store_id, product_id) = (store.base.id, product.base.id);
        assert_eq!(unit.stores().find(store_id).await.unwrap().is_some(), there);
        assert_eq!(unit.stores().find_with_deleted(store_id).await.unwrap().is_some(), there);
        assert_eq!(unit.products().find(store_id, product_id).await.unwrap().is_some(), there);
        assert_eq!(unit.products().find_with_deleted(store_id, product_id).await.unwrap().is_some(), there);
        assert_eq!(unit.roles().find(role).await.unwrap().is_some(), there);
        assert_eq!(unit.roles().find_all(&[role]).await.unwrap().len(), usize::from(there));
        assert_eq!(unit.members().find(theirs.user_id()).await.unwrap().is_some(), there);
        assert_eq!(unit.invitations().find(invitation.base.id).await.unwrap().is_some(), there);
        assert_eq!(unit.jobs().find(job_id).await.unwrap().is_some(), there);
        drop(unit);
        let unit = writer(&world, actor).await;
        assert_eq!(unit.jobs().find(job_id).await.unwrap().is_some(), there);
        assert_eq!(unit.stores().lock(store_id).await.unwrap().is_some(), there);
    }
}

/// Another tenant's rows are on no list.
pub async fn another_tenants_rows_are_on_no_list(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let store = world.store(&theirs, "A").await;
    world.product(&theirs, store.base.id, "A-1").await;
    world.role(&theirs, "Clerk", &[]).await;
    world.invite(&theirs, "new@globex.example", &[], &[]).await;
    let unit = reader(&world, &ours).await;
    assert_eq!(unit.stores().list(&Default::default(), &PageRequest::default()).await.unwrap().items, []);
    let products = unit.products().list(store.base.id, &Default::default(), &PageRequest::default()).await.unwrap();
    assert_eq!(products.items, []);
    let roles = unit.roles().list(&Default::default(), &PageRequest::default()).await.unwrap().items;
    assert!(roles.iter().all(|role| role.base.tenant_id == ours.tenant_id()), "{roles:?}");
    assert_eq!(roles.len(), 3);
    let members = unit.members().list(&Default::default(), &PageRequest::default()).await.unwrap().items;
    assert_eq!(members.iter().map(|member| member.membership.user_id).collect::<Vec<_>>(), [ours.user_id()]);
    assert_eq!(unit.invitations().list(&Default::default(), &PageRequest::default()).await.unwrap().items, []);
    let events = unit.audit().list(&Default::default(), &PageRequest::default()).await.unwrap().items;
    assert!(events.iter().all(|event| event.object_id != store.base.id.as_uuid()));
    assert_eq!(unit.tenant().get().await.unwrap().base.id, ours.tenant_id());
}

/// A row of another tenant cannot be added, through whatever port.
pub async fn a_row_of_another_tenant_cannot_be_added(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let foreign = theirs.tenant_id();
    let store = world.store(&ours, "A").await;
    let mut product = world.new_product(&store, "A-1");
    product.base.base.tenant_id = foreign;
    let session = world.new_session(foreign, theirs.user_id());
    // After an error a unit may only be dropped: one attempt each.
    let unit = writer(&world, &ours).await;
    assert_out_of_scope(unit.stores().insert(&world.new_store(foreign, "B")).await);
    drop(unit);
    let unit = writer(&world, &ours).await;
    assert_out_of_scope(unit.products().insert(&product).await);
    drop(unit);
    let unit = writer(&world, &ours).await;
    assert_out_of_scope(unit.roles().insert(&world.new_role(foreign, "Clerk", &[])).await);
    drop(unit);
    let unit = writer(&world, &ours).await;
    assert_out_of_scope(unit.invitations().insert(&world.new_invitation(foreign, "new@globex.example")).await);
    drop(unit);
    let unit = writer(&world, &ours).await;
    assert_out_of_scope(unit.sessions().insert(&session).await);
}

/// A row of another tenant can be neither changed nor deleted nor restored.
pub async fn a_row_of_another_tenant_cannot_be_changed(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let store = world.store(&theirs, "A").await;
    let (id, now, version) = (store.base.id, world.deps.clock.now(), store.base.version);
    let mut changed = store.clone();
    changed.name = "Taken over".parse().unwrap();
    changed.base.touch(now);
    let mut claimed = changed.clone();
    claimed.base.tenant_id = ours.tenant_id();
    let unit = steward(&world, &ours).await;
    assert_out_of_reach(unit.stores().update(&changed, version).await);
    drop(unit);
    let unit = steward(&world, &ours).await;
    assert_stale(unit.stores().update(&claimed, version).await);
    drop(unit);
    let unit = steward(&world, &ours).await;
    assert_stale(unit.stores().delete(id, deletion(&world), version).await);
    drop(unit);
    let unit = steward(&world, &ours).await;
    assert_stale(unit.stores().restore(id, now, version).await);
    drop(unit);
    assert_eq!(reader(&world, &theirs).await.stores().find(id).await.unwrap(), Some(store));
}

/// A session of another tenant is not ended by its id.
pub async fn a_session_of_another_tenant_cannot_be_ended(kit: &dyn Kit) {
    let world = world(kit).await;
    world.tenant("globex", "boss@globex.example").await;
    let token = world.sign_in("boss@globex.example", "globex").await.access_token;
    let theirs = world.authenticate(&token).await.unwrap();
    let ours = world.owner().await;
    let unit = writer(&world, &ours).await;
    unit.sessions().end(theirs.session_id(), world.deps.clock.now()).await.unwrap();
    unit.commit().await.unwrap();
    assert!(world.authenticate(&token).await.is_ok());
}

/// A change of the own tenant's record cannot be turned on another's.
pub async fn another_tenants_record_cannot_be_changed(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let before = reader(&world, &theirs).await.tenant().get().await.unwrap();
    let mut changed = before.clone();
    changed.name = "Taken over".parse().unwrap();
    let unit = writer(&world, &ours).await;
    assert_out_of_reach(unit.tenant().update(&changed, before.base.version).await);
    drop(unit);
    assert_eq!(reader(&world, &theirs).await.tenant().get().await.unwrap(), before);
}
