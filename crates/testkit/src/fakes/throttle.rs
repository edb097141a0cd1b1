use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use cotenant_domain::identity::{Attempt, SignInThrottle, Throttled};
use cotenant_domain::shared::EmailAddress;
use cotenant_domain::tenants::TenantId;
use time::Duration;

use super::hold;

/// What a throttle was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// An attempt began.
    Began,
    /// It was right.
    Right,
    /// It was wrong.
    Wrong,
    /// Nobody could tell.
    Undecided,
    /// A message was asked for.
    Message,
    /// An invitation was to be sent, by this tenant.
    Invitation,
}

/// Holds nobody back until it is told to, and keeps what it is told: what, of which account, from where.
#[derive(Debug, Default)]
pub struct ToldThrottle {
    told: Mutex<Vec<(Told, String, Option<String>)>>,
    closed: AtomicBool,
}

impl ToldThrottle {
    /// A throttle that was told nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what it was told since it was asked last.
    pub fn take(&self) -> Vec<(Told, String, Option<String>)> {
        std::mem::take(&mut *hold(&self.told))
    }

    /// Whether it shall refuse everything, for seven seconds.
    pub fn set_closed(&self, closed: bool) {
        self.closed.store(closed, Ordering::Relaxed);
    }

    fn tell(&self, what: Told, who: Attempt<'_>) {
        hold(&self.told).push((what, who.email.to_string(), who.address.map(str::to_owned)));
    }
}

#[async_trait]
impl SignInThrottle for ToldThrottle {
    async fn attempt(&self, who: Attempt<'_>) -> Result<(), Throttled> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(Throttled { wait: Duration::seconds(7) });
        }
        self.tell(Told::Began, who);
        Ok(())
    }

    async fn right(&self, who: Attempt<'_>) {
        self.tell(Told::Right, who);
    }

    async fn wrong(&self, who: Attempt<'_>) {
        self.tell(Told::Wrong, who);
    }

    async fn undecided(&self, who: Attempt<'_>) {
        self.tell(Told::Undecided, who);
    }

    async fn message(&self, who: Attempt<'_>) -> bool {
        self.tell(Told::Message, who);
        !self.closed.load(Ordering::Relaxed)
    }

    async fn invitation(&self, tenant: TenantId, email: &EmailAddress) -> Result<(), Throttled> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(Throttled { wait: Duration::seconds(7) });
        }
        hold(&self.told).push((Told::Invitation, email.to_string(), Some(tenant.to_string())));
        Ok(())
    }
}
