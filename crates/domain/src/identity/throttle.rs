use async_trait::async_trait;
use time::Duration;

use crate::shared::{EmailAddress, Fault, FaultKind};
use crate::tenants::TenantId;

/// Somebody tries a password: for which account, and from where. Whether anybody has the address makes no difference.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The account's address, as it was typed.
    pub email: &'a EmailAddress,
    /// The peer's address.
    pub address: Option<&'a str>,
}

/// Too many attempts came before this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts; try again later")]
pub struct Throttled {
    /// When the next one is taken.
    pub wait: Duration,
}

impl Fault for Throttled {
    fn kind(&self) -> FaultKind {
        FaultKind::TooMany
    }

    fn code(&self) -> &'static str {
        "too_many_attempts"
    }

    fn wait(&self) -> Option<Duration> {
        Some(self.wait)
    }
}

/// Bounds how fast passwords can be guessed (ASVS 6.3.1).
///
/// Every attempt is told as it begins, before anything is looked up, and what became of it as it ends. An attempt whose end
/// is never told counts as wrong.
#[async_trait]
pub trait SignInThrottle: Send + Sync {
    /// An attempt begins.
    ///
    /// # Errors
    ///
    /// [`Throttled`] where it is not taken. It does not count then, so that nobody makes others wait longer by trying on.
    async fn attempt(&self, who: Attempt<'_>) -> Result<(), Throttled>;
    /// The password was right.
    async fn right(&self, who: Attempt<'_>);
    /// The password was wrong, or nobody has the address.
    async fn wrong(&self, who: Attempt<'_>);
    /// Nobody could tell: too much was going on, or something was away.
    async fn undecided(&self, who: Attempt<'_>);
    /// Whether a message with a token may be sent to this address, once more, since somebody asks for it.
    async fn message(&self, who: Attempt<'_>) -> bool;
    /// A tenant has an invitation sent to this address. Each tenant is counted for itself, and apart from
    /// [`message`](Self::message): nobody keeps another's invitation, or a forgotten password's token, from arriving.
    ///
    /// # Errors
    ///
    /// [`Throttled`] where it had too many sent there lately. This one does not count then.
    async fn invitation(&self, tenant: TenantId, email: &EmailAddress) -> Result<(), Throttled>;
}
