pub(crate) mod credential;
pub(crate) mod own_membership;
mod repository;
pub(crate) mod session;
pub(crate) mod user;
