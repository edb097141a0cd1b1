use async_trait::async_trait;
use cotenant_domain::identity::{
    OwnMembership, PasswordHash, Person, PersonRepository, SessionId, USER_EMAIL_UNIQUE, UserId, VerifiedPerson,
};
use cotenant_domain::members::MembershipStatus;
use cotenant_domain::shared::{EmailAddress, RepositoryError};
use cotenant_domain::tenants::Tenant;
use time::OffsetDateTime;

use super::state::{State, conflict};
use super::unit::PeopleWork;

/// The rule that people's ids are unique.
const USER_ID_UNIQUE: &str = "users_id_unique";

fn membership(state: &State, tenant: &Tenant, user: UserId) -> Option<OwnMembership> {
    let membership = state.room(tenant.base.id).memberships.get(&user)?;
    Some(OwnMembership {
        tenant_id: tenant.base.id,
        slug: tenant.slug.clone(),
        name: tenant.name.clone(),
        tenant_status: tenant.status,
        tenant_expires_at: tenant.expires_at,
        tenant_epoch: tenant.epoch,
        status: membership.status,
        epoch: membership.epoch,
    })
}

#[async_trait]
impl PersonRepository for PeopleWork {
    async fn find_by_email(&self, email: &EmailAddress) -> Result<Option<Person>, RepositoryError> {
        let key = email.key();
        self.work.read(|state| {
            let mut people = state.people.values().map(|(person, _)| person);
            people.find(|person| person.email.key() == key).cloned()
        })
    }

    async fn find(&self, id: UserId) -> Result<Option<Person>, RepositoryError> {
        self.work.read(|state| state.people.get(&id).map(|(person, _)| person.clone()))
    }

    async fn password(&self, id: UserId) -> Result<Option<PasswordHash>, RepositoryError> {
        self.work.read(|state| state.people.get(&id).map(|(_, password)| password.clone()))
    }

    async fn lock(&self, id: UserId) -> Result<Option<Person>, RepositoryError> {
        self.find(id).await
    }

    async fn set_password(&self, id: UserId, hash: &PasswordHash, now: OffsetDateTime) -> Result<(), RepositoryError> {
        self.work.change(|state| {
            let (person, password) = state.people.get_mut(&id).ok_or(RepositoryError::Stale)?;
            person.epoch += 1;
            person.base.touch(now);
            *password = hash.clone();
            Ok(())
        })
    }

    async fn rehash(
        &self,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
        _now: OffsetDateTime,
    ) -> Result<bool, RepositoryError> {
        self.work.change(|state| {
            let stored = state.people.get_mut(&id).filter(|(_, password)| password.expose() == old.expose());
            Ok(stored.map(|(_, password)| *password = new.clone()).is_some())
        })
    }

    async fn insert(&self, person: &Person, password: &PasswordHash) -> Result<(), RepositoryError> {
        let key = person.email.key();
        self.work.change(|state| {
            if state.people.contains_key(&person.base.id) {
                return conflict(USER_ID_UNIQUE);
            }
            if state.people.values().any(|(other, _)| other.email.key() == key) {
                return conflict(USER_EMAIL_UNIQUE);
            }
            state.people.insert(person.base.id, (person.clone(), password.clone()));
            Ok(())
        })
    }

    async fn verify_email(&self, id: UserId, now: OffsetDateTime) -> Result<(), RepositoryError> {
        self.work.change(|state| {
            let (person, _) = state.people.get_mut(&id).ok_or(RepositoryError::Stale)?;
            person.email_verified_at = Some(now);
            person.base.touch(now);
            Ok(())
        })
    }

    async fn set_email(&self, id: UserId, email: &EmailAddress, now: OffsetDateTime) -> Result<(), RepositoryError> {
        self.work.change(|state| {
            if state.people.iter().any(|(other, (person, _))| *other != id && person.email.key() == email.key()) {
                return conflict(USER_EMAIL_UNIQUE);
            }
            let (person, _) = state.people.get_mut(&id).ok_or(RepositoryError::Stale)?;
            (person.email, person.email_verified_at) = (email.clone(), Some(now));
            person.epoch += 1;
            person.base.touch(now);
            Ok(())
        })
    }

    async fn memberships(&self, person: VerifiedPerson) -> Result<Vec<OwnMembership>, RepositoryError> {
        self.work.read(|state| {
            let live = state.tenants.values().filter(|tenant| tenant.deletion.is_none());
            live.filter_map(|tenant| membership(state, tenant, person.user_id()))
                .filter(|membership| membership.status != MembershipStatus::Removed)
                .collect()
        })
    }

    async fn end_sessions(
        &self,
        person: VerifiedPerson,
        kept: Option<SessionId>,
        now: OffsetDateTime,
    ) -> Result<u64, RepositoryError> {
        self.work.change(|state| {
            let sessions = state.rooms_mut().flat_map(|(_, room)| room.sessions.values_mut());
            let theirs = sessions.filter(|session| session.user_id == person.user_id() && Some(session.id) != kept);
            let open = theirs.filter(|session| session.ended_at.is_none());
            Ok(open.map(|session| session.ended_at = Some(now)).count() as u64)
        })
    }
}
