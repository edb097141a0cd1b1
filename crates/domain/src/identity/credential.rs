//! # What a refused sign-in does
//!
//! It takes the same steps whether or not anybody has the address (ASVS 6.3.8): two reads, one hash, one event in the
//! platform's audit log, in a unit of its own. The event lies there, and not in the log of a tenant, because a person who
//! has not shown a credential has no tenant yet: to look one up would read memberships without a proof, would cost time
//! that an unknown address does not, and would let a stranger write into any tenant's log.

use secrecy::SecretString;
use serde_json::json;

use super::{Attempt, LoginError, PasswordCheck, PasswordHash, Person, UserId};
use crate::Deps;
use crate::platform::NewPlatformAudit;
use crate::shared::{EmailAddress, RepositoryError};
use crate::tenancy::{Origin, PlatformScope, Principal};

/// The person with this address and password.
pub(crate) async fn verify(
    deps: &Deps,
    origin: &Origin,
    email: &EmailAddress,
    password: SecretString,
) -> Result<Person, LoginError> {
    let who = Attempt { email, address: origin.address.as_deref() };
    deps.throttle.attempt(who).await?;
    let checked = check(deps, email, password.clone()).await;
    let right = checked.as_ref().ok().map(|(person, check, _)| person.is_some() && check.is_right());
    tell(deps, who, right).await;
    let (person, check, hash) = checked?;
    match person {
        Some(person) if check.is_right() => {
            if let (PasswordCheck::Outdated, Some(old)) = (check, hash) {
                rehash(deps, person.base.id, password, &old).await;
            }
            Ok(person)
        }
        person => Err(refuse(deps, origin, person.map(|person| person.base.id)).await),
    }
}

/// Who has the address, if anybody, and whether it is their password, with the hash that it was checked against.
async fn check(
    deps: &Deps,
    email: &EmailAddress,
    password: SecretString,
) -> Result<(Option<Person>, PasswordCheck, Option<PasswordHash>), LoginError> {
    // The unit ends before the hashing begins: a database connection must not wait for it.
    let (person, hash) = {
        let unit = deps.db.person().await?;
        let person = unit.people().find_by_email(email).await?;
        // Without a person, the password of nobody is asked for, so that both cases take the same reads.
        let id = person.as_ref().map_or_else(|| UserId::new(deps.ids.next()), |person| person.base.id);
        (person, unit.people().password(id).await?)
    };
    Ok((person, deps.passwords.verify(password, hash.clone()).await?, hash))
}

/// Tells the throttle what became of an attempt; `None` where nobody could tell.
pub(super) async fn tell(deps: &Deps, who: Attempt<'_>, right: Option<bool>) {
    match right {
        Some(true) => deps.throttle.right(who).await,
        Some(false) => deps.throttle.wrong(who).await,
        None => deps.throttle.undecided(who).await,
    }
}

/// Stores a hash at the present cost in place of an outdated one of the same password, unless another was set meanwhile. It
/// is no matter of who signs in: where it fails, the next sign-in tries again.
async fn rehash(deps: &Deps, id: UserId, password: SecretString, old: &PasswordHash) {
    let rehashed: Result<bool, LoginError> = async {
        let new = deps.passwords.hash(password).await?;
        let unit = deps.db.person().await?;
        let stored = unit.people().rehash(id, old, &new, deps.clock.now()).await?;
        unit.commit().await?;
        Ok(stored)
    }
    .await;
    if let Err(error) = rehashed {
        tracing::warn!(user = %id, %error, "a password is still hashed at an outdated cost");
    }
}

/// Records a refused sign-in and gives the answer to it. No unit of the caller may be open.
pub(super) async fn refuse(deps: &Deps, origin: &Origin, person: Option<UserId>) -> LoginError {
    match record(deps, origin, person).await {
        Ok(()) => LoginError::Invalid,
        Err(error) => error.into(),
    }
}

/// The address is left out: people type passwords into the wrong field.
async fn record(deps: &Deps, origin: &Origin, person: Option<UserId>) -> Result<(), RepositoryError> {
    let unit = deps.db.platform(&PlatformScope::new(Principal::System, origin.clone())).await?;
    let event = NewPlatformAudit {
        id: deps.ids.next(),
        at: deps.clock.now(),
        action: "session.refused",
        object_id: person.map(|id| id.as_uuid()),
        detail: json!({}),
    };
    unit.audit().record(event).await?;
    unit.commit().await
}
