use async_trait::async_trait;
use cotenant_domain::identity::{
    OwnMembership, PasswordHash, Person, PersonRepository, SessionId, UserId, VerifiedPerson,
};
use cotenant_domain::members::MembershipStatus;
use cotenant_domain::shared::{EmailAddress, Id, RepositoryError};
use cotenant_domain::tenancy::Base;
use cotenant_domain::tenants::TenantStatus;
use cotenant_scoped::{Filter, Order};
use time::OffsetDateTime;

use super::{credential, own_membership, own_session, user};
use crate::error::{corrupt, met, parsed, repository};
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
        email_verified_at: row.email_verified_at,
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

    async fn lock(&self, id: UserId) -> Result<Option<Person>, RepositoryError> {
        let tx = self.tx.lock().await;
        let found = tx.find::<user::Entity>().filter(Filter::eq(user::Column::Id, id.as_uuid())).lock().one().await;
        found.map_err(repository)?.map(person).transpose()
    }

    async fn set_password(&self, id: UserId, hash: &PasswordHash, now: OffsetDateTime) -> Result<(), RepositoryError> {
        let tx = self.tx.lock().await;
        let person = tx.update::<user::Entity>().filter(Filter::eq(user::Column::Id, id.as_uuid()));
        let person = person.add(user::Column::Epoch, 1).add(user::Column::Version, 1).set(user::Column::UpdatedAt, now);
        met(person.execute().await.map_err(repository)?)?;
        let credential = tx.update::<credential::Entity>().filter(Filter::eq(credential::Column::UserId, id.as_uuid()));
        let credential = credential.set(credential::Column::PasswordHash, hash.expose());
        met(credential.set(credential::Column::UpdatedAt, now).execute().await.map_err(repository)?)
    }

    async fn verify_email(&self, id: UserId, now: OffsetDateTime) -> Result<(), RepositoryError> {
        use user::Column;
        let tx = self.tx.lock().await;
        let change = tx.update::<user::Entity>().filter(Filter::eq(Column::Id, id.as_uuid()));
        let change = change.set(Column::EmailVerifiedAt, now).set(Column::UpdatedAt, now).add(Column::Version, 1);
        met(change.execute().await.map_err(repository)?)
    }

    async fn set_email(&self, id: UserId, email: &EmailAddress, now: OffsetDateTime) -> Result<(), RepositoryError> {
        use user::Column;
        let tx = self.tx.lock().await;
        let change = tx.update::<user::Entity>().filter(Filter::eq(Column::Id, id.as_uuid()));
        let change = change
            .set(Column::Email, email.to_string())
            .set(Column::EmailKey, email.key())
            .set(Column::EmailVerifiedAt, now)
            .set(Column::UpdatedAt, now)
            .add(Column::Epoch, 1)
            .add(Column::Version, 1);
        met(change.execute().await.map_err(repository)?)
    }

    async fn rehash(
        &self,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
        now: OffsetDateTime,
    ) -> Result<bool, RepositoryError> {
        use credential::Column;
        let tx = self.tx.lock().await;
        let this = [Filter::eq(Column::UserId, id.as_uuid()), Filter::eq(Column::PasswordHash, old.expose())];
        let change = tx.update::<credential::Entity>().filter(Filter::all(this));
        let change = change.set(Column::PasswordHash, new.expose()).set(Column::UpdatedAt, now);
        Ok(change.execute().await.map_err(repository)? > 0)
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
            email_verified_at: person.email_verified_at,
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

    async fn end_sessions(
        &self,
        person: VerifiedPerson,
        kept: Option<SessionId>,
        now: OffsetDateTime,
    ) -> Result<u64, RepositoryError> {
        use own_session::Column;
        let mut tx = self.tx.lock().await;
        tx.verified(person.user_id().as_uuid()).await.map_err(repository)?;
        let others = kept.map(|kept| Filter::ne(Column::Id, kept.as_uuid()));
        let open = Filter::all([Filter::is_null(Column::EndedAt)].into_iter().chain(others));
        let change = tx.update::<own_session::Entity>().filter(open).set(Column::EndedAt, now);
        change.execute().await.map_err(repository)
    }
}
