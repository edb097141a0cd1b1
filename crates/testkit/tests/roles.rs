//! Roles.

#![expect(clippy::unwrap_used, reason = "helpers of tests end the test like tests do")]

use cotenant_domain::roles::{self, ChangeRole, CreateRole, RoleError, SystemRole};
use cotenant_domain::shared::{Fault, FaultKind};
use cotenant_domain::tenancy::Permission::{self, ProductsRead, RolesRead, RolesWrite, StoresRead};
use cotenant_testkit::World;
use cotenant_testkit::world::FIRST_TENANT;

fn create_with(name: &str, permissions: &[Permission]) -> CreateRole {
    let permissions = permissions.iter().copied().collect();
    CreateRole { id: None, name: name.parse().unwrap(), description: None, permissions }
}

fn to(permissions: &[Permission]) -> ChangeRole {
    ChangeRole { permissions: Some(permissions.iter().copied().collect()), ..ChangeRole::default() }
}

#[tokio::test]
async fn a_role_is_created_changed_and_deleted_and_counts_from_the_next_request_on() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let role = world.role(&owner, "Clerk", &[StoresRead]).await;
    world.join(&owner, "clerk@duka.example", &[role], &[]).await;
    let token = world.sign_in("clerk@duka.example", FIRST_TENANT).await.access_token;
    roles::change(&owner, deps, role, to(&[ProductsRead])).await.unwrap();
    let clerk = world.authenticate(&token).await.unwrap();
    assert_eq!(clerk.permissions().iter().collect::<Vec<_>>(), [ProductsRead]);
    roles::delete(&owner, deps, role, None).await.unwrap();
    assert!(world.authenticate(&token).await.unwrap().permissions().is_empty());
    assert!(matches!(roles::view(&owner, deps, role).await, Err(RoleError::NotFound)));
    assert!(matches!(roles::delete(&owner, deps, role, None).await, Err(RoleError::NotFound)));
}

#[tokio::test]
async fn nobody_writes_a_role_beyond_their_own_rights() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let writer = world.clerk(&owner, "writer@duka.example", &[RolesWrite, RolesRead, StoresRead]).await;
    let role = roles::create(&writer, deps, create_with("Within", &[StoresRead])).await.unwrap().base.id;
    let beyond = roles::create(&writer, deps, create_with("Beyond", &[StoresRead, ProductsRead])).await.unwrap_err();
    assert_eq!((beyond.kind(), beyond.code()), (FaultKind::Forbidden, "beyond_own_rights"));
    let beyond = roles::change(&writer, deps, role, to(&[ProductsRead])).await.unwrap_err();
    assert!(matches!(beyond, RoleError::BeyondOwnRights));
    let own = world.actor("writer@duka.example", FIRST_TENANT).await;
    assert!(!own.permissions().contains(ProductsRead));
}

#[tokio::test]
async fn the_system_roles_are_fixed() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    for system in SystemRole::ALL {
        let id = world.system_role(&owner, system).await;
        let changed = roles::change(&owner, deps, id, to(&[])).await;
        assert!(matches!(changed, Err(RoleError::SystemRole)), "{changed:?}");
        assert!(matches!(roles::delete(&owner, deps, id, None).await, Err(RoleError::SystemRole)));
    }
}

#[tokio::test]
async fn names_are_unique_and_free_again_after_a_deletion() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let id = world.role(&owner, "Gérant", &[]).await;
    let taken = roles::create(&owner, deps, create_with("GÉRANT", &[])).await.unwrap_err();
    assert!(matches!(taken, RoleError::NameTaken));
    let taken = CreateRole { id: Some(id), ..create_with("Other", &[]) };
    assert!(matches!(roles::create(&owner, deps, taken).await, Err(RoleError::IdTaken)));
    roles::delete(&owner, deps, id, Some(1)).await.unwrap();
    roles::create(&owner, deps, create_with("GÉRANT", &[])).await.unwrap();
}

#[tokio::test]
async fn a_stale_change_or_deletion_is_refused() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let id = world.role(&owner, "Clerk", &[]).await;
    let cmd = ChangeRole { expected: Some(2), ..to(&[StoresRead]) };
    assert!(matches!(roles::change(&owner, deps, id, cmd).await, Err(RoleError::Stale)));
    assert!(matches!(roles::delete(&owner, deps, id, Some(2)).await, Err(RoleError::Stale)));
}

#[tokio::test]
async fn roles_need_their_permissions_and_other_tenants_roles_are_not_there() {
    let world = World::bootstrap().await;
    let (ours, deps) = (world.owner().await, &world.deps);
    let theirs = world.tenant("globex", "boss@globex.example").await;
    let id = world.role(&theirs, "Clerk", &[StoresRead]).await;
    assert!(matches!(roles::view(&ours, deps, id).await, Err(RoleError::NotFound)));
    assert!(matches!(roles::change(&ours, deps, id, to(&[])).await, Err(RoleError::NotFound)));
    assert!(matches!(roles::delete(&ours, deps, id, None).await, Err(RoleError::NotFound)));
    let nobody = world.clerk(&ours, "clerk@duka.example", &[]).await;
    assert_eq!(roles::view(&nobody, deps, id).await.unwrap_err().kind(), FaultKind::Forbidden);
    assert_eq!(roles::create(&nobody, deps, create_with("X", &[])).await.unwrap_err().kind(), FaultKind::Forbidden);
    assert!(roles::catalog(&nobody).is_err());
    assert_eq!(roles::catalog(&ours).unwrap().len(), Permission::ALL.len());
}
