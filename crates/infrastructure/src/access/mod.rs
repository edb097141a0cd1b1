pub(crate) mod api_key_access;
mod keys;
pub(crate) mod member_access;
pub(crate) mod operator_access;
mod reader;
mod rights;
pub(crate) mod service_access;
pub(crate) mod session_access;
mod support;
pub(crate) mod support_access;

pub(crate) use keys::token_hash;
pub(crate) use rights::{RememberedRights, rights_now};
