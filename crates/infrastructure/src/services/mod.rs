pub(crate) mod account;
pub(crate) mod api_key;
pub(crate) mod grants;
mod key_repository;
mod repository;
pub(crate) mod service_role;
pub(crate) mod service_store_role;
