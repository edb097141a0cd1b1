pub(crate) mod member_access;
pub(crate) mod operator_access;
mod reader;
mod rights;
pub(crate) mod session_access;

pub(crate) use rights::{RememberedRights, rights_now};
