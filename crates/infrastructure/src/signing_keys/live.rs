use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use cotenant_domain::identity::PublicKey;
use secrecy::SecretString;
use time::OffsetDateTime;

use super::file::{Stamp, read_stamped};
use super::{Flaw, Key, KeyError, KeyState, Ring};

/// The keys of a running server. Whoever signs or verifies takes what is there at this moment and touches no disk.
pub struct KeyRing {
    keys: RwLock<Arc<Keys>>,
    source: Option<Source>,
}

/// Where the keys come from, and which state of it they are.
struct Source {
    path: PathBuf,
    taken: Mutex<Stamp>,
}

/// The keys of one moment.
pub(crate) struct Keys {
    active: Key,
    others: Vec<(Key, KeyState)>,
}

impl KeyRing {
    /// The ring of one key for HMAC-SHA256, which never changes.
    pub fn of_secret(secret: &SecretString) -> Self {
        let keys = Keys { active: Key::of_text(secret), others: Vec::new() };
        Self { keys: RwLock::new(Arc::new(keys)), source: None }
    }

    /// The ring in a file.
    ///
    /// # Errors
    ///
    /// See [`super::read`].
    pub fn of_file(path: &Path) -> Result<Self, KeyError> {
        let (keys, stamp) = load(path)?;
        let source = Source { path: path.to_owned(), taken: Mutex::new(stamp) };
        Ok(Self { keys: RwLock::new(Arc::new(keys)), source: Some(source) })
    }

    /// Whether the keys are those of a file, which can change.
    pub fn can_change(&self) -> bool {
        self.source.is_some()
    }

    /// Takes the keys of the file where it is another than the one they came from, and says whether it was. One that was
    /// refused is read again each time.
    ///
    /// # Errors
    ///
    /// See [`super::read`]; the keys that were there stay.
    pub fn reload_if_changed(&self) -> Result<bool, KeyError> {
        let Some(Source { path, taken }) = &self.source else { return Ok(false) };
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        let metadata = std::fs::metadata(path).map_err(|source| KeyError::Unreadable { path: path.clone(), source })?;
        if Stamp::of(&metadata) == *taken {
            return Ok(false);
        }
        let (keys, stamp) = load(path)?;
        // Nothing can panic while the lock is held, and what it guards is always whole.
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        *taken = stamp;
        Ok(true)
    }

    pub(crate) fn now(&self) -> Arc<Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn load(path: &Path) -> Result<(Keys, Stamp), KeyError> {
    let (ring, stamp) = read_stamped(path)?;
    let keys = Keys::of(&ring).map_err(|flaw| KeyError::Malformed { path: path.to_owned(), flaw })?;
    Ok((keys, stamp))
}

impl Keys {
    fn of(ring: &Ring) -> Result<Self, Flaw> {
        let (mut active, mut others) = (None, Vec::new());
        for key in ring.keys() {
            match key.state {
                KeyState::Active => active = Some(key.usable()?),
                state => others.push((key.usable()?, state)),
            }
        }
        Ok(Self { active: active.ok_or(Flaw::Active(0))?, others })
    }

    /// The key that signs.
    pub(crate) fn signing(&self) -> &Key {
        &self.active
    }

    /// The key of this name, where it verifies at `now`.
    pub(crate) fn verifying(&self, kid: &str, now: OffsetDateTime) -> Option<&Key> {
        self.all(now).find(|key| key.kid == kid)
    }

    /// What everybody may know at `now`.
    pub(crate) fn published(&self, now: OffsetDateTime) -> Vec<PublicKey> {
        self.all(now).filter_map(Key::published).collect()
    }

    fn all(&self, now: OffsetDateTime) -> impl Iterator<Item = &Key> {
        let others = self.others.iter().filter(move |(_, state)| state.verifies(now)).map(|(key, _)| key);
        std::iter::once(&self.active).chain(others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::OsSecrets;
    use crate::signing_keys::{Algorithm, change};
    use std::fs;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

    fn generate(path: &Path) -> String {
        change(path, NOW, |ring| ring.generate(Algorithm::EdDsa, &OsSecrets, NOW)).unwrap().kid
    }

    fn knows(ring: &KeyRing, kid: &str) -> bool {
        ring.now().verifying(kid, NOW).is_some()
    }

    #[test]
    fn a_changed_file_is_taken_once_and_what_was_held_before_stays_whole() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("keys.json");
        let first = generate(&path);
        let ring = KeyRing::of_file(&path).unwrap();
        assert!(!ring.reload_if_changed().unwrap());
        let held = ring.now();
        let second = generate(&path);
        assert!(!knows(&ring, &second), "nothing looks at the file by itself");
        assert!(ring.reload_if_changed().unwrap() && !ring.reload_if_changed().unwrap());
        assert!(knows(&ring, &first) && knows(&ring, &second));
        assert!(held.verifying(&second, NOW).is_none() && held.signing().kid == first);
    }

    #[test]
    fn a_broken_file_is_told_and_the_keys_before_it_stay() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("keys.json");
        let kid = generate(&path);
        let (ring, good) = (KeyRing::of_file(&path).unwrap(), fs::read(&path).unwrap());
        fs::write(&path, "{").unwrap();
        for _ in 0..2 {
            assert!(matches!(ring.reload_if_changed(), Err(KeyError::Malformed { .. })), "told each time");
            assert!(knows(&ring, &kid));
        }
        fs::remove_file(&path).unwrap();
        assert!(matches!(ring.reload_if_changed(), Err(KeyError::Unreadable { .. })));
        assert!(knows(&ring, &kid) && ring.now().signing().kid == kid);
        fs::write(&path, good).unwrap();
        #[cfg(unix)]
        {
            assert!(matches!(ring.reload_if_changed(), Err(KeyError::Open { .. })));
            fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        }
        assert!(ring.reload_if_changed().unwrap(), "and the next good one is taken");
    }

    #[test]
    fn a_secret_is_a_ring_that_never_changes_and_publishes_nothing() {
        let ring = KeyRing::of_secret(&SecretString::from("0123456789abcdef0123456789abcdef"));
        assert!(!ring.can_change() && !ring.reload_if_changed().unwrap());
        assert!(ring.now().published(NOW).is_empty());
    }
}
