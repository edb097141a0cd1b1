use cotenant_domain::members::{MemberFilter, MembershipStatus};
use cotenant_domain::platform::TenantFilter;
use cotenant_domain::products::ProductFilter;
use cotenant_domain::roles::RoleFilter;
use cotenant_domain::shared::{PageRequest, fold};
use cotenant_domain::stores::StoreFilter;
use cotenant_domain::tenants::TenantStatus;

use super::{Kit, add_person, platform, reader, steward, world, writer};

/// A text is looked for as it stands: per cent, underscore, backslash, quotes and the like are characters, not wildcards.
pub async fn a_text_filter_knows_no_wildcards(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let names = ["100% Duka", "a_b", "axb", r"back\slash", "o'neil", "plain \"quoted\"", "star*", "[set]"];
    let unit = writer(&world, &owner).await;
    for (i, name) in names.into_iter().enumerate() {
        let mut store = world.new_store(owner.tenant_id(), &format!("code{i}"));
        store.name = name.parse().unwrap();
        unit.stores().insert(&store).await.unwrap();
    }
    unit.commit().await.unwrap();
    let unit = reader(&world, &owner).await;
    for (text, expected) in [
        ("%", vec!["100% Duka"]),
        ("0% d", vec!["100% Duka"]),
        ("_", vec!["a_b"]),
        ("a_b", vec!["a_b"]),
        (r"\", vec![r"back\slash"]),
        (r"k\s", vec![r"back\slash"]),
        (r"\%", vec![]),
        (r"\_", vec![]),
        ("'", vec!["o'neil"]),
        ("\"", vec!["plain \"quoted\""]),
        ("*", vec!["star*"]),
        ("[s", vec!["[set]"]),
        ("?", vec![]),
        ("' or '1'='1", vec![]),
    ] {
        let filter = StoreFilter { text: Some(text.into()), ..StoreFilter::default() };
        let found = unit.stores().list(&filter, &PageRequest::default()).await.unwrap().items;
        assert_eq!(found.iter().map(|store| store.name.as_str()).collect::<Vec<_>>(), expected, "{text:?}");
    }
}

/// A text is found in either of the texts that a list looks into, whatever the case, in every list.
pub async fn a_text_filter_ignores_case_in_every_list(kit: &dyn Kit) {
    let world = world(kit).await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let (mut person, text) = (world.new_person("zoé@duka.example"), |text| Some(fold(text)));
    person.display_name = "Anaïs ÉLAN".parse().unwrap();
    add_person(&world, &person).await.unwrap();
    let unit = steward(&world, &owner).await;
    let mut store = world.new_store(owner.tenant_id(), "ÉTÉ-1");
    store.name = "Crème BRÛLÉE".parse().unwrap();
    unit.stores().insert(&store).await.unwrap();
    let mut product = world.new_product(&store, "THÉ-1");
    product.name = "Maté VERT".parse().unwrap();
    unit.products().insert(&product).await.unwrap();
    unit.roles().insert(&world.new_role(owner.tenant_id(), "Gérant", &[])).await.unwrap();
    unit.members().insert(&world.new_membership(person.base.id)).await.unwrap();
    unit.commit().await.unwrap();
    let (unit, page) = (reader(&world, &owner).await, PageRequest::default());
    for wanted in ["brûlée", "ÉTÉ"] {
        let filter = StoreFilter { text: text(wanted), ..StoreFilter::default() };
        assert_eq!(unit.stores().list(&filter, &page).await.unwrap().items.len(), 1, "{wanted}");
    }
    for wanted in ["MATÉ", "thé"] {
        let filter = ProductFilter { text: text(wanted), ..ProductFilter::default() };
        let found = unit.products().list(store.base.id, &filter, &PageRequest::default()).await.unwrap();
        assert_eq!(found.items.len(), 1, "{wanted}");
    }
    let filter = RoleFilter { text: text("GÉR") };
    assert_eq!(unit.roles().list(&filter, &PageRequest::default()).await.unwrap().items.len(), 1);
    for wanted in ["anaÏs é", "ZOÉ@"] {
        let filter = MemberFilter { text: text(wanted), ..MemberFilter::default() };
        assert_eq!(unit.members().list(&filter, &PageRequest::default()).await.unwrap().items.len(), 1, "{wanted}");
    }
    drop(unit);
    let unit = platform(&world, &operator).await;
    let filter = TenantFilter { text: text("ACM"), ..TenantFilter::default() };
    assert_eq!(unit.tenants().list(&filter, &PageRequest::default()).await.unwrap().items.len(), 1);
}

/// The other filters keep what they say and nothing else.
pub async fn filters_keep_what_they_say(kit: &dyn Kit) {
    let world = world(kit).await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let unit = writer(&world, &owner).await;
    let (open, mut closed) = (world.new_store(owner.tenant_id(), "A"), world.new_store(owner.tenant_id(), "B"));
    closed.is_active = false;
    unit.stores().insert(&open).await.unwrap();
    unit.stores().insert(&closed).await.unwrap();
    let (there, mut out) = (world.new_product(&open, "A-1"), world.new_product(&open, "A-2"));
    out.stock = 0;
    unit.products().insert(&there).await.unwrap();
    unit.products().insert(&out).await.unwrap();
    unit.commit().await.unwrap();
    let unit = reader(&world, &owner).await;
    for (is_active, expected) in [(Some(true), vec![open.base.id]), (Some(false), vec![closed.base.id])] {
        let filter = StoreFilter { is_active, ..StoreFilter::default() };
        let found = unit.stores().list(&filter, &PageRequest::default()).await.unwrap().items;
        assert_eq!(found.iter().map(|store| store.base.id).collect::<Vec<_>>(), expected);
    }
    for (in_stock, expected) in [(Some(true), vec![there.base.id]), (Some(false), vec![out.base.id])] {
        let filter = ProductFilter { in_stock, ..ProductFilter::default() };
        let found = unit.products().list(open.base.id, &filter, &PageRequest::default()).await.unwrap().items;
        assert_eq!(found.iter().map(|product| product.base.id).collect::<Vec<_>>(), expected);
    }
    drop(unit);
    let unit = platform(&world, &operator).await;
    for (status, expected) in [(TenantStatus::Active, 1), (TenantStatus::Suspended, 0)] {
        let filter = TenantFilter { status: Some(status), ..TenantFilter::default() };
        assert_eq!(unit.tenants().list(&filter, &PageRequest::default()).await.unwrap().items.len(), expected);
    }
}

/// Without a wish a list of members shows active and suspended ones; removed ones show where they are asked for.
pub async fn removed_members_show_only_where_they_are_asked_for(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let mut of = Vec::new();
    for status in [MembershipStatus::Active, MembershipStatus::Suspended, MembershipStatus::Removed] {
        let person = world.new_person(&format!("{}@duka.example", status.as_str()));
        add_person(&world, &person).await.unwrap();
        let mut membership = world.new_membership(person.base.id);
        membership.status = status;
        let unit = steward(&world, &owner).await;
        unit.members().insert(&membership).await.unwrap();
        unit.commit().await.unwrap();
        of.push(person.base.id);
    }
    let (active, suspended, removed) = (of[0], of[1], of[2]);
    let unit = reader(&world, &owner).await;
    for (status, expected) in [
        (None, vec![owner.user_id(), active, suspended]),
        (Some(MembershipStatus::Active), vec![owner.user_id(), active]),
        (Some(MembershipStatus::Suspended), vec![suspended]),
        (Some(MembershipStatus::Removed), vec![removed]),
    ] {
        let filter = MemberFilter { status, ..MemberFilter::default() };
        let found = unit.members().list(&filter, &PageRequest::default()).await.unwrap().items;
        let ids: Vec<_> = found.iter().map(|member| member.membership.user_id).collect();
        assert_eq!(ids, expected, "{status:?}");
    }
    let found = unit.members().find(removed).await.unwrap().unwrap();
    assert_eq!(found.membership.status, MembershipStatus::Removed);
}
