use std::error::Error;

/// Why a message was not handed over. Its source speaks of the transport, and never quotes the text, the address or what the
/// mail server said of them: it is logged.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It could not be handed over now; a later attempt may succeed.
    #[error("the message could not be sent")]
    Unsent(#[source] Box<dyn Error + Send + Sync>),
    /// It was refused for good, as where there is no such mailbox; no later attempt can succeed.
    #[error("the message was refused for good")]
    Refused(#[source] Box<dyn Error + Send + Sync>),
}

impl MailError {
    /// Something of the transport that may be better later.
    pub fn unsent(why: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unsent(why.into())
    }

    /// Something of the message that stays as it is.
    pub fn refused(why: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Refused(why.into())
    }
}
