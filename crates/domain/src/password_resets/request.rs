use super::send::sending;
use super::{PasswordReset, PasswordResetId, RequestResetError};
use crate::Deps;
use crate::identity::Attempt;
use crate::shared::EmailAddress;
use crate::tenancy::{Origin, PlatformScope, Principal};

/// Takes a request to set the password of whoever has this address, if anybody has.
///
/// # Errors
///
/// See [`RequestResetError`].
pub async fn request(deps: &Deps, origin: &Origin, email: EmailAddress) -> Result<(), RequestResetError> {
    // Beyond the bound the answer is the same, and no row and no message come of it.
    if !deps.throttle.message(Attempt { email: &email, address: origin.address.as_deref() }).await {
        return Ok(());
    }
    let (id, now) = (PasswordResetId::new(deps.ids.next()), deps.clock.now());
    let unit = deps.db.person().await?;
    let expires_at = now + deps.policy.password_reset;
    unit.password_resets().insert(&PasswordReset { id, email, requested_at: now, expires_at, issued: None }).await?;
    let unit = unit.platform(&PlatformScope::new(Principal::System, origin.clone())).await?;
    unit.jobs().enqueue(sending(deps, id, now)).await?;
    Ok(unit.commit().await?)
}
