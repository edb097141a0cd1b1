use cotenant_domain::tenancy::{AuthenticateError, Claimed, ShownToken};

use crate::app::App;

/// Whether a token counts for whom it names, as far as this process has seen: an access token until it was refused, a key or a
/// grant's once it was good, and until it was refused.
pub(super) fn is_known(app: &App, shown: &ShownToken) -> bool {
    match shown.claimed() {
        Claimed::Member { .. } | Claimed::Operator(_) => {
            shown.access_token().is_some_and(|(token, _)| !app.refused.hold(token))
        }
        Claimed::Key(key) => app.keys.recognise(key),
        Claimed::Support(grant) => app.keys.recognise(grant),
    }
}

/// Remembers what a token was found to be when it was looked up, where it could be good.
///
/// An access token that is merely in the wrong place ([`AuthenticateError::Invalid`]) is not refused: it would count by address
/// next, and who asked in the wrong place every other time would be counted half.
pub(crate) fn learn<T>(app: &App, shown: &ShownToken, found: &Result<T, AuthenticateError>) {
    match (shown.claimed(), shown.access_token(), found) {
        (_, Some((token, _)), Ok(_)) => app.refused.remove(token),
        (_, Some((token, expires_at)), Err(AuthenticateError::Revoked)) => {
            app.refused.add(token, expires_at, app.deps.clock.now());
        }
        (Claimed::Key(key), None, Err(AuthenticateError::Invalid)) => app.keys.forget(key),
        (Claimed::Support(grant), None, Err(AuthenticateError::Invalid)) => app.keys.forget(grant),
        _ => {}
    }
}
