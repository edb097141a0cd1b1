pub(crate) mod member_access;
pub(crate) mod operator_access;
mod reader;
