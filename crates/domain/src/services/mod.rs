//! Service accounts: programs that act in a tenant, and the API keys by which they are known.
//!
//! # Why a service account is nobody
//!
//! It has no person, no password and no session, and no row among people: nothing of what a person does to sign in, renew or
//! recover can be done to it or by it. What it may do is said as of a member, by roles in the whole tenant or at single
//! stores, and is read at each request.
//!
//! # Why only people look after service accounts
//!
//! A key that could make keys would outlive its own revocation: who stole it would mint another before it is noticed. So
//! everything that makes, changes or gives to a service account takes a [`MemberActor`](crate::tenancy::MemberActor), and a
//! service's request has none, whatever its roles hold. It is a matter of types and not of a check that could be forgotten.
//!
//! # What a person can give away with a key
//!
//! Who makes a key can act as its account. So nobody makes a key for an account that holds more than they do, nobody gives
//! it more, and the owner role is for people: a tenant is never left to a program. Taking a key away gives nobody anything;
//! it is open to everyone who looks after service accounts, since a leaked key must be stopped by who notices.

mod change;
mod create;
mod create_key;
mod delete;
mod error;
mod grant;
mod key;
mod list;
mod list_keys;
mod model;
mod note_use;
mod ports;
mod revoke;
mod revoke_key;
mod rotate_key;
mod rules;
mod view;

pub use change::{ChangeService, change};
pub use create::{CreateService, create};
pub use create_key::{CreateKey, MOST_KEYS, NewKey, create_key};
pub use delete::delete;
pub use error::ServiceError;
pub use grant::grant;
pub use key::{ApiKey, ApiKeyId, KeyHash, KeyToken};
pub use list::{ListServices, list};
pub use list_keys::{list_keys, view_key};
pub use model::{Service, ServiceAccount, ServiceAccountId, ServiceGrant, ServiceStatus};
pub use note_use::{NOTED_EVERY, note_use};
pub use ports::{
    API_KEY_ID_UNIQUE, KeyReader, KeyRepository, SERVICE_ID_UNIQUE, SERVICE_NAME_UNIQUE, ServiceFilter, ServiceReader,
    ServiceRepository, ServiceSort,
};
pub use revoke::revoke;
pub use revoke_key::revoke_key;
pub use rotate_key::{LONGEST_OVERLAP, RotateKey, USUAL_OVERLAP, rotate_key};
pub use view::view;
