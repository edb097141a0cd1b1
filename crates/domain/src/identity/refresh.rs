use std::collections::BTreeSet;

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::RefreshError;
use super::refresh_token::{RefreshToken, Shown};
use super::session::Session;
use super::sign_in::{Profile, SessionTenant, SignedIn, issue};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::tenancy::{Origin, Principal, StoreSet, TenantScope};
use crate::uow::WriteUnit;

/// Renews a session: a new access token and the next refresh token for the one that is shown.
///
/// A token that was used before ends the session, since two parties have it (ASVS 10.4.5). It works in a suspended tenant
/// too, as signing in does.
///
/// # Errors
///
/// See [`RefreshError`].
pub async fn refresh(deps: &Deps, origin: &Origin, token: SecretString) -> Result<SignedIn, RefreshError> {
    let token = RefreshToken::parse(token.expose_secret()).ok_or(RefreshError::Refused)?;
    let session = look(deps, origin, &token).await?;
    let unit = deps.db.write(&scope(&token, Principal::User(session.user_id), origin)).await?;
    let session = unit.sessions().lock(token.session_id).await?.ok_or(RefreshError::Refused)?;
    let now = deps.clock.now();
    if !session.lives(now) {
        return Err(RefreshError::Refused);
    }
    match session.refresh.judge(&token, now, deps.policy.refresh_grace) {
        Shown::Foreign => Err(RefreshError::Refused),
        Shown::Used => give_up(deps, unit, &session).await,
        Shown::Again(successor) => {
            let next = token.followed_by(successor);
            renewed(deps, unit.as_ref(), &session, &next).await
        }
        Shown::Present => {
            let mut session = session;
            session.used(origin, now, deps.policy.session_idle);
            let successor = session.refresh.turn(&token, deps.secrets.next().hash(), now);
            let next = token.followed_by(successor);
            let signed_in = renewed(deps, unit.as_ref(), &session, &next).await?;
            unit.sessions().renew(&session).await?;
            unit.commit().await?;
            Ok(signed_in)
        }
    }
}

/// The session that the token names. Who does not know its own secret is turned away before anything is locked.
async fn look(deps: &Deps, origin: &Origin, token: &RefreshToken) -> Result<Session, RefreshError> {
    let unit = deps.db.read(&scope(token, Principal::System, origin)).await?;
    let session = unit.sessions().find(token.session_id).await?.ok_or(RefreshError::Refused)?;
    match session.refresh.judge(token, deps.clock.now(), deps.policy.refresh_grace) {
        Shown::Foreign => Err(RefreshError::Refused),
        _ => Ok(session),
    }
}

fn scope<A>(token: &RefreshToken, principal: Principal, origin: &Origin) -> TenantScope<A> {
    TenantScope::new(token.tenant_id, StoreSet::Only(BTreeSet::new()), principal, origin.clone())
}

/// The session's tokens, where the member and the tenant still stand as when it began.
async fn renewed(
    deps: &Deps,
    unit: &dyn WriteUnit,
    session: &Session,
    next: &RefreshToken,
) -> Result<SignedIn, RefreshError> {
    let tenant = unit.tenant().get().await?;
    let rights = unit.members().rights(session.user_id).await?;
    let member = unit.members().find(session.user_id).await?;
    let (Some(rights), Some(member)) = (rights, member) else {
        return Err(RefreshError::Refused);
    };
    if !session.stands(&rights, &tenant) {
        return Err(RefreshError::Refused);
    }
    let user = Profile {
        id: session.user_id,
        email: member.email,
        email_verified: member.email_verified,
        display_name: member.display_name,
    };
    let tenant = SessionTenant { id: tenant.base.id, slug: tenant.slug, name: tenant.name };
    Ok(issue(deps, session, next, deps.clock.now(), tenant, user)?)
}

/// Ends a session of which a token was used twice.
async fn give_up(deps: &Deps, unit: Box<dyn WriteUnit>, session: &Session) -> Result<SignedIn, RefreshError> {
    let now = deps.clock.now();
    unit.sessions().end(session.id, now).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "session.token_reused",
        object: Object { kind: "session", id: session.id.as_uuid() },
        detail: json!({}),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Err(RefreshError::Refused)
}
