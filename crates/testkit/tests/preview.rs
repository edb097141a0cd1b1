//! What a change of a role would do, before it is made.

#![expect(clippy::unwrap_used, reason = "helpers of tests end the test like tests do")]

use cotenant_domain::invitations::StoreRole;
use cotenant_domain::members::{self, ChangeMember, Member, MembershipStatus, NewStatus};
use cotenant_domain::roles::{self, AffectedHolder, ChangeRole, Preview, PreviewRole, RoleHolder, RoleId, SystemRole};
use cotenant_domain::services::{self, CreateService, ServiceGrant};
use cotenant_domain::shared::{Direction, Fault, Limit, PageRequest};
use cotenant_domain::tenancy::Permission::{
    self, MembersRead, ProductsDelete, ProductsRead, RolesWrite, ServiceAccountsRead, StoresRead,
};
use cotenant_domain::tenancy::{Actor, MemberActor};
use cotenant_testkit::World;
use cotenant_testkit::world::FIRST_TENANT;

fn to(permissions: &[Permission]) -> ChangeRole {
    ChangeRole { permissions: Some(permissions.iter().copied().collect()), ..ChangeRole::default() }
}

fn of(change: ChangeRole) -> PreviewRole {
    PreviewRole { change, page: PageRequest::default() }
}

async fn foretold(world: &World, by: &Actor, role: RoleId, permissions: &[Permission]) -> Preview {
    roles::preview(by, &world.deps, role, of(to(permissions))).await.unwrap()
}

#[tokio::test]
async fn who_holds_a_permission_through_another_role_loses_nothing() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let store = world.store(&owner, "A").await.base.id;
    let role = world.role(&owner, "Clerk", &[StoresRead, ProductsRead]).await;
    let other = world.role(&owner, "Reader", &[ProductsRead]).await;
    let loser = world.join(&owner, "loser@duka.example", &[role], &[]).await;
    world.join(&owner, "both@duka.example", &[role, other], &[]).await;
    world.join(&owner, "stranger@duka.example", &[other], &[]).await;
    let at = [StoreRole { store_id: store, role_id: role }];
    let keeper = world.join(&owner, "keeper@duka.example", &[], &at).await;
    let told = foretold(&world, &owner, role, &[StoresRead, MembersRead]).await;
    assert_eq!((told.added.codes(), told.removed.codes()), (vec!["members.read"], vec!["products.read"]));
    let counts = told.counts;
    assert_eq!((counts.holders, counts.affected, counts.gaining, counts.losing), (3, 3, 2, 2));
    let find = |user: &MemberActor| {
        told.affected.items.iter().find(|row| row.who.holder() == RoleHolder::Member(user.user_id()))
    };
    let (place, _) = &find(&loser).unwrap().changes[0];
    assert_eq!(
        (place.store, place.gains.codes(), place.loses.codes()),
        (None, vec!["members.read"], vec!["products.read"])
    );
    let (place, name) = &find(&keeper).unwrap().changes[0];
    assert_eq!((place.store, place.gains.codes(), place.loses.codes()), (Some(store), vec![], vec!["products.read"]));
    assert_eq!(name.as_ref().unwrap().as_str(), "Store A");
}

#[tokio::test]
async fn what_the_change_is_refused_for_the_preview_is_too() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let role = world.role(&owner, "Clerk", &[StoresRead]).await;
    world.role(&owner, "Taken", &[]).await;
    let writer =
        world.clerk(&owner, "writer@duka.example", &[RolesWrite, MembersRead, ServiceAccountsRead, StoresRead]).await;
    let blind = world.clerk(&owner, "blind@duka.example", &[RolesWrite, ServiceAccountsRead, StoresRead]).await;
    let half = world.clerk(&owner, "half@duka.example", &[RolesWrite, MembersRead, StoresRead]).await;
    let admin = world.system_role(&owner, SystemRole::Admin).await;
    let gone = RoleId::new(deps.ids.next());
    let renamed = ChangeRole { name: Some("TAKEN".parse().unwrap()), ..ChangeRole::default() };
    let same_name = ChangeRole { name: Some("clerk".parse().unwrap()), ..ChangeRole::default() };
    let stale = ChangeRole { expected: Some(9), ..to(&[]) };
    for (by, id, change, code) in [
        (&owner, admin, to(&[]), Some("system_role")),
        (&owner, gone, to(&[]), Some("not_found")),
        (&owner, role, renamed, Some("name_taken")),
        (&owner, role, stale, Some("stale")),
        (&writer, role, to(&[ProductsRead]), Some("beyond_own_rights")),
        (&owner, role, same_name, None),
    ] {
        let preview = roles::preview(by, deps, id, of(change.clone())).await;
        assert_eq!(preview.as_ref().err().map(Fault::code), code, "{preview:?}");
        let changed = roles::change(by, deps, id, change).await;
        assert_eq!(changed.as_ref().err().map(Fault::code), code, "{changed:?}");
    }
    let refused = roles::preview(&blind, deps, role, of(to(&[]))).await.unwrap_err();
    assert_eq!(refused.code(), "forbidden", "it shows members");
    let refused = roles::preview(&half, deps, role, of(to(&[]))).await.unwrap_err();
    assert_eq!(refused.code(), "forbidden", "it shows service accounts");
    let reader = world.clerk(&world.owner().await, "reader@duka.example", &[MembersRead]).await;
    assert_eq!(roles::preview(&reader, deps, role, of(to(&[]))).await.unwrap_err().code(), "forbidden");
    let theirs = world.tenant("globex", "boss@globex.example").await;
    assert_eq!(roles::preview(&theirs, deps, role, of(to(&[]))).await.unwrap_err().code(), "not_found");
}

#[tokio::test]
async fn without_permissions_it_is_what_deleting_the_role_does() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let role = world.role(&owner, "Clerk", &[StoresRead, ProductsDelete]).await;
    world.join(&owner, "clerk@duka.example", &[role], &[]).await;
    let writer =
        world.clerk(&owner, "writer@duka.example", &[RolesWrite, MembersRead, ServiceAccountsRead, StoresRead]).await;
    let beyond = roles::preview(&writer, deps, role, of(to(&[]))).await.unwrap_err();
    assert_eq!(beyond.code(), roles::delete(&writer, deps, role, None).await.unwrap_err().code());
    let told = foretold(&world, &owner, role, &[]).await;
    assert_eq!(told.affected.items[0].changes[0].0.loses.codes(), ["stores.read", "products.delete"]);
    roles::delete(&*world.owner().await, deps, role, None).await.unwrap();
    assert!(world.actor("clerk@duka.example", FIRST_TENANT).await.permissions().is_empty());
}

#[tokio::test]
async fn suspended_members_are_told_as_such_and_a_change_of_nothing_concerns_nobody() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let role = world.role(&owner, "Clerk", &[StoresRead]).await;
    let clerk = world.join(&owner, "clerk@duka.example", &[role], &[]).await;
    let suspend = ChangeMember { status: Some(NewStatus::Suspended), expected: None };
    members::change(&owner, deps, clerk.user_id(), suspend).await.unwrap();
    let told = foretold(&world, &owner, role, &[ProductsRead]).await;
    let is_suspended = |member: &Member| member.membership.status == MembershipStatus::Suspended;
    assert!(matches!(&told.affected.items[0].who, AffectedHolder::Member(member) if is_suspended(member)));
    let told = roles::preview(&owner, deps, role, of(ChangeRole::default())).await.unwrap();
    assert_eq!((told.counts.holders, told.counts.affected, told.affected.items.len()), (1, 0, 0));
}

#[tokio::test]
async fn pages_are_all_affected_each_once_both_ways_members_first() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let role = world.role(&owner, "Clerk", &[StoresRead]).await;
    let mut users = Vec::new();
    for n in 0..7 {
        let clerk = world.join(&owner, &format!("clerk-{n}@duka.example"), &[role], &[]).await;
        users.push(RoleHolder::Member(clerk.user_id()));
    }
    for n in 0..2 {
        let cmd = CreateService { id: None, name: format!("Till {n}").parse().unwrap(), description: None };
        let account_id = services::create(&owner, &world.deps, cmd).await.unwrap().account.base.id;
        let grant = ServiceGrant { account_id, role_id: role, store_id: None };
        services::grant(&world.owner().await, &world.deps, grant).await.unwrap();
        users.push(RoleHolder::Service(account_id));
    }
    let owner = world.owner().await;
    users.sort();
    for direction in [Direction::Ascending, Direction::Descending] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = PageRequest { limit: Limit::nearest(3), sort: (), direction, after };
            let told = roles::preview(&owner, &world.deps, role, PreviewRole { change: to(&[]), page }).await.unwrap();
            assert_eq!(told.counts.affected, 9, "the counts are of all");
            seen.extend(told.affected.items.iter().map(|row| row.who.holder()));
            after = told.affected.next;
            if after.is_none() {
                break;
            }
        }
        if direction == Direction::Descending {
            seen.reverse();
        }
        assert_eq!(seen, users, "{direction:?}");
    }
}
