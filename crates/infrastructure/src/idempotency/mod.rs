pub(crate) mod answer;
pub(crate) mod platform_answer;
mod repository;
