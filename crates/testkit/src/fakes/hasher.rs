use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use async_trait::async_trait;
use cotenant_domain::identity::{HashError, PasswordCheck, PasswordHash, PasswordHasher};
use secrecy::{ExposeSecret, SecretString};

const MARK: &str = "plain$";

/// Marks passwords instead of hashing them, and counts the work it is given.
#[derive(Debug, Default)]
pub struct PlainHasher {
    calls: AtomicUsize,
    busy: AtomicBool,
    cost: AtomicU32,
}

impl PlainHasher {
    /// A hasher that is idle.
    pub fn new() -> Self {
        Self::default()
    }

    /// How often a password was hashed or checked, checks against the dummy hash included.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// Whether it shall refuse all work as [`HashError::Busy`].
    pub fn set_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::Relaxed);
    }

    /// Makes every hash from before outdated.
    pub fn raise_cost(&self) {
        self.cost.fetch_add(1, Ordering::Relaxed);
    }

    fn mark(&self) -> String {
        format!("{MARK}{}$", self.cost.load(Ordering::Relaxed))
    }

    fn work(&self) -> Result<(), HashError> {
        if self.busy.load(Ordering::Relaxed) {
            return Err(HashError::Busy);
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[async_trait]
impl PasswordHasher for PlainHasher {
    async fn hash(&self, password: SecretString) -> Result<PasswordHash, HashError> {
        self.work()?;
        Ok(PasswordHash::new(format!("{}{}", self.mark(), password.expose_secret())))
    }

    async fn verify(&self, password: SecretString, hash: Option<PasswordHash>) -> Result<PasswordCheck, HashError> {
        self.work()?;
        let plain =
            hash.as_ref().and_then(|hash| hash.expose().strip_prefix(MARK)).and_then(|rest| rest.split_once('$'));
        let current = hash.as_ref().is_some_and(|hash| hash.expose().starts_with(&self.mark()));
        Ok(match plain {
            Some((_, plain)) if plain == password.expose_secret() && current => PasswordCheck::Right,
            Some((_, plain)) if plain == password.expose_secret() => PasswordCheck::Outdated,
            _ => PasswordCheck::Wrong,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_same_password_verifies_and_every_check_is_counted() {
        let hasher = PlainHasher::new();
        let hash = hasher.hash("right".into()).await.unwrap();
        assert_eq!(hasher.verify("right".into(), Some(hash.clone())).await.unwrap(), PasswordCheck::Right);
        assert_eq!(hasher.verify("wrong".into(), Some(hash)).await.unwrap(), PasswordCheck::Wrong);
        assert_eq!(hasher.verify("right".into(), None).await.unwrap(), PasswordCheck::Wrong);
        assert_eq!(hasher.calls(), 4);
    }

    #[tokio::test]
    async fn a_busy_hasher_refuses_and_counts_nothing() {
        let hasher = PlainHasher::new();
        hasher.set_busy(true);
        assert!(matches!(hasher.verify("any".into(), None).await, Err(HashError::Busy)));
        assert_eq!(hasher.calls(), 0);
    }
}
