//! Identity: people, their credentials and sessions; signing in, switching between tenants, signing out.

mod model;
mod ports;

pub use model::{
    NewOperatorSession, OperatorClaims, OwnMembership, Person, Session, SessionId, TenantClaims, UserId, VerifiedPerson,
    VerifiedToken,
};
pub use ports::{
    HashError, PasswordHash, PasswordHasher, PasswordScreen, PersonRepository, SessionRepository, TokenError, TokenIssuer,
    TokenVerifier, USER_EMAIL_UNIQUE,
};
