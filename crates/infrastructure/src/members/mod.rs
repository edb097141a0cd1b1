pub(crate) mod directory;
pub(crate) mod grants;
pub(crate) mod membership;
mod repository;
pub(crate) mod user_role;
pub(crate) mod user_store_role;
