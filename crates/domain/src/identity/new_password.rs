use secrecy::SecretString;

use super::model::{OwnMembership, Person, UserId, VerifiedPerson};
use super::password::choose;
use super::ports::PasswordHash;
use super::{PasswordError, SessionId};
use crate::Deps;
use crate::shared::RepositoryError;
use crate::uow::PersonUnit;

/// Somebody about to set a password: who they are, and what is easy to guess of them.
pub(crate) struct Chooser {
    /// The person.
    pub(crate) person: Person,
    memberships: Vec<OwnMembership>,
}

impl Chooser {
    /// Looks the person up, who has proved who they are.
    pub(crate) async fn find(unit: &dyn PersonUnit, id: UserId) -> Result<Option<Self>, RepositoryError> {
        let Some(person) = unit.people().find(id).await? else { return Ok(None) };
        let memberships = unit.people().memberships(VerifiedPerson::new(id)).await?;
        Ok(Some(Self { person, memberships }))
    }

    /// The hash of a new password of theirs. No unit may be open: a database connection must not wait for the hashing.
    pub(crate) async fn hash(&self, deps: &Deps, password: SecretString) -> Result<PasswordHash, PasswordError> {
        let tenants = self.memberships.iter().flat_map(|own| [own.slug.as_str(), own.name.as_str()]);
        let person = [self.person.email.as_str(), self.person.display_name.as_str()];
        let personal: Vec<&str> = person.into_iter().chain(tenants).collect();
        let password = choose(deps.screen.as_ref(), password, &personal)?;
        Ok(deps.passwords.hash(password.into_secret()).await?)
    }
}

/// Sets another password and ends what the old one began: the person's sessions in all tenants but `kept`, and those as an
/// operator (ASVS 7.4.3). Tokens to reset it are void too, and a change of address that was asked for with the old one.
/// Answers how many sessions in tenants ended.
pub(crate) async fn set(
    unit: &dyn PersonUnit,
    deps: &Deps,
    id: UserId,
    hash: &PasswordHash,
    kept: Option<SessionId>,
) -> Result<u64, RepositoryError> {
    let now = deps.clock.now();
    unit.people().set_password(id, hash, now).await?;
    unit.password_resets().void(id, None).await?;
    unit.address_changes().void(id).await?;
    unit.people().end_sessions(VerifiedPerson::new(id), kept, now).await
}
