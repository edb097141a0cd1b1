//! # Who may ask, and what they learn
//!
//! About oneself everybody may ask, in a suspended tenant too: it tells one's own roles. A store that no permission of
//! theirs reaches is not there, as at every other route, so that asking finds out no store.
//!
//! About members may ask who sees members and roles, about service accounts who sees those and roles. These permissions
//! count in the whole tenant only; the lists show such a person every grant at every store already, so nothing is left out
//! here. Names of stores are another matter: they are told where `stores.read` is held, and a deleted store is there for who
//! holds `deleted.read`. Who gave a role is told to those who may see members.
//!
//! # How long an answer is
//!
//! Somebody has at most one grant for each role and store; all of them are read, as with any request of theirs. At most
//! [`MOST`] are told, the most telling first, and how many are left out.

use std::collections::{BTreeMap, BTreeSet};

use super::AccessError;
use super::explanation::{CarriedGrant, Explanation, Facts, Place, Reason, explanation};
use crate::Deps;
use crate::roles::RoleHolder;
use crate::shared::{Limit, Name, RepositoryError};
use crate::stores::StoreId;
use crate::tenancy::{
    Actor, DeletedRead, MemberActor, MembersRead, Permission, Read, RolesRead, ServiceAccountsRead, Standing, StoreSet,
    StoresRead, TenantScope,
};
use crate::tenants::TenantStatus;
use crate::uow::ReadUnit;

/// The most grants that one answer tells.
const MOST: usize = Limit::MAX as usize;

/// May somebody do this?
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// Who; `None` is the one who asks.
    pub holder: Option<RoleHolder>,
    /// What.
    pub permission: Permission,
    /// At which store; `None` is anywhere in the tenant.
    pub store: Option<StoreId>,
}

/// A grant as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedGrant {
    /// The grant, its role, and whether it counts where that is asked for.
    pub carried: CarriedGrant,
    /// The store's name, for who may see it.
    pub store_name: Option<Name>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// Who.
    pub holder: RoleHolder,
    /// Whether they may.
    pub allowed: bool,
    /// Where their roles give the permission; `None` where they give it nowhere.
    pub reach: Option<StoreSet>,
    /// The grants whose roles hold it.
    pub grants: Vec<ExplainedGrant>,
    /// How many more grants there are.
    pub left_out: usize,
    /// Why not; empty where they may.
    pub reasons: Vec<Reason>,
}

/// Tells whether somebody may do what needs a permission, by which roles, and if not, why not.
///
/// # Errors
///
/// See [`AccessError`].
pub async fn explain(actor: &MemberActor, deps: &Deps, question: Question) -> Result<Explained, AccessError> {
    let holder = question.holder.unwrap_or(RoleHolder::Member(actor.user_id()));
    let unit = deps.db.read(&scope_for(actor, holder)?).await?;
    let unit = unit.as_ref();
    let rights = match holder {
        RoleHolder::Member(user) => unit.members().rights(user).await?,
        RoleHolder::Service(account) => unit.services().rights(account).await?,
    };
    let rights = rights.ok_or(AccessError::NotFound)?;
    let place = match question.store {
        Some(store) => Some(place(actor, unit, store).await?),
        None => None,
    };
    let given = match holder {
        RoleHolder::Member(user) => unit.members().given(user).await?,
        RoleHolder::Service(account) => unit.services().given(account).await?,
    };
    let ids: BTreeSet<_> = given.iter().map(|given| given.role_id).collect();
    let roles = unit.roles().find_all(&Vec::from_iter(ids)).await?;
    let facts = Facts {
        holder,
        permission: question.permission,
        place,
        standing: actor.standing(),
        of_the_tenant: of_the_tenant(actor, deps, unit).await?,
        rights: &rights,
        given,
        roles: &roles,
    };
    told(actor, unit, holder, explanation(facts)).await
}

/// One's own grants, or the whole tenant for who may see such holders and their roles.
fn scope_for(actor: &MemberActor, holder: RoleHolder) -> Result<TenantScope<Read>, AccessError> {
    if holder == RoleHolder::Member(actor.user_id()) {
        return Ok(actor.own_reach());
    }
    let roles = actor.authorize(RolesRead)?;
    let scope = match holder {
        RoleHolder::Member(_) => actor.authorize(MembersRead)?,
        RoleHolder::Service(_) => actor.authorize(ServiceAccountsRead)?,
    };
    Ok(scope.narrow(roles.stores()))
}

/// The store that is asked about, if it is there for the one who asks.
async fn place(actor: &Actor, unit: &dyn ReadUnit, store: StoreId) -> Result<Place, AccessError> {
    let sees_deleted = actor.authorize(DeletedRead).is_ok_and(|scope| scope.stores().contains(store));
    let found =
        if sees_deleted { unit.stores().find_with_deleted(store).await? } else { unit.stores().find(store).await? };
    let found = found.ok_or(AccessError::NotFound)?;
    Ok(Place { store, is_deleted: found.base.deletion.is_some() })
}

/// Why the tenant lets nobody do anything, if it does not. Its own record is read only then.
async fn of_the_tenant(actor: &Actor, deps: &Deps, unit: &dyn ReadUnit) -> Result<Option<Reason>, AccessError> {
    if actor.standing() == Standing::Active {
        return Ok(None);
    }
    let tenant = unit.tenant().get().await?;
    Ok(Some(match tenant.status {
        TenantStatus::Closing => Reason::TenantClosing,
        TenantStatus::Active if !tenant.status.is_in_use(tenant.expires_at, deps.clock.now()) => Reason::TenantExpired,
        TenantStatus::Active | TenantStatus::Suspended => Reason::TenantSuspended,
    }))
}

/// The explanation as the one who asks may hear it.
async fn told(
    actor: &Actor,
    unit: &dyn ReadUnit,
    holder: RoleHolder,
    explanation: Explanation,
) -> Result<Explained, AccessError> {
    let Explanation { allowed, reach, mut grants, reasons } = explanation;
    let left_out = grants.len().saturating_sub(MOST);
    grants.truncate(MOST);
    let names = names(actor, unit, grants.iter().filter_map(|carried| carried.given.store_id)).await?;
    let sees_members = actor.authorize(MembersRead).is_ok();
    let tell = |mut carried: CarriedGrant| {
        carried.given.by = carried.given.by.filter(|_| sees_members);
        let store_name = carried.given.store_id.and_then(|store| names.get(&store).cloned());
        ExplainedGrant { carried, store_name }
    };
    let grants = grants.into_iter().map(tell).collect();
    Ok(Explained { holder, allowed, reach, grants, left_out, reasons })
}

/// The names of those stores that the actor may see.
pub(crate) async fn names(
    actor: &Actor,
    unit: &dyn ReadUnit,
    stores: impl Iterator<Item = StoreId>,
) -> Result<BTreeMap<StoreId, Name>, RepositoryError> {
    let Ok(seen) = actor.authorize(StoresRead) else { return Ok(BTreeMap::new()) };
    let ids: BTreeSet<_> = stores.filter(|store| seen.stores().contains(*store)).collect();
    let stores = unit.stores().find_all(&Vec::from_iter(ids)).await?;
    Ok(stores.into_iter().map(|store| (store.base.id, store.name)).collect())
}
