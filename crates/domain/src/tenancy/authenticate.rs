use std::collections::BTreeSet;

use secrecy::SecretString;

use super::access::AccessReader;
use super::actor::{Actor, Operator, Origin, Standing};
use super::scope::{Principal, StoreSet, TenantScope};
use crate::identity::{TokenVerifier, VerifiedToken};
use crate::members::MembershipStatus;
use crate::shared::{Clock, Fault, FaultKind, RepositoryError};

/// Why a bearer token opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// Not a token of ours, expired, or made for something else.
    #[error("the token is not valid here")]
    Invalid,
    /// It was valid, and has been revoked: signed out, removed, superseded.
    #[error("the token has been revoked")]
    Revoked,
    /// The database failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Fault for AuthenticateError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Invalid | Self::Revoked => FaultKind::Unauthenticated,
            Self::Repository(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Invalid => "unauthenticated",
            Self::Revoked => "token_revoked",
            Self::Repository(source) => source.code(),
        }
    }
}

/// Turns a bearer token into an actor: verifies it, then reads what its session may do at this moment.
///
/// The tenant is the token's and nothing else's; no header, path or body can name another.
///
/// # Errors
///
/// See [`AuthenticateError`].
pub async fn authenticate(
    token: &SecretString,
    origin: Origin,
    verifier: &dyn TokenVerifier,
    reader: &dyn AccessReader,
    clock: &dyn Clock,
) -> Result<Actor, AuthenticateError> {
    let Some(VerifiedToken::Tenant(claims)) = verifier.verify(token, clock.now()) else {
        return Err(AuthenticateError::Invalid);
    };
    let principal = Principal::User(claims.user_id);
    let scope = TenantScope::new(claims.tenant_id, StoreSet::Only(BTreeSet::new()), principal, origin.clone());
    let now = clock.now();
    let access = reader.access(&scope, claims.user_id, claims.session_id).await?.ok_or(AuthenticateError::Revoked)?;
    let superseded = access.tenant_epoch != claims.tenant_epoch
        || access.membership_epoch != claims.membership_epoch
        || access.person_epoch != claims.person_epoch;
    let ended = access.session_ended_at.is_some() || access.session_expires_at <= now;
    if superseded || ended || access.membership_status != MembershipStatus::Active {
        return Err(AuthenticateError::Revoked);
    }
    let standing =
        if access.tenant_status.is_in_use(access.tenant_expires_at, now) { Standing::Active } else { Standing::Suspended };
    Ok(Actor::new(claims.user_id, claims.tenant_id, claims.session_id, standing, &access.grants, origin))
}

/// Turns an operator's bearer token into an operator. A tenant's token is not valid here, and the other way round.
///
/// # Errors
///
/// See [`AuthenticateError`].
pub async fn authenticate_operator(
    token: &SecretString,
    origin: Origin,
    verifier: &dyn TokenVerifier,
    reader: &dyn AccessReader,
    clock: &dyn Clock,
) -> Result<Operator, AuthenticateError> {
    let Some(VerifiedToken::Operator(claims)) = verifier.verify(token, clock.now()) else {
        return Err(AuthenticateError::Invalid);
    };
    let access =
        reader.operator_session(claims.user_id, claims.session_id).await?.ok_or(AuthenticateError::Revoked)?;
    let ended = access.session_ended_at.is_some() || access.session_expires_at <= clock.now();
    if ended || access.person_epoch != claims.person_epoch {
        return Err(AuthenticateError::Revoked);
    }
    Ok(Operator::new(claims.user_id, claims.session_id, origin))
}
