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

use std::collections::BTreeSet;

use super::change::changed;
use super::difference::{Difference, differences};
use super::{ChangeRole, Role, RoleError, RoleId};
use crate::Deps;
use crate::access::names;
use crate::identity::UserId;
use crate::members::Member;
use crate::shared::{Direction, Name, Page, PageRequest, Position, SortValue};
use crate::tenancy::{Actor, MembersRead, PermissionSet, RolesWrite};
use crate::uow::ReadUnit;

/// A change of a role that is not made.
#[derive(Debug, Clone)]
pub struct PreviewRole {
    /// The change.
    pub change: ChangeRole,
    /// Which page of those affected, by the person's id.
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
    pub members: Page<Affected>,
}

/// How many members a change concerns, suspended ones included: what they gain and lose counts once they are let in again.
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

/// A member for whom something would differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affected {
    /// The member.
    pub member: Member,
    /// What, the whole tenant first; of each store its name, for who may see it.
    pub changes: Vec<(Difference, Option<Name>)>,
}

/// Tells who would gain and lose what if a role were changed like this. It needs what the change needs, and `members.read`,
/// since it shows members.
///
/// # Errors
///
/// Those of the change: see [`RoleError`].
pub async fn preview(actor: &Actor, deps: &Deps, id: RoleId, query: PreviewRole) -> Result<Preview, RoleError> {
    actor.authorize(RolesWrite)?;
    let scope = actor.authorize(MembersRead)?;
    let unit = deps.db.read(&scope).await?;
    let unit = unit.as_ref();
    let before = unit.roles().find(id).await?.ok_or(RoleError::NotFound)?;
    let after = changed(&before, query.change, actor.permissions())?;
    name_is_free(unit, &before, &after).await?;
    let grants = unit.members().grants_of_holders(id).await?;
    let ids: BTreeSet<_> = grants.iter().map(|grant| grant.role_id).collect();
    let roles = unit.roles().find_all(&Vec::from_iter(ids)).await?;
    let affected = differences(&grants, &roles, &after);
    let holders: BTreeSet<_> = grants.iter().filter(|g| g.role_id == id).map(|g| g.user_id).collect();
    let many = |what: fn(&Difference) -> PermissionSet| {
        affected.values().filter(|places| places.iter().any(|place| !what(place).is_empty())).count()
    };
    let counts = Counts {
        holders: holders.len(),
        affected: affected.len(),
        gaining: many(|place| place.gains),
        losing: many(|place| place.loses),
    };
    let members = described(actor, unit, cut(affected.into_iter(), &query.page)).await?;
    let (added, removed) = (after.permissions.minus(before.permissions), before.permissions.minus(after.permissions));
    Ok(Preview { added, removed, counts, members })
}

/// The change would find out by the database's own rule.
async fn name_is_free(unit: &dyn ReadUnit, before: &Role, after: &Role) -> Result<(), RoleError> {
    if after.name.key() == before.name.key() {
        return Ok(());
    }
    let taken = unit.roles().find_named(&after.name).await?;
    if taken.is_some_and(|other| other.base.id != after.base.id) { Err(RoleError::NameTaken) } else { Ok(()) }
}

type Row = (UserId, Vec<Difference>);

/// One page of rows that come in ascending order.
fn cut(rows: impl DoubleEndedIterator<Item = Row>, request: &PageRequest<()>) -> Page<Row> {
    let after = request.after.as_ref().map(|position| position.id);
    let most = request.limit.get() as usize + 1;
    let beyond = |(user, _): &Row, place| after.is_none_or(|after| user.as_uuid().cmp(&after) == place);
    let rows: Vec<_> = match request.direction {
        Direction::Ascending => rows.filter(|row| beyond(row, std::cmp::Ordering::Greater)).take(most).collect(),
        Direction::Descending => rows.rev().filter(|row| beyond(row, std::cmp::Ordering::Less)).take(most).collect(),
    };
    Page::cut(rows, request.limit, |(user, _)| Position { value: SortValue::Id, id: user.as_uuid() })
}

/// The rows of a page with what people are called.
async fn described(actor: &Actor, unit: &dyn ReadUnit, page: Page<Row>) -> Result<Page<Affected>, RoleError> {
    let ids: Vec<_> = page.items.iter().map(|(user, _)| *user).collect();
    let members = unit.members().find_all(&ids).await?;
    let stores = page.items.iter().flat_map(|(_, places)| places.iter().filter_map(|place| place.store));
    let names = names(actor, unit, stores).await?;
    let named = |place: Difference| {
        let name = place.store.and_then(|store| names.get(&store).cloned());
        (place, name)
    };
    let affected = page.items.into_iter().filter_map(|(user, places)| {
        let member = members.iter().find(|member| member.membership.user_id == user)?.clone();
        Some(Affected { member, changes: places.into_iter().map(named).collect() })
    });
    Ok(Page { items: affected.collect(), next: page.next })
}
