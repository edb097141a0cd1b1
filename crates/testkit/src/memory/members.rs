use async_trait::async_trait;
use cotenant_domain::identity::UserId;
use cotenant_domain::members::{
    Member, MemberFilter, MemberReader, MemberRepository, MemberSort, Membership, MembershipStatus, RoleGrant,
};
use cotenant_domain::roles::{GivenRole, HeldRole, RoleId, SystemRole};
use cotenant_domain::shared::{Page, PageRequest, Position, RepositoryError, SortValue};
use cotenant_domain::tenancy::{Principal, Rights, Version};
use time::OffsetDateTime;

use super::access::{grants_in_force, rights};
use super::paging::{matches, page};
use super::state::{State, conflict, grant_key};
use super::unit::TenantWork;

/// The rule that a person is a member of a tenant once.
const MEMBERSHIP_UNIQUE: &str = "tenant_users_id_unique";

fn position(member: &Member, sort: MemberSort) -> Position {
    let value = match sort {
        MemberSort::Id => SortValue::Id,
        MemberSort::Email => SortValue::Text(member.email.key()),
        MemberSort::DisplayName => SortValue::Text(member.display_name.key()),
    };
    Position { value, id: member.membership.user_id.as_uuid() }
}

fn shown(member: &Member, filter: &MemberFilter) -> bool {
    let status = member.membership.status;
    let wanted = filter.status.map_or(status != MembershipStatus::Removed, |wanted| wanted == status);
    wanted && matches(filter.text.as_ref(), [member.display_name.key(), member.email.key()])
}

impl TenantWork {
    fn member(&self, state: &State, membership: &Membership) -> Option<Member> {
        let (person, _) = state.people.get(&membership.user_id)?;
        Some(Member {
            membership: membership.clone(),
            email: person.email.clone(),
            email_verified: person.email_verified_at.is_some(),
            display_name: person.display_name.clone(),
            grants: grants_in_force(state.room(self.tenant), membership.user_id, &self.stores),
        })
    }
}

#[async_trait]
impl MemberReader for TenantWork {
    async fn find(&self, user: UserId) -> Result<Option<Member>, RepositoryError> {
        self.work.read(|state| {
            let membership = state.room(self.tenant).memberships.get(&user)?;
            self.member(state, membership)
        })
    }

    async fn list(
        &self,
        filter: &MemberFilter,
        request: &PageRequest<MemberSort>,
    ) -> Result<Page<Member>, RepositoryError> {
        self.work.read(|state| {
            let memberships = state.room(self.tenant).memberships.values();
            let members: Vec<_> = memberships.filter_map(|membership| self.member(state, membership)).collect();
            let rows = members.iter().filter(|member| shown(member, filter));
            page(rows, request, |member| position(member, request.sort))
        })
    }

    async fn find_all(&self, users: &[UserId]) -> Result<Vec<Member>, RepositoryError> {
        self.work.read(|state| {
            let memberships = state.room(self.tenant).memberships.values();
            let these = memberships.filter(|membership| users.contains(&membership.user_id));
            these.filter_map(|membership| self.member(state, membership)).collect()
        })
    }

    async fn rights(&self, user: UserId) -> Result<Option<Rights>, RepositoryError> {
        self.look(|room| rights(room, user))
    }

    async fn given(&self, user: UserId) -> Result<Vec<GivenRole>, RepositoryError> {
        let reached = |store: &Option<_>| store.is_none_or(|store| self.stores.contains(store));
        self.look(|room| {
            let own = room.grants.iter().filter(|((holder, _, store), _)| *holder == user && reached(store));
            own.map(|((_, role_id, store_id), (at, by))| GivenRole {
                role_id: *role_id,
                store_id: *store_id,
                at: *at,
                by: *by,
            })
            .collect()
        })
    }

    async fn grants_of_holders(&self, role: RoleId) -> Result<Vec<HeldRole>, RepositoryError> {
        self.look(|room| {
            let everybody = room.memberships.keys().map(|user| grants_in_force(room, *user, &self.stores));
            let holders = everybody.filter(|grants| grants.iter().any(|grant| grant.role_id == role));
            holders.flatten().map(HeldRole::from).collect()
        })
    }
}

#[async_trait]
impl MemberRepository for TenantWork {
    async fn insert(&self, membership: &Membership) -> Result<(), RepositoryError> {
        self.work.change(|state| {
            let known = state.people.contains_key(&membership.user_id);
            let room = state.room_mut(self.tenant)?;
            if !known {
                return Err(RepositoryError::MissingReference);
            }
            if room.memberships.contains_key(&membership.user_id) {
                return conflict(MEMBERSHIP_UNIQUE);
            }
            room.memberships.insert(membership.user_id, membership.clone());
            Ok(())
        })
    }

    async fn update(&self, membership: &Membership, expected: Version) -> Result<(), RepositoryError> {
        self.act(|room| {
            let row = room.memberships.get_mut(&membership.user_id).filter(|row| row.version == expected);
            *row.ok_or(RepositoryError::Stale)? = membership.clone();
            Ok(())
        })
    }

    async fn grant(&self, grant: &RoleGrant, by: Principal, now: OffsetDateTime) -> Result<bool, RepositoryError> {
        self.act(|room| {
            self.admit(self.tenant, grant.store_id)?;
            let known = room.memberships.contains_key(&grant.user_id)
                && room.roles.contains_key(&grant.role_id)
                && grant.store_id.is_none_or(|store| room.stores.contains_key(&store));
            if !known {
                return Err(RepositoryError::MissingReference);
            }
            let fresh = !room.grants.contains_key(&grant_key(grant));
            room.grants.entry(grant_key(grant)).or_insert((now, by.split().1.map(UserId::new)));
            Ok(fresh)
        })
    }

    async fn revoke(&self, grant: &RoleGrant) -> Result<bool, RepositoryError> {
        let reached = grant.store_id.is_none_or(|store| self.stores.contains(store));
        self.act(|room| Ok(reached && room.grants.remove(&grant_key(grant)).is_some()))
    }

    async fn revoke_all(&self, user: UserId) -> Result<(), RepositoryError> {
        self.act(|room| {
            let reached = |store: &Option<_>| store.is_none_or(|store| self.stores.contains(store));
            room.grants.retain(|(holder, _, store), _| *holder != user || !reached(store));
            Ok(())
        })
    }

    async fn count_owners(&self) -> Result<u64, RepositoryError> {
        self.look(|room| {
            let is_owner = |role| room.roles.get(role).is_some_and(|role| role.system == Some(SystemRole::Owner));
            let is_active =
                |user| room.memberships.get(user).is_some_and(|member| member.status == MembershipStatus::Active);
            let owners =
                room.grants.keys().filter(|(user, role, store)| store.is_none() && is_owner(role) && is_active(user));
            owners.count() as u64
        })
    }
}
