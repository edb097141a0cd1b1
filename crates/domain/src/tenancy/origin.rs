/// Where a request came from; the audit log records it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The request's id.
    pub request_id: Option<String>,
    /// The peer's address.
    pub address: Option<String>,
    /// The client's own name of itself (`User-Agent`).
    pub agent: Option<String>,
}
