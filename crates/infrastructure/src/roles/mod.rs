pub(crate) mod entity;
mod held;
mod repository;

pub(crate) use held::{NAMED, given};
