use async_trait::async_trait;
use secrecy::SecretString;
use time::OffsetDateTime;

use super::model::{OperatorClaims, OwnMembership, Person, TenantClaims, UserId, VerifiedPerson, VerifiedToken};
use super::session::{Session, SessionId};
use crate::shared::{EmailAddress, Fault, FaultKind, Page, PageRequest, RepositoryError};

/// The rule that addresses are unique.
pub const USER_EMAIL_UNIQUE: &str = "users_email_key_unique";

/// A password's hash in PHC string form.
#[derive(Clone)]
pub struct PasswordHash(SecretString);

impl PasswordHash {
    /// Wraps a PHC string.
    pub fn new(phc: String) -> Self {
        Self(phc.into())
    }

    /// The PHC string, for storage and checking only.
    pub fn expose(&self) -> &str {
        secrecy::ExposeSecret::expose_secret(&self.0)
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// Reads and writes people. No tenant reaches it.
#[async_trait]
pub trait PersonRepository: Send + Sync {
    /// The person with this address.
    async fn find_by_email(&self, email: &EmailAddress) -> Result<Option<Person>, RepositoryError>;
    /// The person with this id.
    async fn find(&self, id: UserId) -> Result<Option<Person>, RepositoryError>;
    /// The person's password hash.
    async fn password(&self, id: UserId) -> Result<Option<PasswordHash>, RepositoryError>;
    /// The person with this id, whose password nobody else changes until the unit ends.
    async fn lock(&self, id: UserId) -> Result<Option<Person>, RepositoryError>;
    /// Sets another password, and raises the person's epoch: what the old one began as an operator ends.
    async fn set_password(&self, id: UserId, hash: &PasswordHash, now: OffsetDateTime) -> Result<(), RepositoryError>;
    /// Notes that the person's address is theirs.
    async fn verify_email(&self, id: UserId, now: OffsetDateTime) -> Result<(), RepositoryError>;
    /// Gives the person another address, which is theirs, and raises their epoch.
    async fn set_email(&self, id: UserId, email: &EmailAddress, now: OffsetDateTime) -> Result<(), RepositoryError>;
    /// Stores another hash of the same password, if the stored one is still `old`; `false` where it is not, and stays.
    async fn rehash(
        &self,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
        now: OffsetDateTime,
    ) -> Result<bool, RepositoryError>;
    /// Adds a person with a password.
    async fn insert(&self, person: &Person, password: &PasswordHash) -> Result<(), RepositoryError>;
    /// The person's own memberships, removed ones left out, in live tenants. The one read that spans tenants, and it
    /// takes the proof that it is the person who asks.
    async fn memberships(&self, person: VerifiedPerson) -> Result<Vec<OwnMembership>, RepositoryError>;
    /// Ends the person's own sessions in all tenants, other than `kept`; answers how many had not ended. The one write that
    /// spans tenants, and it takes the same proof.
    async fn end_sessions(
        &self,
        person: VerifiedPerson,
        kept: Option<SessionId>,
        now: OffsetDateTime,
    ) -> Result<u64, RepositoryError>;
}

/// Reads members' sessions within a scope.
#[async_trait]
pub trait SessionReader: Send + Sync {
    /// The session with this id, alive or not.
    async fn find(&self, id: SessionId) -> Result<Option<Session>, RepositoryError>;
    /// One page of the member's sessions that live at `now`, by id.
    async fn list(
        &self,
        user: UserId,
        now: OffsetDateTime,
        page: &PageRequest<()>,
    ) -> Result<Page<Session>, RepositoryError>;
}

/// Begins, renews and ends members' sessions within a scope.
#[async_trait]
pub trait SessionRepository: SessionReader {
    /// Begins a session.
    async fn insert(&self, session: &Session) -> Result<(), RepositoryError>;
    /// The session with this id, which nobody else renews or ends until the unit does.
    async fn lock(&self, id: SessionId) -> Result<Option<Session>, RepositoryError>;
    /// Writes the last use, the idle end and what renews the session next.
    async fn renew(&self, session: &Session) -> Result<(), RepositoryError>;
    /// Ends a session; `false` where it had ended already, and stays as it is.
    async fn end(&self, id: SessionId, now: OffsetDateTime) -> Result<bool, RepositoryError>;
    /// Ends the member's sessions other than `kept` that have not ended; answers how many.
    async fn end_others(&self, user: UserId, kept: SessionId, now: OffsetDateTime) -> Result<u64, RepositoryError>;
}

/// The hasher cannot take more work, or failed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Too many passwords are being hashed; try again soon.
    #[error("too many sign-ins at once")]
    Busy,
    /// The algorithm refused: a defect.
    #[error("password hashing failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Fault for HashError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Busy => FaultKind::Busy,
            Self::Failed(_) => FaultKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Failed(_) => "internal",
        }
    }
}

/// Hashes and checks passwords, a bounded number at a time.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes a new password.
    async fn hash(&self, password: SecretString) -> Result<PasswordHash, HashError>;
    /// Checks a password. With `None` (nobody has this address) it does the same work against a dummy hash and answers
    /// [`PasswordCheck::Wrong`], so that time does not tell which addresses exist (ASVS 6.3.8).
    async fn verify(&self, password: SecretString, hash: Option<PasswordHash>) -> Result<PasswordCheck, HashError>;
}

/// What became of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordCheck {
    /// It is another password.
    Wrong,
    /// It is the password.
    Right,
    /// It is the password, and its hash was made at another cost than hashes are now.
    Outdated,
}

impl PasswordCheck {
    /// Whether it is the password.
    pub fn is_right(self) -> bool {
        self != Self::Wrong
    }
}

/// Recognises passwords that are among the first to be guessed (ASVS 6.2.4).
pub trait PasswordScreen: Send + Sync {
    /// Whether the password is common; `personal` are words of the person that make it easier to guess.
    fn is_common(&self, password: &SecretString, personal: &[&str]) -> bool;
}

/// Signing failed: a defect.
#[derive(Debug, thiserror::Error)]
#[error("the token could not be signed")]
pub struct TokenError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

impl Fault for TokenError {
    fn kind(&self) -> FaultKind {
        FaultKind::Internal
    }

    fn code(&self) -> &'static str {
        "internal"
    }
}

/// Signs tokens.
pub trait TokenIssuer: Send + Sync {
    /// A member's token.
    fn tenant(&self, claims: &TenantClaims) -> Result<SecretString, TokenError>;
    /// An operator's token.
    fn operator(&self, claims: &OperatorClaims) -> Result<SecretString, TokenError>;
}

/// A public key of Ed25519 (RFC 8032) that verifies tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// The name of the key, as tokens carry it in their header (`kid`).
    pub id: String,
    /// The key.
    pub bytes: [u8; 32],
}

/// Verifies tokens.
pub trait TokenVerifier: Send + Sync {
    /// The claims of a token whose signature, issuer, audience, type and times are right at `now`; `None` for anything
    /// else. There is no leeway: who issues and who verifies share a clock.
    fn verify(&self, token: &SecretString, now: OffsetDateTime) -> Option<VerifiedToken>;
    /// The keys with which everybody can verify tokens at `now`; none where only a secret can.
    fn published(&self, now: OffsetDateTime) -> Vec<PublicKey>;
}
