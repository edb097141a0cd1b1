pub(crate) mod event;
pub(crate) mod head;
mod repository;
