pub(crate) mod credential;
pub(crate) mod own_membership;
pub(crate) mod own_session;
mod repository;
pub(crate) mod session;
mod session_repository;
pub(crate) mod user;
