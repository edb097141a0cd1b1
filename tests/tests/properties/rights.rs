//! What is given is never more than what the one who gives it holds there, and somebody always rules.

use std::collections::{BTreeMap, BTreeSet};

use cotenant_domain::identity::UserId;
use cotenant_domain::members::{self, ListMembers, MembershipStatus};
use cotenant_domain::roles::{self, ListRoles, Role, RoleId, SystemRole};
use cotenant_domain::shared::{Limit, PageRequest};
use cotenant_domain::stores::StoreId;
use cotenant_domain::tenancy::PermissionSet;
use cotenant_testkit::World;
use cotenant_testkit::world::Adapters;
use cotenant_tests::{FreshDatabase, prove};

use crate::acts::{Act, Step, on_rights, steps};
use crate::runner::{Count, Outcome, holds, holds_that};
use crate::town::Town;

// Attacks: 23.
pub(crate) async fn nobody_gives_what_they_do_not_hold_and_an_owner_stays(database: FreshDatabase) {
    let world = World::bootstrap_over(Adapters::over(database.adapters())).await;
    let (cases, acts, done) = <(Count, Count, Count)>::default();
    let (raised, counts) = (Count::default(), (cases.clone(), acts.clone(), done.clone()));
    let rose = raised.clone();
    holds(
        "rights",
        prove::times(4, 50),
        || steps(on_rights(), 60),
        async move |steps: Vec<Step>| {
            let mut town = Town::found(&world, cases.next()).await.settle().await;
            let mut held = [Held::read(&mut town, 0).await?, Held::read(&mut town, 1).await?];
            for (n, step) in steps.iter().enumerate() {
                let giver = giver(&town, step);
                let answer = town.perform(step).await;
                acts.add(1);
                if answer.is_err() {
                    continue;
                }
                done.add(1);
                let after = [Held::read(&mut town, 0).await?, Held::read(&mut town, 1).await?];
                let whose = step.whose;
                held[1 - whose].is_still(&after[1 - whose]).map_err(|said| format!("act {n}, {step:?}: {said}"))?;
                let more = held[whose].may_become(&after[whose], giver);
                rose.add(more.map_err(|said| format!("act {n}, {step:?} of {giver:?}: {said}"))?);
                held = after;
            }
            Ok(())
        },
    )
    .await;
    let (cases, acts, done) = counts;
    for (many, of_what) in [(done.get(), "done"), (raised.get() * 10, "times ten gave something")] {
        assert!(many * 20 > acts.get(), "{many} {of_what} of {} acts", acts.get());
    }
    let told = [
        ("sequences", cases.get()),
        ("acts", acts.get()),
        ("of these done", done.get()),
        ("gave something", raised.get()),
        ("gave more than held", 0),
        ("tenants without an owner", 0),
    ];
    prove::figures("granted is held", &format!("{:?}", database.kind), &told);
}

/// On whose rights it depends what an act may give: on those of who acts, and for an invitation of who invited.
fn giver(town: &Town, step: &Step) -> Option<UserId> {
    let people = &town.tenants[step.whose].people;
    let place = match step.act {
        Act::Accept { invitation } => town.invitation(step.whose, invitation)?.by,
        _ => usize::from(step.who) % people.len(),
    };
    Some(people[place].id)
}

/// What somebody holds: in the whole tenant, and at single stores besides.
#[derive(Debug, Clone, Default, PartialEq)]
struct Holdings {
    everywhere: PermissionSet,
    at: BTreeMap<StoreId, PermissionSet>,
    is_active: bool,
}

impl Holdings {
    fn at(&self, store: StoreId) -> PermissionSet {
        self.everywhere.at_a_store().union(self.at.get(&store).copied().unwrap_or_default())
    }
}

/// What everybody in a tenant holds.
#[derive(Debug, Clone, Default, PartialEq)]
struct Held(BTreeMap<UserId, Holdings>);

impl Held {
    /// What lists show to whoever may read them; the tenant must have an active owner, who always may.
    async fn read(town: &mut Town, whose: usize) -> Result<Self, String> {
        for who in 0..town.tenants[whose].people.len() {
            let Ok(actor) = town.actor(whose, who).await else { continue };
            let deps = &town.world.deps;
            let of_members = ListMembers { page: most(), ..ListMembers::default() };
            let of_roles = ListRoles { page: most(), ..ListRoles::default() };
            let members = members::list(&actor, deps, of_members).await;
            let (Ok(members), Ok(roles)) = (members, roles::list(&actor, deps, of_roles).await) else { continue };
            let roles: BTreeMap<RoleId, Role> = roles.items.into_iter().map(|role| (role.base.id, role)).collect();
            let (mut held, mut owners) = (Self::default(), 0);
            for member in members.items {
                let is_active = member.membership.status == MembershipStatus::Active;
                let holdings = held.0.entry(member.membership.user_id).or_default();
                holdings.is_active = is_active;
                for grant in member.grants {
                    let role = &roles[&grant.role_id];
                    let place = match grant.store_id {
                        Some(store) => holdings.at.entry(store).or_default(),
                        None => &mut holdings.everywhere,
                    };
                    *place = place.union(role.gives(grant.store_id));
                    let rules = role.system == Some(SystemRole::Owner) && grant.store_id.is_none();
                    owners += usize::from(is_active && rules);
                }
            }
            holds_that!(owners > 0, "no active owner is left");
            return Ok(held);
        }
        Err("nobody is left who may see members and roles, an owner among them".to_owned())
    }

    fn is_still(&self, after: &Self) -> Outcome {
        holds_that!(self == after, "the other tenant's rights changed: {self:?} became {after:?}");
        Ok(())
    }

    /// Whether everything that somebody holds now and did not before was held there by the giver. Answers how many got
    /// something.
    fn may_become(&self, after: &Self, giver: Option<UserId>) -> Result<usize, String> {
        let none = Holdings::default();
        let giver = giver.and_then(|giver| self.0.get(&giver)).unwrap_or(&none);
        let mut raised = 0;
        for (user, now) in &after.0 {
            let before = self.0.get(user).unwrap_or(&none);
            let given = now.everywhere.minus(before.everywhere);
            let above = given.minus(giver.everywhere);
            holds_that!(above.is_empty(), "{user} got {:?} everywhere", above.codes());
            let stores: BTreeSet<_> = now.at.keys().collect();
            let mut got = !given.is_empty();
            for store in stores {
                let given = now.at(*store).minus(before.at(*store));
                let above = given.minus(giver.at(*store));
                holds_that!(above.is_empty(), "{user} got {:?} at {store}", above.codes());
                got |= !given.is_empty();
            }
            raised += usize::from(got);
        }
        Ok(raised)
    }
}

fn most<S: Default>() -> PageRequest<S> {
    PageRequest { limit: Limit::nearest(100), ..PageRequest::default() }
}
