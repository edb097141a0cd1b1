use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{AddressChange, AddressToken, ConfirmAddressError, Mailbox};
use crate::Deps;
use crate::identity::{USER_EMAIL_UNIQUE, VerifiedPerson};
use crate::platform::NewPlatformAudit;
use crate::shared::RepositoryError;
use crate::support::end_all_of;
use crate::tenancy::{Origin, PlatformScope, Principal};
use crate::uow::PersonUnit;

/// What came of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    /// The other mailbox has still to be shown.
    Half,
    /// The address is the person's, from now on.
    Whole,
}

/// Takes the token of a message back. With the last one the address is verified or changed: a change ends every session of
/// the person but the one that asked and every support grant they have as an operator, and voids what was sent to the old
/// address.
///
/// # Errors
///
/// See [`ConfirmAddressError`].
pub async fn confirm(deps: &Deps, origin: &Origin, token: SecretString) -> Result<Confirmed, ConfirmAddressError> {
    let token = AddressToken::parse(token.expose_secret()).ok_or(ConfirmAddressError::NotFound)?;
    let hash = token.0.hash();
    let unit = deps.db.person().await?;
    let (change, _) = live(deps, unit.as_ref(), &hash).await?;
    // Both tokens at once wait for each other here: the second one finds the first one shown.
    let person = unit.people().lock(change.user_id).await?.ok_or(ConfirmAddressError::NotFound)?;
    let (mut change, mailbox) = live(deps, unit.as_ref(), &hash).await?;
    if person.email.key() != change.from.key() {
        return Err(ConfirmAddressError::NotFound);
    }
    let now = deps.clock.now();
    unit.address_changes().show(change.id, mailbox, now).await?;
    match mailbox {
        Mailbox::Next => change.at_next.confirmed_at = Some(now),
        Mailbox::Present => change.at_present.confirmed_at = Some(now),
    }
    let whole = [Mailbox::Next, Mailbox::Present].into_iter().all(|mailbox| change.is_shown(mailbox));
    let (action, detail) = if whole {
        take_effect(deps, unit.as_ref(), &change).await?
    } else {
        ("email.half_confirmed", json!({ "mailbox": mailbox.as_str() }))
    };
    let scope = PlatformScope::new(Principal::User(change.user_id), origin.clone());
    let mut unit = unit.platform(&scope).await?;
    if whole && !change.is_verification() {
        unit = end_all_of(unit, &scope, deps, change.user_id, "email_changed").await?;
    }
    let object_id = Some(change.user_id.as_uuid());
    unit.audit().record(NewPlatformAudit { id: deps.ids.next(), at: now, action, object_id, detail }).await?;
    unit.commit().await?;
    Ok(if whole { Confirmed::Whole } else { Confirmed::Half })
}

/// The change of a token that is good.
async fn live(
    deps: &Deps,
    unit: &dyn PersonUnit,
    hash: &[u8; 32],
) -> Result<(AddressChange, Mailbox), ConfirmAddressError> {
    let found = unit.address_changes().find_by_token(hash).await?;
    let good = found.filter(|(change, mailbox)| deps.clock.now() < change.expires_at && !change.is_shown(*mailbox));
    good.ok_or(ConfirmAddressError::NotFound)
}

async fn take_effect(
    deps: &Deps,
    unit: &dyn PersonUnit,
    change: &AddressChange,
) -> Result<(&'static str, serde_json::Value), ConfirmAddressError> {
    let (id, now) = (change.user_id, deps.clock.now());
    unit.address_changes().void(id).await?;
    if change.is_verification() {
        unit.people().verify_email(id, now).await?;
        return Ok(("email.verified", json!({})));
    }
    unit.people().set_email(id, &change.to, now).await.map_err(taken)?;
    unit.password_resets().void(id, None).await?;
    let ended = unit.people().end_sessions(VerifiedPerson::new(id), change.kept, now).await?;
    Ok(("email.changed", json!({ "sessions_ended": ended })))
}

/// Somebody else took the address while this one was under way.
fn taken(error: RepositoryError) -> ConfirmAddressError {
    if error.is_conflict(USER_EMAIL_UNIQUE) { ConfirmAddressError::NotFound } else { error.into() }
}
