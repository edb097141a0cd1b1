use async_trait::async_trait;
use cotenant_domain::identity::{
    OwnMembership, PasswordHash, Person, PersonRepository, USER_EMAIL_UNIQUE, UserId, VerifiedPerson,
};
use cotenant_domain::members::MembershipStatus;
use cotenant_domain::shared::{EmailAddress, RepositoryError};
use cotenant_domain::tenants::Tenant;

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

    async fn memberships(&self, person: VerifiedPerson) -> Result<Vec<OwnMembership>, RepositoryError> {
        self.work.read(|state| {
            let live = state.tenants.values().filter(|tenant| tenant.deletion.is_none());
            live.filter_map(|tenant| membership(state, tenant, person.user_id()))
                .filter(|membership| membership.status != MembershipStatus::Removed)
                .collect()
        })
    }
}
