use async_trait::async_trait;
use cotenant_domain::addresses::{AddressChange, AddressChangeId, AddressChangeRepository, Mailbox, Proof};
use cotenant_domain::identity::UserId;
use cotenant_domain::shared::{Id, RepositoryError};
use cotenant_scoped::Filter;
use time::OffsetDateTime;

use super::entity::{Column, Entity, Model};
use crate::error::{corrupt, met, parsed, repository};
use crate::unit::SeaPersonUnit;

fn proof(
    column: &'static str,
    hash: Option<Vec<u8>>,
    confirmed_at: Option<OffsetDateTime>,
) -> Result<Proof, RepositoryError> {
    let token_hash = hash.map(|hash| hash.try_into().map_err(|_| corrupt(column))).transpose()?;
    Ok(Proof { token_hash, confirmed_at })
}

fn change(row: Model) -> Result<AddressChange, RepositoryError> {
    Ok(AddressChange {
        id: Id::new(row.id),
        user_id: Id::new(row.user_id),
        from: parsed("address_changes.from_email", &row.from_email)?,
        to: parsed("address_changes.to_email", &row.to_email)?,
        kept: row.kept_session_id.map(Id::new),
        requested_at: row.requested_at,
        expires_at: row.expires_at,
        at_next: proof("address_changes.next_token_hash", row.next_token_hash, row.next_confirmed_at)?,
        at_present: proof("address_changes.present_token_hash", row.present_token_hash, row.present_confirmed_at)?,
    })
}

/// Where the token of a mailbox stands, and when it came back.
fn columns(mailbox: Mailbox) -> (Column, Column) {
    match mailbox {
        Mailbox::Next => (Column::NextTokenHash, Column::NextConfirmedAt),
        Mailbox::Present => (Column::PresentTokenHash, Column::PresentConfirmedAt),
    }
}

impl SeaPersonUnit {
    async fn address_change(&self, this: Filter<Entity>) -> Result<Option<AddressChange>, RepositoryError> {
        let found = self.tx.lock().await.find::<Entity>().filter(this).one().await;
        found.map_err(repository)?.map(change).transpose()
    }

    async fn take_address_changes_away(&self, these: Filter<Entity>) -> Result<(), RepositoryError> {
        self.tx.lock().await.revoke::<Entity>(these).await.map_err(repository).map(|_| ())
    }
}

#[async_trait]
impl AddressChangeRepository for SeaPersonUnit {
    async fn insert(&self, change: &AddressChange) -> Result<(), RepositoryError> {
        let bytes = |proof: &Proof| proof.token_hash.map(|hash| hash.to_vec());
        let row = Model {
            id: change.id.as_uuid(),
            user_id: change.user_id.as_uuid(),
            from_email: change.from.to_string(),
            to_email: change.to.to_string(),
            kept_session_id: change.kept.map(|session| session.as_uuid()),
            requested_at: change.requested_at,
            expires_at: change.expires_at,
            next_token_hash: bytes(&change.at_next),
            next_confirmed_at: change.at_next.confirmed_at,
            present_token_hash: bytes(&change.at_present),
            present_confirmed_at: change.at_present.confirmed_at,
        };
        self.tx.lock().await.insert::<Entity>(row).await.map_err(repository)
    }

    async fn find(&self, id: AddressChangeId) -> Result<Option<AddressChange>, RepositoryError> {
        self.address_change(Filter::eq(Column::Id, id.as_uuid())).await
    }

    async fn find_by_token(&self, hash: &[u8; 32]) -> Result<Option<(AddressChange, Mailbox)>, RepositoryError> {
        let of = |mailbox| Filter::eq(columns(mailbox).0, hash.to_vec());
        let found = self.address_change(Filter::any([of(Mailbox::Next), of(Mailbox::Present)])).await?;
        Ok(found.map(|change| {
            let at_next = change.at_next.token_hash.as_ref() == Some(hash);
            (change, if at_next { Mailbox::Next } else { Mailbox::Present })
        }))
    }

    async fn issue(&self, id: AddressChangeId, to: Mailbox, token_hash: &[u8; 32]) -> Result<(), RepositoryError> {
        let tx = self.tx.lock().await;
        let change = tx.update::<Entity>().filter(Filter::eq(Column::Id, id.as_uuid()));
        met(change.set(columns(to).0, token_hash.to_vec()).execute().await.map_err(repository)?)
    }

    async fn show(&self, id: AddressChangeId, of: Mailbox, at: OffsetDateTime) -> Result<(), RepositoryError> {
        let tx = self.tx.lock().await;
        let change = tx.update::<Entity>().filter(Filter::eq(Column::Id, id.as_uuid()));
        met(change.set(columns(of).1, at).execute().await.map_err(repository)?)
    }

    async fn void(&self, user: UserId) -> Result<(), RepositoryError> {
        self.take_address_changes_away(Filter::eq(Column::UserId, user.as_uuid())).await
    }

    async fn sweep(&self, now: OffsetDateTime) -> Result<(), RepositoryError> {
        self.take_address_changes_away(Filter::lte(Column::ExpiresAt, now)).await
    }
}
