mod dispatcher;
pub(crate) mod due;
pub(crate) mod entity;
mod repository;
