pub(crate) mod grant;
pub(crate) mod own;
mod own_repository;
mod repository;
mod rows;
