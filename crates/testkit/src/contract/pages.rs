//! Paging: whatever the sort, direction and page size, the pages together are all rows in order, each once.

use cotenant_domain::audit::AuditEvent;
use cotenant_domain::identity::UserId;
use cotenant_domain::invitations::Invitation;
use cotenant_domain::members::{Member, MemberSort};
use cotenant_domain::platform::{PlatformAuditEvent, TenantSort};
use cotenant_domain::products::{Product, ProductSort};
use cotenant_domain::roles::{Role, RoleSort};
use cotenant_domain::shared::{Direction, Limit, Page, PageRequest};
use cotenant_domain::stores::{Store, StoreSort};
use cotenant_domain::tenancy::Actor;
use cotenant_domain::tenants::Tenant;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Kit, add_person, deletion, platform, reader, steward, world, writer};
use crate::world::World;

/// Names that tie when folded, and whose order differs between bytes, ASCII folding and Unicode folding.
const NAMES: [&str; 7] = ["Duka", "duka", "Écurie", "écurie", "apple", "Zebra", "_under"];

/// What a row is sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Nothing,
    Text(String),
    Time(OffsetDateTime),
    Number(i64),
}

/// Walks through all pages of a list, in both directions and several page sizes, and compares with all rows in order.
async fn check<T, S: Copy + std::fmt::Debug>(
    sort: S,
    mut rows: Vec<(Key, Uuid)>,
    id: impl Fn(&T) -> Uuid,
    list: impl AsyncFn(PageRequest<S>) -> Page<T>,
) {
    rows.sort();
    for direction in [Direction::Ascending, Direction::Descending] {
        let expected: Vec<_> = rows.iter().map(|(_, id)| *id).collect();
        for limit in [1, 2, 3, 100] {
            let mut walked = Vec::new();
            let mut after = None;
            loop {
                let page = list(PageRequest { limit: Limit::nearest(limit), sort, direction, after }).await;
                assert!(page.items.len() <= limit as usize, "a page of {} under a limit of {limit}", page.items.len());
                walked.extend(page.items.iter().map(&id));
                assert!(walked.len() <= expected.len(), "{sort:?} {direction:?}: more rows than there are: {walked:?}");
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(walked, expected, "sorted by {sort:?}, {direction:?}, {limit} a page");
        }
        rows.reverse();
    }
}

/// Opens stores whose names and instants tie, deletes one more, and has another tenant do the same.
async fn stores(world: &World, owner: &Actor) -> Vec<Store> {
    let mut stores = Vec::new();
    let unit = steward(world, owner).await;
    for (i, name) in NAMES.into_iter().enumerate() {
        let mut store = world.new_store(owner.tenant_id(), &format!("{}-{i}", 9 - i));
        store.name = name.parse().unwrap();
        unit.stores().insert(&store).await.unwrap();
        stores.push(store);
        // Half seconds: "20Z" sorts after "20.5Z" where instants are kept as text of varying width.
        world.clock.advance(Duration::milliseconds(if i % 2 == 0 { 500 } else { 0 }));
    }
    let gone = world.new_store(owner.tenant_id(), "gone");
    unit.stores().insert(&gone).await.unwrap();
    unit.stores().delete(gone.base.id, deletion(world), 1).await.unwrap();
    unit.commit().await.unwrap();
    stores
}

/// Stores, by each sort.
pub async fn pages_of_stores_are_all_stores_in_order(kit: &dyn Kit) {
    let world = world(kit).await;
    let (owner, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    stores(&world, &theirs).await;
    let stores = stores(&world, &owner).await;
    for sort in [StoreSort::Id, StoreSort::Name, StoreSort::Code, StoreSort::CreatedAt] {
        let key = |store: &Store| match sort {
            StoreSort::Id => Key::Nothing,
            StoreSort::Name => Key::Text(store.name.key()),
            StoreSort::Code => Key::Text(store.code.key()),
            StoreSort::CreatedAt => Key::Time(store.base.created_at),
        };
        let rows = stores.iter().map(|store| (key(store), store.base.id.as_uuid())).collect();
        check(
            sort,
            rows,
            |store: &Store| store.base.id.as_uuid(),
            async |request| reader(&world, &owner).await.stores().list(&Default::default(), &request).await.unwrap(),
        )
        .await;
    }
}

/// Products, by each sort; those of another store are on no page.
pub async fn pages_of_products_are_all_products_in_order(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let (store, other) = (world.store(&owner, "A").await, world.store(&owner, "B").await);
    world.product(&owner, other.base.id, "other").await;
    let mut products = Vec::new();
    let unit = writer(&world, &owner).await;
    for (i, name) in NAMES.into_iter().enumerate() {
        let mut product = world.new_product(&store, &format!("{}-{i}", 9 - i));
        product.name = name.parse().unwrap();
        product.price_minor = [0, 7, 100, 100, 20, 9, i64::MAX][i];
        unit.products().insert(&product).await.unwrap();
        products.push(product);
        world.clock.advance(Duration::milliseconds(if i % 2 == 0 { 500 } else { 0 }));
    }
    let gone = world.new_product(&store, "gone");
    unit.products().insert(&gone).await.unwrap();
    unit.products().delete(store.base.id, gone.base.id, deletion(&world), 1).await.unwrap();
    unit.commit().await.unwrap();
    for sort in [ProductSort::Id, ProductSort::Name, ProductSort::Sku, ProductSort::Price, ProductSort::CreatedAt] {
        let key = |product: &Product| match sort {
            ProductSort::Id => Key::Nothing,
            ProductSort::Name => Key::Text(product.name.key()),
            ProductSort::Sku => Key::Text(product.sku.key()),
            ProductSort::Price => Key::Number(product.price_minor),
            ProductSort::CreatedAt => Key::Time(product.base.created_at),
        };
        let rows = products.iter().map(|product| (key(product), product.base.id.as_uuid())).collect();
        check(
            sort,
            rows,
            |product: &Product| product.base.id.as_uuid(),
            async |request| {
                let unit = reader(&world, &owner).await;
                unit.products().list(store.base.id, &Default::default(), &request).await.unwrap()
            },
        )
        .await;
    }
}

/// Roles, by each sort, those that every tenant has included.
pub async fn pages_of_roles_are_all_roles_in_order(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    for name in ["Zulu", "écurie", "Apple", "Gone"] {
        world.role(&owner, name, &[]).await;
    }
    let everything = PageRequest { limit: Limit::nearest(100), ..PageRequest::default() };
    let unit = steward(&world, &owner).await;
    let all = unit.roles().list(&Default::default(), &everything).await.unwrap().items;
    let gone = all.iter().find(|role| role.name.as_str() == "Gone").unwrap().base.id;
    unit.roles().delete(gone, deletion(&world), 1).await.unwrap();
    unit.commit().await.unwrap();
    let live: Vec<_> = all.into_iter().filter(|role| role.base.id != gone).collect();
    assert_eq!(live.len(), 6);
    for sort in [RoleSort::Id, RoleSort::Name] {
        let key = |role: &Role| match sort {
            RoleSort::Id => Key::Nothing,
            RoleSort::Name => Key::Text(role.name.key()),
        };
        let rows = live.iter().map(|role| (key(role), role.base.id.as_uuid())).collect();
        check(
            sort,
            rows,
            |role: &Role| role.base.id.as_uuid(),
            async |request| reader(&world, &owner).await.roles().list(&Default::default(), &request).await.unwrap(),
        )
        .await;
    }
}

/// Members, by each sort, with their grants on whatever page.
pub async fn pages_of_members_are_all_members_in_order(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    for (i, name) in NAMES.into_iter().enumerate() {
        let mut person = world.new_person(&format!("{}@duka.example", 9 - i));
        person.display_name = name.parse().unwrap();
        add_person(&world, &person).await.unwrap();
        let unit = steward(&world, &owner).await;
        unit.members().insert(&world.new_membership(person.base.id)).await.unwrap();
        unit.commit().await.unwrap();
    }
    let everything = PageRequest { limit: Limit::nearest(100), ..PageRequest::default() };
    let all = reader(&world, &owner).await.members().list(&Default::default(), &everything).await.unwrap().items;
    assert_eq!(all.len(), 8);
    for sort in [MemberSort::Id, MemberSort::Email, MemberSort::DisplayName] {
        let key = |member: &Member| match sort {
            MemberSort::Id => Key::Nothing,
            MemberSort::Email => Key::Text(member.email.key()),
            MemberSort::DisplayName => Key::Text(member.display_name.key()),
        };
        let of = |id: UserId| id.as_uuid();
        let rows = all.iter().map(|member| (key(member), of(member.membership.user_id))).collect();
        check(
            sort,
            rows,
            |member: &Member| of(member.membership.user_id),
            async |request| {
                let page = reader(&world, &owner).await.members().list(&Default::default(), &request).await.unwrap();
                for member in &page.items {
                    assert_eq!(member.grants.len(), usize::from(member.membership.user_id == owner.user_id()));
                }
                page
            },
        )
        .await;
    }
}

/// Tenants, by each sort, as the platform sees them.
pub async fn pages_of_tenants_are_all_tenants_in_order(kit: &dyn Kit) {
    let world = world(kit).await;
    let operator = world.operator().await;
    let unit = platform(&world, &operator).await;
    for (i, slug) in ["zulu", "a-b", "ab", "a1"].into_iter().enumerate() {
        unit.tenants().insert(&world.new_tenant(slug)).await.unwrap();
        world.clock.advance(Duration::milliseconds(if i % 2 == 0 { 500 } else { 0 }));
    }
    let mut gone = world.new_tenant("gone");
    unit.tenants().insert(&gone).await.unwrap();
    gone.deletion = Some(deletion(&world));
    gone.base.touch(world.deps.clock.now());
    unit.tenants().update(&gone, 1).await.unwrap();
    let everything = PageRequest { limit: Limit::nearest(100), ..PageRequest::default() };
    let all = unit.tenants().list(&Default::default(), &everything).await.unwrap().items;
    unit.commit().await.unwrap();
    assert_eq!(all.len(), 5);
    for sort in [TenantSort::Id, TenantSort::Slug, TenantSort::CreatedAt] {
        let key = |tenant: &Tenant| match sort {
            TenantSort::Id => Key::Nothing,
            TenantSort::Slug => Key::Text(tenant.slug.key()),
            TenantSort::CreatedAt => Key::Time(tenant.base.created_at),
        };
        let rows = all.iter().map(|tenant| (key(tenant), tenant.base.id.as_uuid())).collect();
        check(
            sort,
            rows,
            |tenant: &Tenant| tenant.base.id.as_uuid(),
            async |request| {
                platform(&world, &operator).await.tenants().list(&Default::default(), &request).await.unwrap()
            },
        )
        .await;
    }
}

/// Invitations by id, and events in the order of the log.
pub async fn pages_of_invitations_and_events_are_all_of_them_in_order(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let mut invitations = Vec::new();
    for i in 0..5 {
        let invitation = world.invite(&owner, &format!("new{i}@duka.example"), &[], &[]).await;
        invitations.push((Key::Nothing, invitation.base.id.as_uuid()));
    }
    check(
        (),
        invitations,
        |invitation: &Invitation| invitation.base.id.as_uuid(),
        async |request| reader(&world, &owner).await.invitations().list(&Default::default(), &request).await.unwrap(),
    )
    .await;
    let everything = PageRequest { limit: Limit::nearest(100), ..PageRequest::default() };
    let all = reader(&world, &owner).await.audit().list(&Default::default(), &everything).await.unwrap().items;
    assert!(all.len() > 5);
    let events = all.iter().map(|event| (Key::Number(event.seq), event.id)).collect();
    check(
        (),
        events,
        |event: &AuditEvent| event.id,
        async |request| reader(&world, &owner).await.audit().list(&Default::default(), &request).await.unwrap(),
    )
    .await;
    let operator = world.operator().await;
    let events =
        async |request| platform(&world, &operator).await.audit().list(&Default::default(), &request).await.unwrap();
    let all = events(everything).await.items;
    assert!(all.len() > 1);
    let rows = all.iter().map(|event| (Key::Nothing, event.id)).collect();
    check((), rows, |event: &PlatformAuditEvent| event.id, events).await;
}
