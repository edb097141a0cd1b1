pub(crate) mod own;
mod repository;
