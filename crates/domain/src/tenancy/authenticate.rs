use std::collections::BTreeSet;
use std::ops::Deref;

use secrecy::{ExposeSecret, SecretString};
use time::OffsetDateTime;
use uuid::Uuid;

use super::access::{AccessReader, AccessRecord, KeyAccess, SupportAccess};
use super::actor::{Actor, Operator, Standing};
use super::holder::Holder;
use super::member_actor::{MemberActor, OwnSession};
use super::origin::Origin;
use super::scope::{Principal, StoreSet, TenantScope};
use super::service_actor::ServiceActor;
use super::snapshot::Snapshot;
use super::support_actor::SupportActor;
use super::support_rights::support_rights;
use crate::idempotency::Errand;
use crate::identity::{OperatorClaims, TenantClaims, TokenVerifier, UserId, VerifiedToken};
use crate::services::KeyToken;
use crate::shared::{Clock, Fault, FaultKind, RepositoryError};
use crate::support::SupportToken;
use crate::tenants::{TenantId, TenantStatus};

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

/// Who a bearer token stands for.
#[derive(Debug, Clone)]
pub enum Bearer {
    /// A member, by an access token.
    Member(MemberActor),
    /// A service account, by an API key.
    Service(ServiceActor),
    /// An operator, by the token of a support grant.
    Support(SupportActor),
}

impl Bearer {
    /// The member, where it is one.
    ///
    /// # Errors
    ///
    /// [`AuthenticateError::Invalid`] for a key or a grant.
    pub fn member(self) -> Result<MemberActor, AuthenticateError> {
        match self {
            Self::Member(member) => Ok(member),
            Self::Service(_) | Self::Support(_) => Err(AuthenticateError::Invalid),
        }
    }

    /// The same, asking for something that is done once: what they write is written under its key.
    #[must_use]
    pub fn doing(self, errand: Errand) -> Self {
        match self {
            Self::Member(member) => Self::Member(member.doing(errand)),
            Self::Service(service) => Self::Service(service.doing(errand)),
            Self::Support(support) => Self::Support(support.doing(errand)),
        }
    }

    fn within(self, moment: Snapshot) -> Self {
        match self {
            Self::Member(member) => Self::Member(member.within(moment)),
            Self::Service(service) => Self::Service(service.within(moment)),
            Self::Support(support) => Self::Support(support.within(moment)),
        }
    }
}

impl Deref for Bearer {
    type Target = Actor;

    fn deref(&self) -> &Actor {
        match self {
            Self::Member(member) => member,
            Self::Service(service) => service,
            Self::Support(support) => support,
        }
    }
}

/// Turns a bearer token into an actor: reads what its session, or the key that it is, may do at this moment.
///
/// The tenant is the token's and nothing else's; no header, path or body can name another.
///
/// # Errors
///
/// See [`AuthenticateError`].
pub async fn authenticate(
    shown: &ShownToken,
    origin: Origin,
    reader: &dyn AccessReader,
    clock: &dyn Clock,
) -> Result<Bearer, AuthenticateError> {
    match &shown.0 {
        Shown::Session(claims) => {
            let scope = scope(claims.tenant_id, Principal::User(claims.user_id), &origin);
            let access = reader.access(&scope, claims.user_id, claims.session_id).await?;
            admit(claims, access.ok_or(AuthenticateError::Revoked)?, origin, clock.now())
        }
        Shown::Key(key) => {
            let scope = scope(key.tenant_id, Principal::System, &origin);
            admit_key(key, reader.key_access(&scope, key.id).await?, origin, clock.now())
        }
        Shown::Support(token) => {
            let scope = scope(token.tenant_id, Principal::System, &origin);
            admit_support(token, reader.support_access(&scope, token.id).await?, origin, clock.now())
        }
        Shown::Operator(_) => Err(AuthenticateError::Invalid),
    }
}

/// The same for a caller who reads next and at once: the moment in which the access was read stays open for that.
///
/// Not for who waits in between, for a body of a slow client above all: an open moment holds a database connection.
///
/// # Errors
///
/// See [`AuthenticateError`].
pub async fn authenticate_to_read(
    shown: &ShownToken,
    origin: Origin,
    reader: &dyn AccessReader,
    clock: &dyn Clock,
) -> Result<Bearer, AuthenticateError> {
    match &shown.0 {
        Shown::Session(claims) => {
            let scope = scope(claims.tenant_id, Principal::User(claims.user_id), &origin);
            let read = reader.access_to_read(&scope, claims.user_id, claims.session_id).await?;
            let (access, moment) = read.ok_or(AuthenticateError::Revoked)?;
            Ok(admit(claims, access, origin, clock.now())?.within(moment))
        }
        Shown::Key(key) => {
            let scope = scope(key.tenant_id, Principal::System, &origin);
            let (access, moment) = reader.key_access_to_read(&scope, key.id).await?.unzip();
            Ok(admit_key(key, access, origin, clock.now())?.within(moment.unwrap_or_default()))
        }
        Shown::Support(token) => {
            let scope = scope(token.tenant_id, Principal::System, &origin);
            let (access, moment) = reader.support_access_to_read(&scope, token.id).await?.unzip();
            Ok(admit_support(token, access, origin, clock.now())?.within(moment.unwrap_or_default()))
        }
        Shown::Operator(_) => Err(AuthenticateError::Invalid),
    }
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
    shown: &ShownToken,
    origin: Origin,
    reader: &dyn AccessReader,
    clock: &dyn Clock,
) -> Result<Bearer, AuthenticateError> {
    match &shown.0 {
        Shown::Session(claims) => {
            let scope = scope(claims.tenant_id, Principal::User(claims.user_id), &origin);
            let read = reader.access_to_write(&scope, claims.user_id, claims.session_id).await?;
            let (access, moment) = read.ok_or(AuthenticateError::Revoked)?;
            Ok(admit(claims, access, origin, clock.now())?.within(moment))
        }
        Shown::Key(key) => {
            let scope = scope(key.tenant_id, Principal::System, &origin);
            let (access, moment) = reader.key_access_to_write(&scope, key.id).await?.unzip();
            Ok(admit_key(key, access, origin, clock.now())?.within(moment.unwrap_or_default()))
        }
        Shown::Support(token) => {
            let scope = scope(token.tenant_id, Principal::System, &origin);
            let (access, moment) = reader.support_access_to_write(&scope, token.id).await?.unzip();
            Ok(admit_support(token, access, origin, clock.now())?.within(moment.unwrap_or_default()))
        }
        Shown::Operator(_) => Err(AuthenticateError::Invalid),
    }
}

/// A bearer token that was read: an access token whose signature is ours and whose time has not run out, or something that
/// looks like a key or the token of a grant. What it opens is for [`authenticate`] to find out.
#[derive(Debug)]
pub struct ShownToken(Shown);

#[derive(Debug)]
enum Shown {
    /// The claims of a member's access token, which was verified.
    Session(TenantClaims),
    /// The claims of an operator's access token, which was verified.
    Operator(OperatorClaims),
    /// A key, which is verified when it was looked up.
    Key(KeyToken),
    /// The token of a support grant, which is verified when it was looked up.
    Support(SupportToken),
}

/// Whom a token names.
#[derive(Debug, Clone, Copy)]
pub enum Claimed<'a> {
    /// A member. It is true.
    Member {
        /// Whose.
        tenant: TenantId,
        /// Who.
        user: UserId,
    },
    /// An operator of the platform. It is true.
    Operator(UserId),
    /// A key. Anybody can say so.
    Key(&'a KeyToken),
    /// A support grant. Anybody can say so.
    Support(&'a SupportToken),
}

impl ShownToken {
    /// Reads a token, without looking anything up.
    ///
    /// # Errors
    ///
    /// [`AuthenticateError::Invalid`] where it can be none of ours, or its time has run out.
    pub fn read(
        token: &SecretString,
        verifier: &dyn TokenVerifier,
        now: OffsetDateTime,
    ) -> Result<Self, AuthenticateError> {
        let text = token.expose_secret();
        let shown = if KeyToken::is_meant(text) {
            KeyToken::parse(text).map(Shown::Key)
        } else if SupportToken::is_meant(text) {
            SupportToken::parse(text).map(Shown::Support)
        } else {
            verifier.verify(token, now).map(|verified| match verified {
                VerifiedToken::Tenant(claims) => Shown::Session(claims),
                VerifiedToken::Operator(claims) => Shown::Operator(claims),
            })
        };
        shown.map(Self).ok_or(AuthenticateError::Invalid)
    }

    /// The name of an access token (`jti`), and when its time runs out. A key and the token of a grant have neither.
    pub fn access_token(&self) -> Option<(Uuid, OffsetDateTime)> {
        match &self.0 {
            Shown::Session(claims) => Some((claims.token_id, claims.expires_at)),
            Shown::Operator(claims) => Some((claims.token_id, claims.expires_at)),
            Shown::Key(_) | Shown::Support(_) => None,
        }
    }

    /// Whom it names.
    pub fn claimed(&self) -> Claimed<'_> {
        match &self.0 {
            Shown::Session(claims) => Claimed::Member { tenant: claims.tenant_id, user: claims.user_id },
            Shown::Operator(claims) => Claimed::Operator(claims.user_id),
            Shown::Key(key) => Claimed::Key(key),
            Shown::Support(token) => Claimed::Support(token),
        }
    }
}

/// The scope in which a token is looked up: its tenant, and no store. Whose a key or a grant is, the look-up tells.
fn scope<A>(tenant: TenantId, principal: Principal, origin: &Origin) -> TenantScope<A> {
    TenantScope::new(tenant, StoreSet::Only(BTreeSet::new()), principal, origin.clone())
}

fn standing(status: TenantStatus, expires_at: Option<OffsetDateTime>, now: OffsetDateTime) -> Standing {
    if status.is_in_use(expires_at, now) { Standing::Active } else { Standing::Suspended }
}

fn admit(
    claims: &TenantClaims,
    access: AccessRecord,
    origin: Origin,
    now: OffsetDateTime,
) -> Result<Bearer, AuthenticateError> {
    let rights = access.rights;
    let superseded = access.tenant_epoch != claims.tenant_epoch || rights.epoch != claims.membership_epoch;
    let ended = access.session_ended_at.is_some() || access.session_expires_at <= now;
    if superseded || ended || !rights.in_force() {
        return Err(AuthenticateError::Revoked);
    }
    let standing = standing(access.tenant_status, access.tenant_expires_at, now);
    let (holder, version) = (Holder::Member(claims.user_id), access.access_version);
    let actor = Actor::new(holder, claims.tenant_id, standing, version, &rights, origin).on(access.tenant_plan);
    let session = OwnSession { id: claims.session_id, expires_at: access.session_expires_at };
    Ok(Bearer::Member(MemberActor::new(actor, claims.user_id, session)))
}

/// Every key that is refused is refused alike: nobody learns whether there is, or ever was, such a key, what is wrong with it,
/// or in whose tenant.
fn admit_key(
    key: &KeyToken,
    access: Option<KeyAccess>,
    origin: Origin,
    now: OffsetDateTime,
) -> Result<Bearer, AuthenticateError> {
    let access = access.filter(|access| access.hash.is_of(key)).ok_or(AuthenticateError::Invalid)?;
    let ended = access.revoked_at.is_some() || access.expires_at.is_some_and(|end| end <= now);
    if ended || !access.rights.in_force() {
        return Err(AuthenticateError::Invalid);
    }
    let standing = standing(access.tenant_status, access.tenant_expires_at, now);
    let (holder, version) = (Holder::Service(access.account_id), access.access_version);
    let actor = Actor::new(holder, key.tenant_id, standing, version, &access.rights, origin).on(access.tenant_plan);
    Ok(Bearer::Service(ServiceActor::new(actor, access.account_id, key.id, access.hash, now)))
}

/// As of keys, every token that is refused is refused alike.
///
/// In a tenant that is suspended or whose time has run out, support reads and does not write: that is when it is called, and
/// nothing shall happen there. Into a deleted tenant no grant leads, nor out of it again when it is restored.
fn admit_support(
    token: &SupportToken,
    access: Option<SupportAccess>,
    origin: Origin,
    now: OffsetDateTime,
) -> Result<Bearer, AuthenticateError> {
    let access = access.filter(|access| access.hash.is_of(token)).ok_or(AuthenticateError::Invalid)?;
    let over = access.ended_at.is_some() || access.expires_at <= now;
    if over || access.granted_at_epoch != access.tenant_epoch {
        return Err(AuthenticateError::Invalid);
    }
    let in_use = access.tenant_status.is_in_use(access.tenant_expires_at, now);
    let rights = support_rights(access.may_write && in_use);
    let holder = Holder::Support { grant: token.id, operator: access.operator_id };
    let actor = Actor::new(holder, token.tenant_id, Standing::Active, access.access_version, &rights, origin);
    let actor = actor.on(access.tenant_plan);
    Ok(Bearer::Support(SupportActor::new(actor, access.operator_id, token.id, access.hash, now)))
}

/// Turns an operator's bearer token into an operator. A tenant's token is not valid here, and the other way round.
///
/// # Errors
///
/// See [`AuthenticateError`].
pub async fn authenticate_operator(
    shown: &ShownToken,
    origin: Origin,
    reader: &dyn AccessReader,
    clock: &dyn Clock,
) -> Result<Operator, AuthenticateError> {
    let Shown::Operator(claims) = &shown.0 else {
        return Err(AuthenticateError::Invalid);
    };
    let access = reader.operator_session(claims.user_id, claims.session_id).await?.ok_or(AuthenticateError::Revoked)?;
    let ended = access.session_ended_at.is_some() || access.session_expires_at <= clock.now();
    if ended || access.person_epoch != claims.person_epoch {
        return Err(AuthenticateError::Revoked);
    }
    Ok(Operator::new(claims.user_id, claims.session_id, access.person_epoch, origin))
}
