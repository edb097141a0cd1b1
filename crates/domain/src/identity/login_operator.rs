use secrecy::SecretString;
use serde_json::json;
use time::Duration;

use super::LoginError;
use super::credential::{refuse, verify};
use super::model::{NewOperatorSession, OperatorClaims};
use super::session::SessionId;
use super::sign_in::{Profile, lifetime};
use crate::Deps;
use crate::platform::NewPlatformAudit;
use crate::shared::EmailAddress;
use crate::tenancy::{Origin, PlatformScope, Principal};

/// An operator's session began.
#[derive(Debug)]
pub struct SignedInOperator {
    /// The bearer token (RFC 6750); it opens the platform's routes and no tenant.
    pub access_token: SecretString,
    /// How long it lives.
    pub expires_in: Duration,
    /// Who signed in.
    pub user: Profile,
}

/// Signs an operator in to the platform. Who is not an operator gets the answer to a wrong password.
///
/// # Errors
///
/// See [`LoginError`].
pub async fn login_operator(
    deps: &Deps,
    origin: &Origin,
    email: &EmailAddress,
    password: SecretString,
) -> Result<SignedInOperator, LoginError> {
    let person = verify(deps, origin, email, password).await?;
    let user_id = person.base.id;
    let unit = deps.db.platform(&PlatformScope::new(Principal::Operator(user_id), origin.clone())).await?;
    if unit.operators().find(user_id).await?.is_none() {
        // Two units at once would wait for each other where there is one writer.
        drop(unit);
        return Err(refuse(deps, origin, Some(user_id)).await);
    }
    let now = deps.clock.now();
    let (issued_at, expires_at) = lifetime(now, deps.policy.access_token);
    let id = SessionId::new(deps.ids.next());
    let access_token = deps.issuer.operator(&OperatorClaims {
        user_id,
        session_id: id,
        token_id: deps.ids.next(),
        person_epoch: person.epoch,
        issued_at,
        expires_at,
    })?;
    unit.operators().begin_session(&NewOperatorSession { id, user_id, created_at: now, expires_at }).await?;
    let event = NewPlatformAudit {
        id: deps.ids.next(),
        at: now,
        action: "operator_session.began",
        object_id: Some(id.as_uuid()),
        detail: json!({}),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(SignedInOperator { access_token, expires_in: expires_at - issued_at, user: person.into() })
}
