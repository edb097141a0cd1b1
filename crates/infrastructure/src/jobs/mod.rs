mod dispatcher;
pub(crate) mod due;
pub(crate) mod entity;
pub(crate) mod platform_due;
pub(crate) mod platform_entity;
mod repository;
