use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{ConfirmResetError, PasswordReset, ResetToken};
use crate::Deps;
use crate::identity::{self, Attempt, Chooser, UserId};
use crate::platform::NewPlatformAudit;
use crate::shared::RepositoryError;
use crate::support::end_all_of;
use crate::tenancy::{Origin, PlatformScope, Principal};
use crate::uow::PersonUnit;

/// A new password in place of one that was forgotten.
#[derive(Debug)]
pub struct ConfirmReset {
    /// The token from the message.
    pub token: SecretString,
    /// The next password, as typed.
    pub new_password: SecretString,
}

/// Sets a password with the token of a message, and ends every session of the person, everywhere. It begins none: who set the
/// password signs in with it.
///
/// # Errors
///
/// See [`ConfirmResetError`].
pub async fn confirm(deps: &Deps, origin: &Origin, cmd: ConfirmReset) -> Result<(), ConfirmResetError> {
    let token = ResetToken::parse(cmd.token.expose_secret()).ok_or(ConfirmResetError::NotFound)?;
    let hash = token.0.hash();
    // A token that opens nothing costs us no hashing, and no connection waits for it.
    let chooser = {
        let unit = deps.db.person().await?;
        let user = owner(deps, unit.as_ref(), &hash).await?.ok_or(ConfirmResetError::NotFound)?;
        Chooser::find(unit.as_ref(), user).await?.ok_or(ConfirmResetError::NotFound)?
    };
    let password = chooser.hash(deps, cmd.new_password).await?;
    let id = chooser.person.base.id;
    let unit = deps.db.person().await?;
    let person = unit.people().lock(id).await?.ok_or(ConfirmResetError::NotFound)?;
    // Of any number of uses at once, the first takes the token away.
    if owner(deps, unit.as_ref(), &hash).await? != Some(id) {
        return Err(ConfirmResetError::NotFound);
    }
    let ended = identity::set_password(unit.as_ref(), deps, id, &password, None).await?;
    let now = deps.clock.now();
    // The token came by mail to this address: that it is theirs is shown.
    if person.email_verified_at.is_none() {
        unit.people().verify_email(id, now).await?;
    }
    let scope = PlatformScope::new(Principal::User(id), origin.clone());
    let unit = unit.platform(&scope).await?;
    let unit = end_all_of(unit, &scope, deps, id, "password_changed").await?;
    unit.jobs().enqueue(identity::telling(deps, id, now)).await?;
    let event = NewPlatformAudit {
        id: deps.ids.next(),
        at: now,
        action: "password.reset",
        object_id: Some(id.as_uuid()),
        detail: json!({ "sessions_ended": ended }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    // Who reads the mailbox comes from a place of theirs: what others tried at the account holds them back no more.
    deps.throttle.right(Attempt { email: &chooser.person.email, address: origin.address.as_deref() }).await;
    Ok(())
}

/// Whose password the token with this hash sets.
async fn owner(deps: &Deps, unit: &dyn PersonUnit, hash: &[u8; 32]) -> Result<Option<UserId>, RepositoryError> {
    let found: Option<PasswordReset> = unit.password_resets().find_by_token(hash).await?;
    let live = found.filter(|reset| deps.clock.now() < reset.expires_at);
    Ok(live.and_then(|reset| reset.issued).map(|issued| issued.user_id))
}
