use secrecy::SecretString;
use time::OffsetDateTime;

use super::send::sending;
use super::{AddressChange, AddressChangeId, AddressError, Proof};
use crate::Deps;
use crate::identity::{Attempt, Person, SignedInPerson, prove};
use crate::shared::EmailAddress;

/// A change of one's own address.
#[derive(Debug)]
pub struct ChangeAddress {
    /// The next address.
    pub email: EmailAddress,
    /// The present password, as typed.
    pub current_password: SecretString,
}

/// Has a message sent to the present address of whoever is signed in, whose token shows that it is theirs. Nothing happens
/// where that was shown before.
///
/// # Errors
///
/// See [`AddressError`].
pub async fn request_verification(deps: &Deps, by: SignedInPerson<'_>) -> Result<(), AddressError> {
    let unit = deps.db.person().await?;
    let person = unit.people().find(by.user_id()).await?.ok_or(AddressError::Ended)?;
    drop(unit);
    if person.email_verified_at.is_some() {
        return Ok(());
    }
    let email = person.email.clone();
    ask(deps, by, person, email).await
}

/// Has messages sent to the next and to the present address of whoever is signed in. The address changes when the tokens of
/// both have come back. It takes the present password, which is tried as rarely as at sign-in. Where the next address is
/// another spelling of the present one, that is verified as it stands: another spelling may be another's mailbox.
///
/// # Errors
///
/// See [`AddressError`].
pub async fn request_change(deps: &Deps, by: SignedInPerson<'_>, cmd: ChangeAddress) -> Result<(), AddressError> {
    let person = prove(deps, by, cmd.current_password).await?.person;
    let to = if cmd.email.key() == person.email.key() { person.email.clone() } else { cmd.email };
    ask(deps, by, person, to).await
}

async fn ask(deps: &Deps, by: SignedInPerson<'_>, person: Person, to: EmailAddress) -> Result<(), AddressError> {
    let (now, epoch) = (deps.clock.now(), person.epoch);
    let change = new_change(deps, by, person, to, now);
    // Bounded like all mail that somebody can have sent to an address; beyond that nothing comes of it. One's own is counted
    // first, so that whoever asks for one address after another soon sends nothing to anybody.
    for mailbox in change.mailboxes() {
        let who = Attempt { email: change.address(*mailbox), address: by.origin().address.as_deref() };
        if !deps.throttle.message(who).await {
            return Ok(());
        }
    }
    let unit = deps.db.person().await?;
    // What ended the session since the password was shown has ended what it asks for too.
    if unit.people().lock(change.user_id).await?.is_none_or(|person| person.epoch != epoch) {
        return Err(AddressError::Ended);
    }
    unit.address_changes().void(change.user_id).await?;
    unit.address_changes().insert(&change).await?;
    let unit = unit.platform(&by.scope()).await?;
    for mailbox in change.mailboxes() {
        unit.jobs().enqueue(sending(deps, change.id, *mailbox, now)).await?;
    }
    let action = if change.is_verification() { "email.verification_requested" } else { "email.change_requested" };
    Ok(by.record(deps, unit, action, serde_json::json!({})).await?)
}

fn new_change(
    deps: &Deps,
    by: SignedInPerson<'_>,
    person: Person,
    to: EmailAddress,
    now: OffsetDateTime,
) -> AddressChange {
    AddressChange {
        id: AddressChangeId::new(deps.ids.next()),
        user_id: person.base.id,
        from: person.email,
        to,
        kept: by.session(),
        requested_at: now,
        expires_at: now + deps.policy.address_change,
        at_next: Proof::default(),
        at_present: Proof::default(),
    }
}
