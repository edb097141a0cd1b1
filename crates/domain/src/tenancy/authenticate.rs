use std::collections::BTreeSet;

use secrecy::SecretString;
use time::OffsetDateTime;

use super::access::{AccessReader, AccessRecord};
use super::actor::{Actor, Operator, Session, Standing};
use super::origin::Origin;
use super::scope::{Principal, StoreSet, TenantScope};
use super::snapshot::Snapshot;
use crate::identity::{TenantClaims, TokenVerifier, VerifiedToken};
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
    let claims = tenant_claims(token, verifier, clock.now())?;
    let access = reader.access(&own_scope(&claims, &origin), claims.user_id, claims.session_id).await?;
    admit(&claims, access.ok_or(AuthenticateError::Revoked)?, origin, clock.now())
}

/// The same for a caller who reads next and at once: the moment in which the access was read stays open for that.
///
/// Not for who waits in between, for a body of a slow client above all: an open moment holds a database connection.
///
/// # Errors
///
/// See [`AuthenticateError`].
pub async fn authenticate_to_read(
    token: &SecretString,
    origin: Origin,
    verifier: &dyn TokenVerifier,
    reader: &dyn AccessReader,
    clock: &dyn Clock,
) -> Result<Actor, AuthenticateError> {
    let claims = tenant_claims(token, verifier, clock.now())?;
    let read = reader.access_to_read(&own_scope(&claims, &origin), claims.user_id, claims.session_id).await?;
    admit_within(&claims, read, origin, clock.now())
}

/// The same for a caller who writes next and at once: the rights are read in the very transaction that writes.
///
/// As for [`authenticate_to_read`], the request has to be there in full. On SQLite this takes its place among the writers
/// before anything is refused: a request with a revoked token waits its turn like any other.
///
/// # Errors
///
/// See [`AuthenticateError`].
pub async fn authenticate_to_write(
    token: &SecretString,
    origin: Origin,
    verifier: &dyn TokenVerifier,
    reader: &dyn AccessReader,
    clock: &dyn Clock,
) -> Result<Actor, AuthenticateError> {
    let claims = tenant_claims(token, verifier, clock.now())?;
    let read = reader.access_to_write(&own_scope(&claims, &origin), claims.user_id, claims.session_id).await?;
    admit_within(&claims, read, origin, clock.now())
}

/// The actor of an access, in the moment in which it was read.
fn admit_within(
    claims: &TenantClaims,
    read: Option<(AccessRecord, Snapshot)>,
    origin: Origin,
    now: OffsetDateTime,
) -> Result<Actor, AuthenticateError> {
    let (access, moment) = read.ok_or(AuthenticateError::Revoked)?;
    Ok(admit(claims, access, origin, now)?.within(moment))
}

fn tenant_claims(
    token: &SecretString,
    verifier: &dyn TokenVerifier,
    now: OffsetDateTime,
) -> Result<TenantClaims, AuthenticateError> {
    match verifier.verify(token, now) {
        Some(VerifiedToken::Tenant(claims)) => Ok(claims),
        _ => Err(AuthenticateError::Invalid),
    }
}

/// The scope in which a session looks itself up: its tenant, and no store.
fn own_scope<A>(claims: &TenantClaims, origin: &Origin) -> TenantScope<A> {
    let none = StoreSet::Only(BTreeSet::new());
    TenantScope::new(claims.tenant_id, none, Principal::User(claims.user_id), origin.clone())
}

fn admit(
    claims: &TenantClaims,
    access: AccessRecord,
    origin: Origin,
    now: OffsetDateTime,
) -> Result<Actor, AuthenticateError> {
    let rights = access.rights;
    let superseded = access.tenant_epoch != claims.tenant_epoch || rights.epoch != claims.membership_epoch;
    let ended = access.session_ended_at.is_some() || access.session_expires_at <= now;
    if superseded || ended || !rights.in_force() {
        return Err(AuthenticateError::Revoked);
    }
    let in_use = access.tenant_status.is_in_use(access.tenant_expires_at, now);
    let standing = if in_use { Standing::Active } else { Standing::Suspended };
    let session = Session { id: claims.session_id, expires_at: access.session_expires_at, origin };
    Ok(Actor::new(claims.user_id, claims.tenant_id, standing, access.access_version, &rights, session))
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
    let access = reader.operator_session(claims.user_id, claims.session_id).await?.ok_or(AuthenticateError::Revoked)?;
    let ended = access.session_ended_at.is_some() || access.session_expires_at <= clock.now();
    if ended || access.person_epoch != claims.person_epoch {
        return Err(AuthenticateError::Revoked);
    }
    Ok(Operator::new(claims.user_id, claims.session_id, origin))
}
