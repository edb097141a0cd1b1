//! What happens around every request.

mod authenticate;
mod cors;
mod envelope;
mod headers;
mod idempotency;
mod log;
mod problem;
mod refusals;
mod request_id;

pub(crate) use authenticate::{Gate, authenticate, bearer};
pub(crate) use envelope::envelope;
pub(crate) use request_id::RequestId;
