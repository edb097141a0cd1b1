pub(crate) mod event;
pub(crate) mod head;
mod remembered;
mod repository;

pub(crate) use remembered::RememberedHeads;
