pub(crate) mod audit_event;
mod audit_repository;
pub(crate) mod bootstrap;
pub(crate) mod operator;
pub(crate) mod operator_session;
mod repository;
pub(crate) mod tenant;
mod tenant_repository;
