//! Password hashing: Argon2id (RFC 9106), a bounded number at a time.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash as Phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use async_trait::async_trait;
use cotenant_domain::identity::{HashError, PasswordHash, PasswordHasher, PasswordScreen};
use rand::TryRng;
use rand::rngs::SysRng;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How hard a hash is to compute, and how many are computed at once.
#[derive(Debug, Clone, Copy)]
pub struct HashingCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
    /// The most hashes at once. More would only slow each other and everything else down.
    pub permits: usize,
    /// The most callers that wait for their turn. Whoever comes beyond is told so at once: a longer queue would make
    /// everybody in it wait for answers that nobody waits for any more.
    pub queue: usize,
    /// How long a caller waits for its turn.
    pub patience: Duration,
}

/// Argon2id on the blocking pool.
pub struct Argon2Hasher {
    argon2: Argon2<'static>,
    /// Places to wait and to hash in.
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    patience: Duration,
    /// The hash of nobody's password, at the same cost.
    dummy: PasswordHash,
}

impl Argon2Hasher {
    /// A hasher of this cost.
    ///
    /// # Errors
    ///
    /// [`HashError::Failed`] for a cost outside of what the algorithm allows.
    pub fn new(cost: HashingCost) -> Result<Self, HashError> {
        let params = Params::new(cost.memory_kib, cost.iterations, cost.parallelism, None).map_err(failed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let dummy = hash(&argon2, b"nobody has this password")?;
        let permits = cost.permits.max(1);
        let (places, turns) = (Arc::new(Semaphore::new(permits + cost.queue)), Arc::new(Semaphore::new(permits)));
        Ok(Self { argon2, places, turns, patience: cost.patience, dummy })
    }

    /// A place, and the turn of who has it.
    async fn turn(&self) -> Result<[OwnedSemaphorePermit; 2], HashError> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| HashError::Busy)?;
        let turn = tokio::time::timeout(self.patience, self.turns.clone().acquire_owned()).await;
        Ok([place, turn.ok().and_then(Result::ok).ok_or(HashError::Busy)?])
    }

    /// Runs `work` on the blocking pool. The permit goes with it: a caller that goes away does not free a turn while its
    /// hash is still being computed, so no flood of abandoned requests gets past the bound.
    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'static>) -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let turn = self.turn().await?;
        let argon2 = self.argon2.clone();
        let task = tokio::task::spawn_blocking(move || {
            let result = work(&argon2);
            drop(turn);
            result
        });
        task.await.map_err(failed)?
    }
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> HashError {
    HashError::Failed(error.into())
}

fn hash(argon2: &Argon2<'_>, password: &[u8]) -> Result<PasswordHash, HashError> {
    let mut salt = [0; 16];
    SysRng.try_fill_bytes(&mut salt).map_err(failed)?;
    let hash = argon2.hash_password_with_salt(password, &salt).map_err(|e| failed(e.to_string()))?;
    Ok(PasswordHash::new(hash.to_string()))
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(&self, password: SecretString) -> Result<PasswordHash, HashError> {
        self.in_turn(move |argon2| hash(argon2, password.expose_secret().as_bytes())).await
    }

    async fn verify(&self, password: SecretString, hash: Option<PasswordHash>) -> Result<bool, HashError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.dummy.clone());
        self.in_turn(move |argon2| {
            let stored = Phc::new(hash.expose()).map_err(|e| failed(e.to_string()))?;
            let matches = argon2.verify_password(password.expose_secret().as_bytes(), &stored).is_ok();
            Ok(matches && known)
        })
        .await
    }
}

/// Recognises common passwords by an estimate of how many guesses they stand (zxcvbn), which knows the lists of leaked
/// ones, names, dates and keyboard patterns.
#[derive(Debug, Clone, Copy, Default)]
pub struct ZxcvbnScreen;

impl PasswordScreen for ZxcvbnScreen {
    fn is_common(&self, password: &SecretString, personal: &[&str]) -> bool {
        // The estimate's time grows faster than the password; the first 64 characters decide.
        let start: String = password.expose_secret().chars().take(64).collect();
        zxcvbn::zxcvbn(&start, personal).score() < zxcvbn::Score::Two
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher(permits: usize, patience: Duration) -> Argon2Hasher {
        let cost = HashingCost { memory_kib: 64, iterations: 1, parallelism: 1, permits, queue: 2, patience };
        Argon2Hasher::new(cost).unwrap()
    }

    fn secret(text: &str) -> SecretString {
        text.to_owned().into()
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let hasher = hasher(2, Duration::from_secs(5));
        let hash = hasher.hash(secret("correct horse battery")).await.unwrap();
        assert!(hash.expose().starts_with("$argon2id$"));
        assert!(hasher.verify(secret("correct horse battery"), Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify(secret("correct horse"), Some(hash)).await.unwrap());
    }

    #[tokio::test]
    async fn nobody_has_the_dummy_password() {
        let hasher = hasher(1, Duration::from_secs(5));
        assert!(!hasher.verify(secret("nobody has this password"), None).await.unwrap());
    }

    #[tokio::test]
    async fn who_waits_too_long_for_a_turn_is_told_so() {
        let hasher = hasher(1, Duration::from_millis(1));
        let turn = hasher.turn().await.unwrap();
        assert!(matches!(hasher.verify(secret("x"), None).await, Err(HashError::Busy)));
        drop(turn);
        assert!(hasher.verify(secret("x"), None).await.is_ok());
    }

    #[tokio::test]
    async fn so_many_wait_for_a_turn_and_no_more() {
        let hasher = hasher(1, Duration::from_secs(60));
        let turn = hasher.turn().await.unwrap();
        let mut queue = tokio::task::JoinSet::new();
        let hasher = Arc::new(hasher);
        for _ in 0..2 {
            let hasher = hasher.clone();
            queue.spawn(async move { hasher.verify(secret("x"), None).await });
        }
        while hasher.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(hasher.verify(secret("x"), None).await, Err(HashError::Busy)), "at once");
        drop(turn);
        assert!(queue.join_all().await.iter().all(Result::is_ok));
        assert_eq!((hasher.places.available_permits(), hasher.turns.available_permits()), (3, 1));
    }

    #[test]
    fn common_passwords_are_recognised_and_phrases_are_not() {
        let screen = ZxcvbnScreen;
        for common in ["password1234", "123456789012", "qwertyuiop12", "aaaaaaaaaaaa"] {
            assert!(screen.is_common(&secret(common), &[]), "{common}");
        }
        assert!(screen.is_common(&secret("asha.otieno1"), &["asha.otieno"]));
        assert!(!screen.is_common(&secret("seven tall giraffes at dusk"), &[]));
    }
}
