//! Identity: people, their credentials and sessions; signing in, switching between tenants, signing out.

mod credential;
mod error;
mod login;
mod login_operator;
mod logout;
mod me;
mod model;
mod password;
mod ports;
mod session;
mod switch;

pub(crate) use credential::verify;
pub use error::{LoginError, SessionError};
pub use login::{Login, TenantChoice, login};
pub use login_operator::{SignedInOperator, login_operator};
pub use logout::{logout, logout_operator};
pub use me::{Me, me};
pub use model::{
    NewOperatorSession, OperatorClaims, OwnMembership, Person, Session, SessionId, TenantClaims, UserId,
    VerifiedPerson, VerifiedToken,
};
pub use password::{InvalidPassword, Password, choose};
pub use ports::{
    HashError, PasswordHash, PasswordHasher, PasswordScreen, PersonRepository, SessionRepository, TokenError,
    TokenIssuer, TokenVerifier, USER_EMAIL_UNIQUE,
};
pub use session::{Profile, SessionTenant, SignedIn};
pub use switch::switch;
