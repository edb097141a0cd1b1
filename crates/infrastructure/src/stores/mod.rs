pub(crate) mod entity;
mod repository;

pub(crate) use repository::deletion;
