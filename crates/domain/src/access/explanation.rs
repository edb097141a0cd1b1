//! The reasoning, without any reading.
//!
//! # Why it does not decide
//!
//! Whether somebody may is asked of [`decide`], which lets requests in. What stands here only finds words for its answer:
//! whichever way that turns, `reasons` is empty if and only if the answer is yes.

use crate::members::MembershipStatus;
use crate::roles::{GivenRole, Role, RoleHolder};
use crate::stores::StoreId;
use crate::tenancy::{Denied, Holdings, Permission, Reach, Rights, Standing, StoreSet, decide};

/// Why somebody may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// An operator suspended the tenant.
    TenantSuspended,
    /// The tenant's time has run out.
    TenantExpired,
    /// The tenant is deleted and waits for its purge.
    TenantClosing,
    /// The membership is paused.
    MemberSuspended,
    /// The membership has ended.
    MemberRemoved,
    /// The service account is disabled, and its keys are refused.
    ServiceAccountDisabled,
    /// Service accounts do not do this, whatever they hold.
    PeopleOnly,
    /// The store is deleted; nothing is done there until it is restored.
    StoreDeleted,
    /// No role of theirs that is in force holds the permission.
    HeldNowhere,
    /// They hold it at other stores only.
    HeldElsewhere,
    /// It counts in the whole tenant only, and the roles that hold it are given at stores.
    NeedsWholeTenant,
}

impl Reason {
    /// The stable code, for example `held_elsewhere`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TenantSuspended => "tenant_suspended",
            Self::TenantExpired => "tenant_expired",
            Self::TenantClosing => "tenant_closing",
            Self::MemberSuspended => "member_suspended",
            Self::MemberRemoved => "member_removed",
            Self::ServiceAccountDisabled => "service_account_disabled",
            Self::PeopleOnly => "people_only",
            Self::StoreDeleted => "store_deleted",
            Self::HeldNowhere => "held_nowhere",
            Self::HeldElsewhere => "held_elsewhere",
            Self::NeedsWholeTenant => "needs_whole_tenant",
        }
    }
}

/// The store that is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) store: StoreId,
    pub(super) is_deleted: bool,
}

/// A grant in force whose role holds the permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarriedGrant {
    /// The grant.
    pub given: GivenRole,
    /// Its role.
    pub role: Role,
    /// Whether it gives the permission where that is asked for.
    pub counts: bool,
}

/// Whether somebody may, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Whether they may.
    pub allowed: bool,
    /// Where their roles give the permission, wherever it was asked for; `None` where they give it nowhere.
    pub reach: Option<StoreSet>,
    /// The grants whose roles hold it: first those that count, of these first those in the whole tenant, the oldest first.
    pub grants: Vec<CarriedGrant>,
    /// Why not, all that applies; empty where they may.
    pub reasons: Vec<Reason>,
}

/// What an explanation is made of.
pub(super) struct Facts<'a> {
    /// Who is asked about.
    pub(super) holder: RoleHolder,
    /// What is asked for.
    pub(super) permission: Permission,
    /// Where; `None` is anywhere in the tenant.
    pub(super) place: Option<Place>,
    /// Where the tenant stands.
    pub(super) standing: Standing,
    /// Why the tenant stands there, where it is not in use.
    pub(super) of_the_tenant: Option<Reason>,
    /// What their roles come to, as a request reads it.
    pub(super) rights: &'a Rights,
    /// Their grants.
    pub(super) given: Vec<GivenRole>,
    /// The live ones among the roles of these.
    pub(super) roles: &'a [Role],
}

/// Explains.
pub(super) fn explanation(facts: Facts<'_>) -> Explanation {
    let held = Holdings::of(&facts.rights.grants);
    let decided = |standing| decide(facts.holder.into(), standing, &held, facts.permission);
    let reaches = |stores: StoreSet| facts.place.is_none_or(|place| stores.contains(place.store));
    let gone = facts.place.is_some_and(|place| place.is_deleted);
    let allowed = decided(facts.standing).is_ok_and(reaches) && facts.rights.in_force() && !gone;
    let grants = carried(&facts, &held);
    let mut reasons: Vec<_> = facts.of_the_tenant.into_iter().collect();
    reasons.extend(match (facts.rights.status, facts.holder) {
        (MembershipStatus::Active, _) => None,
        (MembershipStatus::Suspended, RoleHolder::Member(_)) => Some(Reason::MemberSuspended),
        (MembershipStatus::Suspended, RoleHolder::Service(_)) => Some(Reason::ServiceAccountDisabled),
        (MembershipStatus::Removed, _) => Some(Reason::MemberRemoved),
    });
    reasons.extend(gone.then_some(Reason::StoreDeleted));
    reasons.extend(match decided(Standing::Active) {
        Ok(stores) if reaches(stores.clone()) => None,
        Err(Denied::PeopleOnly) => Some(Reason::PeopleOnly),
        _ => Some(lack(facts.permission, &grants)),
    });
    Explanation { allowed, reach: held.reach(facts.permission), grants, reasons }
}

/// The grants in force whose roles hold the permission.
fn carried(facts: &Facts<'_>, held: &Holdings) -> Vec<CarriedGrant> {
    let counts = |role: &Role, at: Option<StoreId>| {
        let there = at.is_none() || facts.place.is_none_or(|place| at == Some(place.store));
        there && role.gives(at).contains(facts.permission)
    };
    let in_force = |given: &GivenRole| {
        // A store that the rights do not know is deleted, and its grants give nothing.
        let lives = given.store_id.is_none_or(|store| held.at_stores().contains_key(&store));
        let role = facts.roles.iter().find(|role| role.base.id == given.role_id && lives)?;
        let counts = counts(role, given.store_id);
        role.permissions.contains(facts.permission).then(|| CarriedGrant { given: *given, role: role.clone(), counts })
    };
    let mut grants: Vec<_> = facts.given.iter().filter_map(in_force).collect();
    grants.sort_by_key(|carried| {
        let given = &carried.given;
        (!carried.counts, given.store_id.is_some(), given.at, given.role_id, given.store_id)
    });
    grants
}

/// Why a permission is not held where it is asked for.
fn lack(permission: Permission, carried: &[CarriedGrant]) -> Reason {
    match permission.reach() {
        _ if carried.is_empty() => Reason::HeldNowhere,
        Reach::Tenant => Reason::NeedsWholeTenant,
        Reach::Store => Reason::HeldElsewhere,
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, OffsetDateTime};
    use uuid::Uuid;

    use super::*;
    use crate::identity::UserId;
    use crate::roles::RoleId;
    use crate::services::ServiceAccountId;
    use crate::tenancy::Permission::{InvitationsCreate, MembersRead, ProductsRead, ProductsUpdate, StoresRead};
    use crate::tenancy::{Grant, TenantBase};
    use crate::tenants::TenantId;

    const HERE: u128 = 1;
    const THERE: u128 = 2;

    fn store(n: u128) -> StoreId {
        StoreId::new(Uuid::from_u128(n))
    }

    fn role(n: u128, permissions: &[Permission]) -> Role {
        let id = RoleId::new(Uuid::from_u128(n));
        Role {
            base: TenantBase::new(id, TenantId::new(Uuid::nil()), OffsetDateTime::UNIX_EPOCH),
            name: "Clerk".parse().unwrap(),
            description: None,
            permissions: permissions.iter().copied().collect(),
            system: None,
        }
    }

    fn given(role: u128, store_id: Option<u128>, day: i64) -> GivenRole {
        let (role_id, at) = (RoleId::new(Uuid::from_u128(role)), OffsetDateTime::UNIX_EPOCH + Duration::days(day));
        GivenRole { role_id, store_id: store_id.map(store), at, by: None }
    }

    fn member() -> RoleHolder {
        RoleHolder::Member(UserId::new(Uuid::nil()))
    }

    /// Asks about somebody in an active tenant; grants of roles that are not among `roles` are of deleted ones.
    fn ask(permission: Permission, at: Option<u128>, given: &[GivenRole], roles: &[Role]) -> Explanation {
        let permissions = |id| roles.iter().find(|role| role.base.id == id).map(|role| role.permissions);
        let in_force = given
            .iter()
            .filter_map(|given| Some(Grant { store: given.store_id, permissions: permissions(given.role_id)? }));
        let rights = Rights { status: MembershipStatus::Active, epoch: 1, grants: in_force.collect() };
        let place = at.map(|n| Place { store: store(n), is_deleted: false });
        let (standing, given) = (Standing::Active, given.to_vec());
        explanation(Facts {
            holder: member(),
            permission,
            place,
            standing,
            of_the_tenant: None,
            rights: &rights,
            given,
            roles,
        })
    }

    #[test]
    fn every_grant_that_gives_it_is_told_those_of_the_whole_tenant_first() {
        let roles = [role(1, &[ProductsRead]), role(2, &[ProductsRead, StoresRead])];
        let grants = [given(1, Some(HERE), 1), given(1, Some(THERE), 2), given(2, None, 3)];
        let told = ask(ProductsRead, Some(HERE), &grants, &roles);
        assert!(told.allowed && told.reasons.is_empty());
        assert_eq!(told.reach, Some(StoreSet::All));
        let order: Vec<_> = told.grants.iter().map(|carried| (carried.given, carried.counts)).collect();
        assert_eq!(order, [(grants[2], true), (grants[0], true), (grants[1], false)]);
    }

    #[test]
    fn what_is_held_at_another_store_only_is_told_as_that() {
        let told = ask(ProductsRead, Some(HERE), &[given(1, Some(THERE), 1)], &[role(1, &[ProductsRead])]);
        assert_eq!((told.allowed, told.reasons), (false, vec![Reason::HeldElsewhere]));
        assert_eq!(told.reach, Some(StoreSet::Only([store(THERE)].into())));
        let anywhere = ask(ProductsRead, None, &[given(1, Some(THERE), 1)], &[role(1, &[ProductsRead])]);
        assert!(anywhere.allowed, "somewhere is enough where no store is named");
    }

    #[test]
    fn what_counts_in_the_whole_tenant_is_not_held_at_a_store() {
        let told = ask(MembersRead, None, &[given(1, Some(HERE), 1)], &[role(1, &[MembersRead])]);
        assert_eq!((told.allowed, told.reasons, told.reach), (false, vec![Reason::NeedsWholeTenant], None));
        assert!(!told.grants[0].counts);
    }

    #[test]
    fn a_deleted_role_gives_nothing() {
        let told = ask(ProductsUpdate, None, &[given(1, None, 1)], &[]);
        assert_eq!((told.allowed, told.reasons, told.grants.len()), (false, vec![Reason::HeldNowhere], 0));
    }

    #[test]
    fn all_reasons_are_told_together() {
        let rights = Rights { status: MembershipStatus::Suspended, epoch: 1, grants: Vec::new() };
        let told = explanation(Facts {
            holder: member(),
            permission: ProductsRead,
            place: Some(Place { store: store(HERE), is_deleted: true }),
            standing: Standing::Suspended,
            of_the_tenant: Some(Reason::TenantExpired),
            rights: &rights,
            given: Vec::new(),
            roles: &[],
        });
        let all = [Reason::TenantExpired, Reason::MemberSuspended, Reason::StoreDeleted, Reason::HeldNowhere];
        assert_eq!((told.allowed, told.reasons), (false, all.to_vec()));
    }

    #[test]
    fn a_service_account_is_told_what_of_it_alone_stands_against_it() {
        let roles = [role(1, &[ProductsRead, InvitationsCreate])];
        let ask = |permission, status| {
            let grants = vec![Grant { store: None, permissions: roles[0].permissions }];
            let rights = Rights { status, epoch: 0, grants };
            explanation(Facts {
                holder: RoleHolder::Service(ServiceAccountId::new(Uuid::nil())),
                permission,
                place: None,
                standing: Standing::Active,
                of_the_tenant: None,
                rights: &rights,
                given: vec![given(1, None, 1)],
                roles: &roles,
            })
        };
        assert!(ask(ProductsRead, MembershipStatus::Active).allowed);
        let told = ask(ProductsRead, MembershipStatus::Suspended);
        assert_eq!((told.allowed, told.reasons), (false, vec![Reason::ServiceAccountDisabled]));
        let told = ask(InvitationsCreate, MembershipStatus::Active);
        assert_eq!((told.allowed, told.reasons), (false, vec![Reason::PeopleOnly]));
        assert_eq!(told.reach, Some(StoreSet::All), "it holds it all the same");
    }
}
