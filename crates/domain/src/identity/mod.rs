//! Identity: people, their credentials and sessions; signing in, staying signed in, switching between tenants, signing out.

mod change_password;
mod credential;
mod end_session;
mod error;
mod list_sessions;
mod login;
mod login_operator;
mod logout;
mod me;
mod model;
mod new_password;
mod password;
mod ports;
mod refresh;
mod refresh_token;
mod session;
mod sign_in;
mod switch;
mod tell_password;
mod throttle;

pub(crate) use change_password::prove;
pub use change_password::{ChangePassword, SignedInPerson, change_password};
pub(crate) use credential::verify;
pub use end_session::{end_other_sessions, end_session};
pub use error::{LoginError, PasswordError, RefreshError, SessionError};
pub use list_sessions::{OwnSession, list_sessions};
pub use login::{Login, TenantChoice, login};
pub use login_operator::{SignedInOperator, login_operator};
pub use logout::{logout, logout_operator};
pub use me::{Me, me};
pub use model::{
    NewOperatorSession, OperatorClaims, OwnMembership, Person, TenantClaims, UserId, VerifiedPerson, VerifiedToken,
};
pub(crate) use new_password::{Chooser, set as set_password};
pub use password::{InvalidPassword, Password, choose};
pub use ports::{
    HashError, PasswordCheck, PasswordHash, PasswordHasher, PasswordScreen, PersonRepository, PublicKey, SessionReader,
    SessionRepository, TokenError, TokenIssuer, TokenVerifier, USER_EMAIL_UNIQUE,
};
pub use refresh::refresh;
pub use refresh_token::{PreviousToken, RefreshState, RefreshToken};
pub use session::{Device, Session, SessionId};
pub use sign_in::{Profile, SessionTenant, SignedIn};
pub use switch::switch;
pub(crate) use tell_password::telling;
pub use tell_password::{PersonToTell, TellOfPassword};
pub use throttle::{Attempt, SignInThrottle, Throttled};
