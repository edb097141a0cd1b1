use async_trait::async_trait;
use cotenant_domain::addresses::{AddressChange, AddressChangeId, AddressChangeRepository, Mailbox, Proof};
use cotenant_domain::identity::UserId;
use cotenant_domain::shared::RepositoryError;
use time::OffsetDateTime;

use super::state::{State, conflict};
use super::unit::PeopleWork;

/// The rule that ids of changes are unique.
const ADDRESS_CHANGE_ID_UNIQUE: &str = "address_changes_id_unique";

fn proof(state: &mut State, id: AddressChangeId, mailbox: Mailbox) -> Result<&mut Proof, RepositoryError> {
    let change = state.address_changes.get_mut(&id).ok_or(RepositoryError::Stale)?;
    Ok(match mailbox {
        Mailbox::Next => &mut change.at_next,
        Mailbox::Present => &mut change.at_present,
    })
}

#[async_trait]
impl AddressChangeRepository for PeopleWork {
    async fn insert(&self, change: &AddressChange) -> Result<(), RepositoryError> {
        self.work.change(|state| {
            if !state.people.contains_key(&change.user_id) {
                return Err(RepositoryError::MissingReference);
            }
            match state.address_changes.insert(change.id, change.clone()) {
                Some(_) => conflict(ADDRESS_CHANGE_ID_UNIQUE),
                None => Ok(()),
            }
        })
    }

    async fn find(&self, id: AddressChangeId) -> Result<Option<AddressChange>, RepositoryError> {
        self.work.read(|state| state.address_changes.get(&id).cloned())
    }

    async fn find_by_token(&self, hash: &[u8; 32]) -> Result<Option<(AddressChange, Mailbox)>, RepositoryError> {
        self.work.read(|state| {
            let both = |change: &AddressChange| {
                let of = |mailbox: &Mailbox| change.proof(*mailbox).token_hash.as_ref() == Some(hash);
                let mailbox = [Mailbox::Next, Mailbox::Present].into_iter().find(of);
                mailbox.map(|mailbox| (change.clone(), mailbox))
            };
            state.address_changes.values().find_map(both)
        })
    }

    async fn issue(&self, id: AddressChangeId, to: Mailbox, token_hash: &[u8; 32]) -> Result<(), RepositoryError> {
        self.work.change(|state| {
            proof(state, id, to)?.token_hash = Some(*token_hash);
            Ok(())
        })
    }

    async fn show(&self, id: AddressChangeId, of: Mailbox, at: OffsetDateTime) -> Result<(), RepositoryError> {
        self.work.change(|state| {
            proof(state, id, of)?.confirmed_at = Some(at);
            Ok(())
        })
    }

    async fn void(&self, user: UserId) -> Result<(), RepositoryError> {
        self.work.change(|state| {
            state.address_changes.retain(|_, change| change.user_id != user);
            Ok(())
        })
    }

    async fn sweep(&self, now: OffsetDateTime) -> Result<(), RepositoryError> {
        self.work.change(|state| {
            state.address_changes.retain(|_, change| now < change.expires_at);
            Ok(())
        })
    }
}
