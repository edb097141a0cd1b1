//! What is told of rights is what they are: whoever asks why is told what the check at the door decides, and what a preview
//! foretells of a change is what the change does.

use std::collections::BTreeMap;

use cotenant_domain::Deps;
use cotenant_domain::access::{AccessError, Explained, Question, explain};
use cotenant_domain::roles::{self, ChangeRole, Difference, Preview, PreviewRole, RoleError, RoleHolder};
use cotenant_domain::shared::{Fault, Limit, PageRequest};
use cotenant_domain::stores::{self, StoreId};
use cotenant_domain::tenancy::{self, Actor, Holdings, MemberActor, MembersRead, Permission, PermissionSet, StoreSet};
use cotenant_testkit::World;
use cotenant_testkit::world::Adapters;
use cotenant_tests::{FreshDatabase, prove};
use proptest::prelude::*;

use crate::acts::{Act, Nth, Step, on_rights, on_things, set_of, steps};
use crate::programs::on_programs;
use crate::runner::{Count, Outcome, holds, holds_that};
use crate::town::Town;

/// How often each thing was looked at.
#[derive(Clone, Default)]
struct Counts {
    cases: Count,
    asked: Count,
    allowed: Count,
    programs_allowed: Count,
    programs_refused: Count,
    foretold: Count,
    affected: Count,
    programs_affected: Count,
    refused: Count,
}

/// Acts on rights, changes and deletions of roles above all, and some on programs and stores.
fn acts() -> BoxedStrategy<Act> {
    let change = (any::<Nth>(), any::<u64>(), any::<u64>()).prop_map(|(role, a, b)| Act::ChangeRole {
        role,
        permissions: a & b,
        seen: None,
    });
    let delete = any::<Nth>().prop_map(|role| Act::DeleteRole { role });
    prop_oneof![4 => on_rights(), 2 => on_programs(), 4 => change, 1 => delete, 1 => on_things()].boxed()
}

pub(crate) async fn what_is_told_of_rights_is_what_they_are(database: FreshDatabase) {
    let world = World::bootstrap_over(Adapters::over(database.adapters())).await;
    let counts = Counts::default();
    let counted = counts.clone();
    holds(
        "why",
        prove::times(3, 30),
        || steps(acts(), 40),
        async move |steps: Vec<Step>| {
            let mut town = Town::found(&world, counted.cases.next()).await.settle().await.with_programs().await;
            for (n, step) in steps.iter().enumerate() {
                act(&mut town, step, &counted).await.map_err(|said| format!("act {n}, {step:?}: {said}"))?;
                ask(&mut town, step.whose, n, &counted).await.map_err(|said| format!("after act {n}: {said}"))?;
            }
            Ok(())
        },
    )
    .await;
    let Counts { cases, asked, allowed, foretold, affected, refused, .. } = &counts;
    for (many, of_what) in [(allowed.get() * 4, "allowed"), ((asked.get() - allowed.get()) * 4, "not allowed")] {
        assert!(many > asked.get(), "{many} times four {of_what} of {} questions", asked.get());
    }
    let some_of_each = foretold.get() > 0 && affected.get() > 0 && refused.get() > 0;
    assert!(some_of_each, "{} foretold, {} affected, {} refused", foretold.get(), affected.get(), refused.get());
    let of_programs = [&counts.programs_allowed, &counts.programs_refused, &counts.programs_affected].map(Count::get);
    assert!(of_programs.iter().all(|count| *count > 0), "allowed, not allowed and affected programs: {of_programs:?}");
    let told = [
        ("sequences", cases.get()),
        ("questions", asked.get()),
        ("of these allowed", allowed.get()),
        ("programs allowed", counts.programs_allowed.get()),
        ("changes foretold", foretold.get()),
        ("members and programs affected", affected.get()),
        ("of these programs", counts.programs_affected.get()),
        ("refusals foretold", refused.get()),
        ("told otherwise than it is", 0),
    ];
    prove::figures("told is done", &format!("{:?}", database.kind), &told);
}

/// Somebody who may see everything; there always is one.
async fn watcher(town: &mut Town, whose: usize) -> Result<MemberActor, String> {
    for who in 0..town.tenants[whose].people.len() {
        match town.actor(whose, who).await {
            Ok(actor) if actor.permissions() == PermissionSet::all() => return Ok(actor),
            _ => {}
        }
    }
    Err("nobody holds everything".to_owned())
}

/// What everybody's roles come to, read where a request reads it.
async fn everybody(town: &mut Town, whose: usize) -> Result<BTreeMap<RoleHolder, Holdings>, String> {
    let watcher = watcher(town, whose).await?;
    let scope = watcher.authorize(MembersRead).map_err(|error| error.to_string())?;
    let unit = town.world.deps.db.read(&scope).await.map_err(|error| error.to_string())?;
    let mut held = BTreeMap::new();
    for person in &town.tenants[whose].people {
        let rights = unit.members().rights(person.id).await.map_err(|error| error.to_string())?;
        held.insert(
            RoleHolder::Member(person.id),
            rights.map(|rights| Holdings::of(&rights.grants)).unwrap_or_default(),
        );
    }
    for program in &town.tenants[whose].programs {
        let rights = unit.services().rights(program.id).await.map_err(|error| error.to_string())?;
        let held_by_it = rights.map(|rights| Holdings::of(&rights.grants)).unwrap_or_default();
        held.insert(RoleHolder::Service(program.id), held_by_it);
    }
    Ok(held)
}

/// Does something; where it changes a role, what was foretold is held against what happens.
async fn act(town: &mut Town, step: &Step, counts: &Counts) -> Outcome {
    let change = match step.act {
        Act::ChangeRole { role, permissions, seen } => (role, set_of(permissions), seen),
        Act::DeleteRole { role } => (role, PermissionSet::EMPTY, None),
        _ => {
            let _whatever_is_answered = town.perform(step).await;
            return Ok(());
        }
    };
    let (role, permissions, expected) = change;
    let (Some(id), Ok(actor)) = (town.role(step.whose, role), town.actor(step.whose, usize::from(step.who)).await)
    else {
        return Ok(());
    };
    let change = ChangeRole { permissions: Some(permissions), expected, ..ChangeRole::default() };
    let page = PageRequest { limit: Limit::nearest(100), ..PageRequest::default() };
    let deps = town.world.deps.clone();
    let foretold = roles::preview(&actor, &deps, id, PreviewRole { change, page }).await;
    let before = everybody(town, step.whose).await?;
    let done = town.perform(step).await;
    let after = everybody(town, step.whose).await?;
    match (foretold, done) {
        (Err(RoleError::Denied(_)), _) if !sees_holders(&actor) => Ok(()),
        (Err(foretold), Err(code)) => {
            counts.refused.add(1);
            holds_that!(foretold.code() == code, "foretold {}, answered {code}", foretold.code());
            Ok(())
        }
        (Ok(preview), Ok(_)) => {
            counts.foretold.add(1);
            counts.affected.add(preview.counts.affected);
            let programs =
                preview.affected.items.iter().filter(|row| matches!(row.who.holder(), RoleHolder::Service(_)));
            counts.programs_affected.add(programs.count());
            let places: Vec<_> =
                std::iter::once(None).chain(town.tenants[step.whose].stores.iter().map(|store| Some(*store))).collect();
            came_true(&preview, &before, &after, &places)
        }
        (foretold, done) => Err(format!("foretold {foretold:?}, answered {done:?}")),
    }
}

/// Whether somebody may see whom a preview tells of.
fn sees_holders(actor: &Actor) -> bool {
    let held = actor.permissions();
    held.contains(Permission::MembersRead) && held.contains(Permission::ServiceAccountsRead)
}

fn holds_at(held: &Holdings, permission: Permission, place: Option<StoreId>) -> bool {
    match (held.reach(permission), place) {
        (Some(StoreSet::All), _) => true,
        (Some(StoreSet::Only(stores)), Some(store)) => stores.contains(&store),
        _ => false,
    }
}

/// Whether a preview leads from what everybody held exactly to what everybody holds, and says nothing besides.
fn came_true(
    preview: &Preview,
    before: &BTreeMap<RoleHolder, Holdings>,
    after: &BTreeMap<RoleHolder, Holdings>,
    places: &[Option<StoreId>],
) -> Outcome {
    let (mut affected, mut gaining, mut losing) = (0, 0, 0);
    for (holder, was) in before {
        let is = &after[holder];
        let row = preview.affected.items.iter().find(|row| row.who.holder() == *holder);
        let told = |place: Option<StoreId>| {
            row.and_then(|row| row.changes.iter().map(|(told, _)| told).find(|told| told.store == place))
        };
        let (mut gains, mut loses) = (false, false);
        for place in places {
            for permission in Permission::ALL {
                let (had, has) = (holds_at(was, *permission, *place), holds_at(is, *permission, *place));
                let foretold = foretold(had, *permission, told(None), told(*place));
                holds_that!(foretold == has, "{holder:?}, {permission} at {place:?}: foretold {foretold}, is {has}");
                gains |= has && !had;
                loses |= had && !has;
                let said = told(*place).is_some_and(|told| {
                    told.gains.contains(*permission) && had || told.loses.contains(*permission) && has
                });
                holds_that!(!said, "{holder:?}, {permission} at {place:?}: nothing differs, and it is told");
            }
        }
        affected += usize::from(gains || loses);
        gaining += usize::from(gains);
        losing += usize::from(loses);
        holds_that!(row.is_some() == (gains || loses), "{holder:?} is told: {}", row.is_some());
    }
    let counts = preview.counts;
    let counted = (counts.affected, counts.gaining, counts.losing);
    holds_that!(counted == (affected, gaining, losing), "counted {counted:?}, are {:?}", (affected, gaining, losing));
    Ok(())
}

/// What a preview says somebody will hold at a place, who held it there or not.
fn foretold(had: bool, permission: Permission, everywhere: Option<&Difference>, here: Option<&Difference>) -> bool {
    let says = |told: Option<&Difference>, what: fn(&Difference) -> PermissionSet| {
        told.is_some_and(|told| what(told).contains(permission))
    };
    if says(everywhere, |told| told.gains) || says(here, |told| told.gains) {
        return true;
    }
    let lost = says(everywhere, |told| told.loses) || says(here, |told| told.loses);
    if lost { says(here, |told| told.keeps) } else { had }
}

type Check = (Permission, fn(&Actor) -> Option<StoreSet>);

macro_rules! checks {
    ($($name:ident)*) => {
        &[$((Permission::$name, |actor| actor.authorize(tenancy::$name).ok().map(|scope| scope.stores().clone()))),*]
    };
}

/// The check at the door of each permission.
const CHECKS: &[Check] = checks! {
    TenantRead TenantUpdate StoresRead StoresCreate StoresUpdate StoresDelete ProductsRead ProductsCreate ProductsUpdate
    ProductsDelete RolesRead RolesWrite RolesGrant MembersRead MembersUpdate MembersRemove InvitationsRead
    InvitationsCreate InvitationsDelete AuditRead ServiceAccountsRead ServiceAccountsManage SupportRead SupportEnd
    DeletedRead JobsRead JobsManage
};

/// Asks about some of them, which differ from turn to turn: about people and programs alike.
async fn ask(town: &mut Town, whose: usize, turn: usize, counts: &Counts) -> Outcome {
    let watcher = watcher(town, whose).await?;
    let deps = town.world.deps.clone();
    holds_that!(CHECKS.len() == Permission::ALL.len(), "every permission is asked about");
    for nth in 0..4 {
        let (permission, check) = CHECKS[(turn * 5 + nth * 8) % CHECKS.len()];
        let stores = &town.tenants[whose].stores;
        let store = match (turn + nth) % (stores.len() + 1) {
            0 => None,
            n => Some(stores[n - 1]),
        };
        let lives = match store {
            Some(store) => stores::view(&watcher, &deps, store, false).await.is_ok(),
            None => true,
        };
        let may = |actor: Option<&Actor>| {
            let reached = actor.and_then(check);
            lives && reached.is_some_and(|reached| store.is_none_or(|store| reached.contains(store)))
        };
        let (people, programs) = (town.tenants[whose].people.len(), town.tenants[whose].programs.len());
        let who = (turn + nth) % (people + programs);
        if let Some(nth) = who.checked_sub(people) {
            let program = town.program(whose, nth).await.ok();
            let (holder, may) = (RoleHolder::Service(town.tenants[whose].programs[nth].id), may(program.as_deref()));
            is_told(&watcher, &deps, Question { holder: Some(holder), permission, store }, may, counts).await?;
            let counted = if may { &counts.programs_allowed } else { &counts.programs_refused };
            counted.add(1);
            continue;
        }
        let holder = RoleHolder::Member(town.tenants[whose].people[who].id);
        let actor = town.actor(whose, who).await.ok();
        let may = may(actor.as_deref());
        let question = Question { holder: Some(holder), permission, store };
        let told = is_told(&watcher, &deps, question, may, counts).await?;
        let Some(actor) = actor else { continue };
        match explain(&actor, &deps, Question { holder: None, ..question }).await {
            Ok(own) => {
                holds_that!(own.allowed == may && own.reasons == told.reasons, "{question:?}: {own:?}, {told:?}")
            }
            Err(AccessError::NotFound) => holds_that!(!may && store.is_some(), "{question:?}: not there"),
            Err(error) => return Err(format!("{question:?}: {error}")),
        }
    }
    Ok(())
}

/// Asks, and holds what is told against what is.
async fn is_told(
    watcher: &MemberActor,
    deps: &Deps,
    question: Question,
    may: bool,
    counts: &Counts,
) -> Result<Explained, String> {
    let told = explain(watcher, deps, question).await.map_err(|error| format!("{question:?}: {error}"))?;
    holds_that!(told.allowed == may, "{question:?}: told {told:?}, is {may}");
    holds_that!(told.reasons.is_empty() == may, "{question:?}: {told:?}");
    let counting = told.grants.iter().any(|grant| grant.carried.counts);
    holds_that!(!may || counting, "{question:?}: by no grant: {told:?}");
    counts.asked.add(1);
    counts.allowed.add(usize::from(may));
    Ok(told)
}
