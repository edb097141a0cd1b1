use async_trait::async_trait;
use cotenant_domain::identity::{OwnMembership, PasswordHash, Person, PersonRepository, UserId, VerifiedPerson};
use cotenant_domain::members::MembershipStatus;
use cotenant_domain::shared::{EmailAddress, Id, RepositoryError};
use cotenant_domain::tenancy::Base;
use cotenant_domain::tenants::TenantStatus;
use cotenant_scoped::{Filter, Order};

use super::{credential, own_membership, user};
use crate::error::{corrupt, parsed, repository};
use crate::unit::SeaPersonUnit;

fn person(row: user::Model) -> Result<Person, RepositoryError> {
    Ok(Person {
        base: Base {
            id: Id::new(row.id),
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        },
        email: parsed("users.email", &row.email)?,
        display_name: parsed("users.display_name", &row.display_name)?,
        epoch: row.epoch,
    })
}

fn membership(row: own_membership::Model) -> Result<OwnMembership, RepositoryError> {
    Ok(OwnMembership {
        tenant_id: Id::new(row.tenant_id),
        slug: parsed("tenants.slug", &row.slug)?,
        name: parsed("tenants.name", &row.name)?,
        tenant_status: TenantStatus::parse(&row.tenant_status).ok_or(corrupt("tenants.status"))?,
        tenant_expires_at: row.tenant_expires_at,
        tenant_epoch: row.tenant_epoch,
        status: MembershipStatus::parse(&row.status).ok_or(corrupt("tenant_users.status"))?,
        epoch: row.epoch,
    })
}

#[async_trait]
impl PersonRepository for SeaPersonUnit {
    async fn find_by_email(&self, email: &EmailAddress) -> Result<Option<Person>, RepositoryError> {
        let tx = self.tx.lock().await;
        let found = tx.find::<user::Entity>().filter(Filter::eq(user::Column::EmailKey, email.key())).one().await;
        found.map_err(repository)?.map(person).transpose()
    }

    async fn find(&self, id: UserId) -> Result<Option<Person>, RepositoryError> {
        let tx = self.tx.lock().await;
        let found = tx.find::<user::Entity>().filter(Filter::eq(user::Column::Id, id.as_uuid())).one().await;
        found.map_err(repository)?.map(person).transpose()
    }

    async fn password(&self, id: UserId) -> Result<Option<PasswordHash>, RepositoryError> {
        let tx = self.tx.lock().await;
        let this = Filter::eq(credential::Column::UserId, id.as_uuid());
        let found = tx.find::<credential::Entity>().filter(this).one().await;
        Ok(found.map_err(repository)?.map(|row| PasswordHash::new(row.password_hash)))
    }

    async fn insert(&self, person: &Person, password: &PasswordHash) -> Result<(), RepositoryError> {
        let tx = self.tx.lock().await;
        let row = user::Model {
            id: person.base.id.as_uuid(),
            email: person.email.to_string(),
            email_key: person.email.key(),
            display_name: person.display_name.to_string(),
            display_name_key: person.display_name.key(),
            epoch: person.epoch,
            created_at: person.base.created_at,
            updated_at: person.base.updated_at,
            version: person.base.version,
        };
        tx.insert::<user::Entity>(row).await.map_err(repository)?;
        let row = credential::Model {
            user_id: person.base.id.as_uuid(),
            password_hash: password.expose().to_owned(),
            updated_at: person.base.updated_at,
        };
        tx.insert::<credential::Entity>(row).await.map_err(repository)
    }

    async fn memberships(&self, person: VerifiedPerson) -> Result<Vec<OwnMembership>, RepositoryError> {
        let mut tx = self.tx.lock().await;
        tx.verified(person.user_id().as_uuid()).await.map_err(repository)?;
        let own = tx.find::<own_membership::Entity>().order_by(own_membership::Column::TenantId, Order::Ascending);
        own.all().await.map_err(repository)?.into_iter().map(membership).collect()
    }
}
