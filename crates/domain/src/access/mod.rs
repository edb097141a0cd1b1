//! Access: why somebody may do something, or may not.

mod error;
mod explain;
mod explanation;

pub use error::AccessError;
pub(crate) use explain::names;
pub use explain::{Explained, ExplainedGrant, Question, explain};
pub use explanation::{CarriedGrant, Explanation, Reason};
