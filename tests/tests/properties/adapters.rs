//! The adapters in memory, with which authors of features test, against the database: the same acts get the same
//! answers, and leave the same behind.

use std::fmt::Debug;

use cotenant_domain::audit::{self, ListAudit};
use cotenant_domain::invitations::{self, ListInvitations};
use cotenant_domain::members::{self, ListMembers, MemberSort};
use cotenant_domain::products::{self, ListProducts, ProductFilter, ProductSort};
use cotenant_domain::roles::{self, ListRoles, RoleSort};
use cotenant_domain::shared::{Direction, Fault, Limit, Page, PageRequest, Position};
use cotenant_domain::stores::{self, ListStores, StoreFilter, StoreSort};
use cotenant_testkit::World;
use cotenant_testkit::world::Adapters;
use cotenant_tests::{FreshDatabase, prove};
use proptest::prelude::*;

use crate::acts::{Step, on_rights, on_things, steps};
use crate::runner::{Count, holds, holds_that};
use crate::town::Town;

pub(crate) async fn every_adapter_answers_as_the_one_in_memory_does(database: FreshDatabase) {
    let memory = World::bootstrap().await;
    let stored = World::bootstrap_over(Adapters::over(database.adapters())).await;
    let (cases, acts, done) = <(Count, Count, Count)>::default();
    let counts = (cases.clone(), acts.clone(), done.clone());
    let sequences = || steps(prop_oneof![on_things(), on_rights()].boxed(), 60);
    holds("adapters agree", prove::times(3, 30), sequences, async move |steps: Vec<Step>| {
        let case = cases.next();
        let mut one = Town::found(&memory, case).await.settle().await;
        let mut other = Town::found(&stored, case).await.settle().await;
        for (n, step) in steps.iter().enumerate() {
            let (expected, answered) = (one.perform(step).await, other.perform(step).await);
            holds_that!(expected == answered, "act {n}: in memory {expected:#?}, stored {answered:#?}");
            acts.add(1);
            done.add(usize::from(expected.is_ok()));
        }
        for whose in 0..2 {
            let (expected, left) = (everything(&mut one, whose).await, everything(&mut other, whose).await);
            for (expected, left) in expected.iter().zip(&left) {
                holds_that!(expected == left, "left behind in memory {expected}, stored {left}");
            }
        }
        Ok(())
    })
    .await;
    let (cases, acts, done) = counts;
    assert!(done.get() * 10 > acts.get(), "{} of {} acts were done", done.get(), acts.get());
    let told = [("sequences", cases.get()), ("acts", acts.get()), ("of these done", done.get()), ("differences", 0)];
    prove::figures("adapters agree", &format!("{:?}", database.kind), &told);
}

/// Everything that lists show of a tenant, in words, in all their orders and a few rows a page. Where even the first
/// owner may not look any more, that is what both say.
async fn everything(town: &mut Town, whose: usize) -> Vec<String> {
    let actor = match town.actor(whose, 0).await {
        Ok(actor) => actor,
        Err(code) => return vec![code.to_owned()],
    };
    let deps = &town.world.deps;
    let mut all = Vec::new();
    for (include_deleted, direction) in [(false, Direction::Ascending), (true, Direction::Descending)] {
        for sort in [StoreSort::Id, StoreSort::Name, StoreSort::Code, StoreSort::CreatedAt] {
            let filter = StoreFilter { include_deleted, ..StoreFilter::default() };
            let list = async |page| {
                let query = ListStores { filter: filter.clone(), page };
                stores::list(&actor, deps, query).await
            };
            all.push(whole(PageRequest { sort, direction, ..few() }, list).await);
        }
        for store in &town.tenants[whose].stores {
            for sort in [ProductSort::Id, ProductSort::Name, ProductSort::Sku, ProductSort::Price] {
                let filter = ProductFilter { include_deleted, ..ProductFilter::default() };
                let list = async |page| {
                    let query = ListProducts { filter: filter.clone(), page };
                    products::list(&actor, deps, *store, query).await
                };
                all.push(whole(PageRequest { sort, direction, ..few() }, list).await);
            }
        }
        for sort in [RoleSort::Id, RoleSort::Name] {
            let list = async |page| roles::list(&actor, deps, ListRoles { page, ..ListRoles::default() }).await;
            all.push(whole(PageRequest { sort, direction, ..few() }, list).await);
        }
        for sort in [MemberSort::Id, MemberSort::Email, MemberSort::DisplayName] {
            let list = async |page| {
                let mut page = members::list(&actor, deps, ListMembers { page, ..ListMembers::default() }).await?;
                // The grants of a member are a set.
                page.items.iter_mut().for_each(|m| m.grants.sort_by_key(|g| (g.role_id, g.store_id)));
                Ok::<_, members::MemberError>(page)
            };
            all.push(whole(PageRequest { sort, direction, ..few() }, list).await);
        }
        let list =
            async |page| invitations::list(&actor, deps, ListInvitations { page, ..ListInvitations::default() }).await;
        all.push(whole(PageRequest { direction, ..few() }, list).await);
        let list = async |page| audit::list(&actor, deps, ListAudit { page, ..ListAudit::default() }).await;
        all.push(whole(PageRequest { direction, ..few() }, list).await);
    }
    all
}

fn few<S: Default>() -> PageRequest<S> {
    PageRequest { limit: Limit::nearest(7), ..PageRequest::default() }
}

/// All pages of a list in words, with what each page says of the next.
async fn whole<S: Copy, T: Debug, E: Fault>(
    first: PageRequest<S>,
    list: impl AsyncFn(PageRequest<S>) -> Result<Page<T>, E>,
) -> String {
    let (mut said, mut after): (String, Option<Position>) = (String::new(), None);
    loop {
        let request = PageRequest { limit: first.limit, sort: first.sort, direction: first.direction, after };
        match list(request).await {
            Ok(page) => {
                said += &format!("{page:?}\n");
                after = page.next;
                if after.is_none() {
                    return said;
                }
            }
            Err(error) => return said + error.code(),
        }
    }
}
