use cotenant_domain::identity::UserId;
use cotenant_domain::members::{MembershipStatus, RoleGrant};
use cotenant_domain::tenancy::{
    AccessRecord, Actor, Grant, MemberActor, Permission, PermissionSet, Principal, TenantRead,
};
use cotenant_domain::tenants::TenantStatus;
use time::Duration;

use super::{Kit, add_person, deletion, platform, steward, world, writer};
use crate::world::World;
use cotenant_domain::uow::WriteUnit;

async fn access(world: &World, owner: &Actor, of: &MemberActor) -> Option<AccessRecord> {
    let scope = owner.authorize(TenantRead).unwrap();
    world.deps.access.access(&scope, of.user_id(), of.session_id()).await.unwrap()
}

async fn grants(world: &World, owner: &Actor, of: &MemberActor) -> Vec<Grant> {
    let mut grants = access(world, owner, of).await.unwrap().rights.grants.clone();
    grants.sort_by_key(|grant| grant.store);
    grants
}

fn set(permissions: &[Permission]) -> PermissionSet {
    permissions.iter().copied().collect()
}

/// A grant, a change of its role, its deletion and the deletion of its store count from the next read on.
pub async fn grants_and_roles_count_at_once(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let clerk = world.clerk(&owner, "clerk@duka.example", &[Permission::StoresRead]).await;
    let everywhere = Grant { store: None, permissions: set(&[Permission::StoresRead]) };
    assert_eq!(grants(&world, &owner, &clerk).await, [everywhere]);
    let store = world.store(&owner, "A").await.base.id;
    let role_id = world.role(&owner, "Seller", &[Permission::ProductsRead]).await;
    let grant = RoleGrant { user_id: clerk.user_id(), role_id, store_id: Some(store) };
    let unit = steward(&world, &owner).await;
    unit.members().grant(&grant, Principal::System, world.deps.clock.now()).await.unwrap();
    unit.commit().await.unwrap();
    let here = Grant { store: Some(store), permissions: set(&[Permission::ProductsRead]) };
    assert_eq!(grants(&world, &owner, &clerk).await, [everywhere, here]);
    let unit = steward(&world, &owner).await;
    let mut role = unit.roles().find(role_id).await.unwrap().unwrap();
    role.permissions = set(&[Permission::ProductsRead, Permission::ProductsUpdate]);
    role.base.touch(world.deps.clock.now());
    unit.roles().update(&role, 1).await.unwrap();
    unit.commit().await.unwrap();
    let here = Grant { permissions: role.permissions, ..here };
    assert_eq!(grants(&world, &owner, &clerk).await, [everywhere, here]);
    let unit = steward(&world, &owner).await;
    unit.stores().delete(store, deletion(&world), 1).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(grants(&world, &owner, &clerk).await, [everywhere], "a deleted store's grants give nothing");
    let unit = steward(&world, &owner).await;
    unit.stores().restore(store, world.deps.clock.now(), 2).await.unwrap();
    unit.roles().delete(role_id, deletion(&world), 2).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(grants(&world, &owner, &clerk).await, [everywhere], "a deleted role gives nothing");
    let unit = steward(&world, &owner).await;
    unit.members().revoke_all(clerk.user_id()).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(grants(&world, &owner, &clerk).await, []);
}

/// A system role gives what the program says.
pub async fn a_system_role_gives_what_the_program_says(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let all = Grant { store: None, permissions: PermissionSet::all() };
    assert_eq!(grants(&world, &owner, &owner).await, [all]);
}

/// A membership's status and epoch count from the next read on.
pub async fn a_membership_counts_at_once(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let clerk = world.clerk(&owner, "clerk@duka.example", &[]).await;
    for (status, version) in [(MembershipStatus::Suspended, 1), (MembershipStatus::Removed, 2)] {
        let unit = steward(&world, &owner).await;
        let mut membership = unit.members().find(clerk.user_id()).await.unwrap().unwrap().membership;
        membership.status = status;
        membership.epoch += 1;
        membership.version += 1;
        unit.members().update(&membership, version).await.unwrap();
        unit.commit().await.unwrap();
        let record = access(&world, &owner, &clerk).await.unwrap();
        assert_eq!((record.rights.status, record.rights.epoch), (status, membership.epoch));
    }
}

/// A tenant's status, expiry and epoch count from the next read on; a deleted tenant gives no access at all.
pub async fn a_tenants_state_counts_at_once(kit: &dyn Kit) {
    let world = world(kit).await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let unit = platform(&world, &operator).await;
    let mut tenant = unit.tenants().find(owner.tenant_id()).await.unwrap().unwrap();
    let version = tenant.base.version;
    tenant.status = TenantStatus::Suspended;
    tenant.epoch += 1;
    tenant.expires_at = Some(world.deps.clock.now() + Duration::microseconds(1_500_001));
    tenant.base.touch(world.deps.clock.now());
    unit.tenants().update(&tenant, version).await.unwrap();
    unit.commit().await.unwrap();
    let record = access(&world, &owner, &owner).await.unwrap();
    assert_eq!(record.tenant_status, TenantStatus::Suspended);
    assert_eq!((record.tenant_epoch, record.tenant_expires_at), (tenant.epoch, tenant.expires_at));
    let unit = platform(&world, &operator).await;
    tenant.deletion = Some(deletion(&world));
    tenant.base.touch(world.deps.clock.now());
    unit.tenants().update(&tenant, version + 1).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(access(&world, &owner, &owner).await, None);
}

/// The writes that change what somebody may do, in an order in which they can follow each other.
#[derive(Debug, Clone, Copy)]
enum Deciding {
    Membership,
    Status,
    Grant,
    GrantAtAStore,
    Revocation,
    Role,
    StoreDeletion,
    StoreRestoration,
    RoleDeletion,
    AllRevocations,
    NewRole,
}

impl Deciding {
    const ALL: [Self; 11] = [
        Self::Membership,
        Self::Status,
        Self::Grant,
        Self::GrantAtAStore,
        Self::Revocation,
        Self::Role,
        Self::StoreDeletion,
        Self::StoreRestoration,
        Self::RoleDeletion,
        Self::AllRevocations,
        Self::NewRole,
    ];

    async fn write(self, unit: &dyn WriteUnit, world: &World, newcomer: UserId, clerk: UserId, grant: &RoleGrant) {
        let (members, now, store) = (unit.members(), world.deps.clock.now(), grant.store_id.unwrap());
        let everywhere = RoleGrant { store_id: None, ..*grant };
        match self {
            Self::Membership => members.insert(&world.new_membership(newcomer)).await.unwrap(),
            Self::Status => {
                let mut membership = members.find(clerk).await.unwrap().unwrap().membership;
                membership.status = MembershipStatus::Suspended;
                membership.version += 1;
                members.update(&membership, 1).await.unwrap();
            }
            Self::Grant => assert!(members.grant(&everywhere, Principal::System, now).await.unwrap()),
            Self::GrantAtAStore => assert!(members.grant(grant, Principal::System, now).await.unwrap()),
            Self::Revocation => assert!(members.revoke(&everywhere).await.unwrap()),
            Self::Role => {
                let mut role = unit.roles().find(grant.role_id).await.unwrap().unwrap();
                role.permissions = PermissionSet::EMPTY;
                role.base.touch(now);
                unit.roles().update(&role, 1).await.unwrap();
            }
            Self::StoreDeletion => unit.stores().delete(store, deletion(world), 1).await.unwrap(),
            Self::StoreRestoration => unit.stores().restore(store, now, 2).await.unwrap(),
            Self::RoleDeletion => unit.roles().delete(grant.role_id, deletion(world), 2).await.unwrap(),
            Self::AllRevocations => members.revoke_all(clerk).await.unwrap(),
            // It gives nobody anything yet, and the list of roles is kept at the version.
            Self::NewRole => {
                unit.roles()
                    .insert(&world.new_role(unit.tenant().get().await.unwrap().base.id, "Newest", &[]))
                    .await
                    .unwrap();
            }
        }
    }
}

/// A unit that changes rights commits only if the access version rose in it: each write that decides is tried without and
/// with.
pub async fn rights_do_not_change_without_the_access_version(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let clerk = world.clerk(&owner, "clerk@duka.example", &[Permission::StoresRead]).await.user_id();
    let store = world.store(&owner, "A").await.base.id;
    let role_id = world.role(&owner, "Seller", &[Permission::ProductsRead]).await;
    let grant = RoleGrant { user_id: clerk, role_id, store_id: Some(store) };
    let newcomer = world.new_person("new@duka.example");
    add_person(&world, &newcomer).await.unwrap();
    for deciding in Deciding::ALL {
        for raised in [false, true] {
            let unit = writer(&world, &owner).await;
            deciding.write(&*unit, &world, newcomer.base.id, clerk, &grant).await;
            if raised {
                unit.tenant().raise_access_version().await.unwrap();
            }
            assert_eq!(unit.commit().await.is_ok(), raised, "{deciding:?}");
        }
    }
}

/// The rights that a unit reads are those stored, its own changes included, whatever version has been told to others.
pub async fn a_unit_reads_rights_as_they_are(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let clerk = world.clerk(&owner, "clerk@duka.example", &[Permission::StoresRead]).await;
    let stored = access(&world, &owner, &clerk).await.unwrap();
    let unit = steward(&world, &owner).await;
    assert_eq!(unit.members().rights(clerk.user_id()).await.unwrap().as_ref(), Some(&*stored.rights));
    unit.members().revoke_all(clerk.user_id()).await.unwrap();
    assert_eq!(unit.members().rights(clerk.user_id()).await.unwrap().unwrap().grants, []);
    drop(unit);
    assert_eq!(access(&world, &owner, &clerk).await.unwrap(), stored);
    let unit = steward(&world, &owner).await;
    let nobody = UserId::new(world.deps.ids.next());
    assert_eq!(unit.members().rights(nobody).await.unwrap(), None);
}

/// The access version rises by one at each change of who may do what, without a new version of the record.
pub async fn the_access_version_rises_with_each_change(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let unit = writer(&world, &owner).await;
    let before = unit.tenant().get().await.unwrap();
    let versions = [1, 2].map(|more| before.access_version + more);
    assert_eq!(unit.tenant().raise_access_version().await.unwrap(), versions[0]);
    assert_eq!(unit.tenant().raise_access_version().await.unwrap(), versions[1]);
    let mut expected = before.clone();
    expected.access_version += 2;
    assert_eq!(unit.tenant().get().await.unwrap(), expected);
}
