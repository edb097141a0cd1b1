//! # Why nothing is written, and the same is refused
//!
//! A preview asks the very function that a change asks whether it may be made ([`changed`](super::change::changed)), so
//! that what it refuses, the change refuses. A deletion takes everything that a role gives; its preview is that of a role
//! that holds nothing, for which the rules are the same.
//!
//! # How much is read
//!
//! Who is affected is known only when all other roles of those who hold the role are: these are read at once, in a number of
//! statements that does not depend on how many they are. It costs some hundred bytes of memory for each grant; addresses and
//! names are read for the page alone.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::change::changed;
use super::difference::{Difference, differences};
use super::{ChangeRole, HeldRole, Role, RoleError, RoleHolder, RoleId};
use crate::Deps;
use crate::access::names;
use crate::members::Member;
use crate::services::Service;
use crate::shared::{Direction, Name, Page, PageRequest, Position, SortValue};
use crate::tenancy::{Actor, MembersRead, PermissionSet, RolesWrite, ServiceAccountsRead};
use crate::uow::ReadUnit;

/// A change of a role that is not made.
#[derive(Debug, Clone)]
pub struct PreviewRole {
    /// The change.
    pub change: ChangeRole,
    /// Which page of those affected: members first, each kind by id. A position's value says which kind, as
    /// [`SortValue::Int`].
    pub page: PageRequest<()>,
}

/// What would come of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The permissions that the role would hold and does not now.
    pub added: PermissionSet,
    /// The permissions that it holds and would not.
    pub removed: PermissionSet,
    /// How many it concerns.
    pub counts: Counts,
    /// Those for whom something would differ.
    pub affected: Page<Affected>,
}

/// How many members and service accounts a change concerns, suspended and disabled ones included: what they gain and lose
/// counts once they are let in again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Who hold the role, somewhere.
    pub holders: usize,
    /// For whom something would differ.
    pub affected: usize,
    /// Who would gain something, somewhere.
    pub gaining: usize,
    /// Who would lose something, somewhere.
    pub losing: usize,
}

/// A member or a service account, as those see one who may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AffectedHolder {
    /// A member.
    Member(Member),
    /// A service account.
    Service(Service),
}

impl AffectedHolder {
    /// Which one.
    pub fn holder(&self) -> RoleHolder {
        match self {
            Self::Member(member) => RoleHolder::Member(member.membership.user_id),
            Self::Service(service) => RoleHolder::Service(service.account.base.id),
        }
    }
}

/// Somebody for whom something would differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affected {
    /// Who.
    pub who: AffectedHolder,
    /// What, the whole tenant first; of each store its name, for who may see it.
    pub changes: Vec<(Difference, Option<Name>)>,
}

/// Tells who would gain and lose what if a role were changed like this. It needs what the change needs, and `members.read`
/// and `service_accounts.read`, since it shows both.
///
/// # Errors
///
/// Those of the change: see [`RoleError`].
pub async fn preview(actor: &Actor, deps: &Deps, id: RoleId, query: PreviewRole) -> Result<Preview, RoleError> {
    actor.authorize(RolesWrite)?;
    let accounts = actor.authorize(ServiceAccountsRead)?;
    let scope = actor.authorize(MembersRead)?.narrow(accounts.stores());
    let unit = deps.db.read(&scope).await?;
    let unit = unit.as_ref();
    let before = unit.roles().find(id).await?.ok_or(RoleError::NotFound)?;
    let after = changed(&before, query.change, actor.permissions())?;
    name_is_free(unit, &before, &after).await?;
    let mut grants = unit.members().grants_of_holders(id).await?;
    grants.extend(unit.services().grants_of_holders(id).await?);
    let ids: BTreeSet<_> = grants.iter().map(|grant| grant.role_id).collect();
    let roles = unit.roles().find_all(&Vec::from_iter(ids)).await?;
    let affected = differences(&grants, &roles, &after);
    let held = grants.iter().filter(|held: &&HeldRole| held.role_id == id);
    let holders: BTreeSet<_> = held.map(|held| held.holder).collect();
    let many = |what: fn(&Difference) -> PermissionSet| {
        affected.values().filter(|places| places.iter().any(|place| !what(place).is_empty())).count()
    };
    let counts = Counts {
        holders: holders.len(),
        affected: affected.len(),
        gaining: many(|place| place.gains),
        losing: many(|place| place.loses),
    };
    let affected = described(actor, unit, cut(affected.into_iter(), &query.page)).await?;
    let (added, removed) = (after.permissions.minus(before.permissions), before.permissions.minus(after.permissions));
    Ok(Preview { added, removed, counts, affected })
}

/// The change would find out by the database's own rule.
async fn name_is_free(unit: &dyn ReadUnit, before: &Role, after: &Role) -> Result<(), RoleError> {
    if after.name.key() == before.name.key() {
        return Ok(());
    }
    let taken = unit.roles().find_named(&after.name).await?;
    if taken.is_some_and(|other| other.base.id != after.base.id) { Err(RoleError::NameTaken) } else { Ok(()) }
}

type Row = (RoleHolder, Vec<Difference>);

/// Where a row stands: the order of holders, as a position tells it.
fn position(holder: RoleHolder) -> Position {
    match holder {
        RoleHolder::Member(user) => Position { value: SortValue::Int(0), id: user.as_uuid() },
        RoleHolder::Service(account) => Position { value: SortValue::Int(1), id: account.as_uuid() },
    }
}

/// One page of rows that come in ascending order.
fn cut(rows: impl DoubleEndedIterator<Item = Row>, request: &PageRequest<()>) -> Page<Row> {
    let key = |position: &Position| (matches!(position.value, SortValue::Int(1)), position.id);
    let after = request.after.as_ref().map(key);
    let most = request.limit.get() as usize + 1;
    let beyond = |(holder, _): &Row, place| after.is_none_or(|after| key(&position(*holder)).cmp(&after) == place);
    let rows: Vec<_> = match request.direction {
        Direction::Ascending => rows.filter(|row| beyond(row, Ordering::Greater)).take(most).collect(),
        Direction::Descending => rows.rev().filter(|row| beyond(row, Ordering::Less)).take(most).collect(),
    };
    Page::cut(rows, request.limit, |(holder, _)| position(*holder))
}

/// The rows of a page with what those affected are called.
async fn described(actor: &Actor, unit: &dyn ReadUnit, page: Page<Row>) -> Result<Page<Affected>, RoleError> {
    let (mut users, mut accounts) = (Vec::new(), Vec::new());
    for (holder, _) in &page.items {
        match holder {
            RoleHolder::Member(user) => users.push(*user),
            RoleHolder::Service(account) => accounts.push(*account),
        }
    }
    let members = unit.members().find_all(&users).await?.into_iter().map(AffectedHolder::Member);
    let services = unit.services().find_all(&accounts).await?.into_iter().map(AffectedHolder::Service);
    let mut known: BTreeMap<_, _> = members.chain(services).map(|who| (who.holder(), who)).collect();
    let stores = page.items.iter().flat_map(|(_, places)| places.iter().filter_map(|place| place.store));
    let names = names(actor, unit, stores).await?;
    let named = |place: Difference| {
        let name = place.store.and_then(|store| names.get(&store).cloned());
        (place, name)
    };
    let affected = page.items.into_iter().filter_map(|(holder, places)| {
        let who = known.remove(&holder)?;
        Some(Affected { who, changes: places.into_iter().map(named).collect() })
    });
    Ok(Page { items: affected.collect(), next: page.next })
}
