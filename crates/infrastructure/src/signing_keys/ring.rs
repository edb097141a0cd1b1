use cotenant_domain::shared::{SecretBytes, SecretSource};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::{Algorithm, Flaw, Key, KeyError};

/// How old a successor is before it signs: longer than a server takes to read a changed file (seconds), and longer than a
/// copy of `/.well-known/jwks.json` is kept (five minutes).
pub const KNOWN_AFTER: Duration = Duration::minutes(6);

/// How much longer a key verifies than the last token lives that it can have signed: servers take seconds to read a changed
/// file, and sign with the key before until then.
const MARGIN: Duration = Duration::minutes(5);

/// The keys, as they are stored. There is exactly one that signs, and every name is there once.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ring {
    keys: Vec<RingKey>,
}

/// One key and what it is good for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RingKey {
    /// Its name, as tokens carry it.
    pub kid: String,
    /// How it signs.
    #[serde(rename = "alg")]
    pub algorithm: Algorithm,
    /// What it is good for.
    pub state: KeyState,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// The key itself, or the seed of the pair.
    #[serde(with = "hex")]
    secret: SecretBytes,
}

/// What a key is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// It verifies, and will sign one day.
    Next,
    /// It signs.
    Active,
    /// It signed once, and verifies until then.
    RetiringUntil(#[serde(with = "time::serde::rfc3339")] OffsetDateTime),
}

/// A new key.
#[derive(Debug, PartialEq, Eq)]
pub struct Made {
    /// Its name.
    pub kid: String,
    /// Whether it is the first and signs from now on.
    pub signs: bool,
}

/// One key took the place of another.
#[derive(Debug, PartialEq, Eq)]
pub struct Rotated {
    /// Signs from now on.
    pub active: String,
    /// Verifies for a while.
    pub retiring: String,
    /// For how long.
    pub until: OffsetDateTime,
}

impl RingKey {
    /// Whether tokens by this key verify at `now`.
    pub fn verifies(&self, now: OffsetDateTime) -> bool {
        self.state.verifies(now)
    }

    pub(super) fn usable(&self) -> Result<Key, Flaw> {
        Key::new(&self.kid, self.algorithm, &self.secret).ok_or_else(|| Flaw::Rejected(self.kid.clone()))
    }
}

impl KeyState {
    pub(super) fn verifies(self, now: OffsetDateTime) -> bool {
        !matches!(self, Self::RetiringUntil(end) if end <= now)
    }
}

impl Ring {
    /// The keys, oldest first.
    pub fn keys(&self) -> &[RingKey] {
        &self.keys
    }

    /// Makes a key: the first signs at once, a later one waits.
    ///
    /// # Errors
    ///
    /// [`KeyError::Waiting`] where one waits already.
    pub fn generate(
        &mut self,
        algorithm: Algorithm,
        secrets: &dyn SecretSource,
        now: OffsetDateTime,
    ) -> Result<Made, KeyError> {
        if let Some(waiting) = self.find(KeyState::Next) {
            return Err(KeyError::Waiting(self.keys[waiting].kid.clone()));
        }
        let signs = self.find(KeyState::Active).is_none();
        let state = if signs { KeyState::Active } else { KeyState::Next };
        // 64 random bits: a name has to be another one, it need not be hard to guess.
        let kid = secrets.next().to_hex()[..16].to_owned();
        self.keys.push(RingKey { kid: kid.clone(), algorithm, state, created_at: now, secret: secrets.next() });
        Ok(Made { kid, signs })
    }

    /// Lets the key that waits sign; the one before verifies until the tokens that it signed, which live for `life`, have
    /// ended. One that is younger than [`KNOWN_AFTER`] signs only `at_once`.
    ///
    /// # Errors
    ///
    /// [`KeyError::NoSuccessor`] or [`KeyError::Young`].
    pub fn rotate(&mut self, now: OffsetDateTime, life: Duration, at_once: bool) -> Result<Rotated, KeyError> {
        let next = self.find(KeyState::Next).ok_or(KeyError::NoSuccessor)?;
        let before = self.find(KeyState::Active).ok_or(KeyError::NoSuccessor)?;
        let (kid, from) = (self.keys[next].kid.clone(), self.keys[next].created_at + KNOWN_AFTER);
        if now < from && !at_once {
            return Err(KeyError::Young { kid, from });
        }
        let until = now + life + MARGIN;
        self.keys[before].state = KeyState::RetiringUntil(until);
        self.keys[next].state = KeyState::Active;
        Ok(Rotated { active: kid, retiring: self.keys[before].kid.clone(), until })
    }

    /// Removes a key at once, and with it every token that it signed. Where it is the one that signs, the one that waits
    /// takes its place: its name is given back.
    ///
    /// # Errors
    ///
    /// [`KeyError::Unknown`], or [`KeyError::NoSuccessor`] for the one that signs while none waits.
    pub fn retire(&mut self, kid: &str) -> Result<Option<String>, KeyError> {
        let at = self.keys.iter().position(|key| key.kid == kid).ok_or_else(|| KeyError::Unknown(kid.to_owned()))?;
        let mut successor = None;
        if self.keys[at].state == KeyState::Active {
            let next = self.find(KeyState::Next).ok_or(KeyError::NoSuccessor)?;
            self.keys[next].state = KeyState::Active;
            successor = Some(self.keys[next].kid.clone());
        }
        self.keys.remove(at);
        Ok(successor)
    }

    /// Forgets keys whose tokens have ended.
    pub(super) fn forget_ended(&mut self, now: OffsetDateTime) {
        self.keys.retain(|key| key.verifies(now));
    }

    /// Whether these are keys that a server can work with.
    pub(super) fn check(&self) -> Result<(), Flaw> {
        let is_url_safe = |kid: &str| kid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        for (n, key) in self.keys.iter().enumerate() {
            if !(1..=64).contains(&key.kid.len()) || !is_url_safe(&key.kid) {
                return Err(Flaw::Kid);
            }
            if self.keys[..n].iter().any(|other| other.kid == key.kid) {
                return Err(Flaw::Twice(key.kid.clone()));
            }
        }
        match self.keys.iter().filter(|key| key.state == KeyState::Active).count() {
            1 => Ok(()),
            other => Err(Flaw::Active(other)),
        }
    }

    fn find(&self, state: KeyState) -> Option<usize> {
        self.keys.iter().position(|key| key.state == state)
    }
}

/// Secrets in hexadecimal.
mod hex {
    use cotenant_domain::shared::SecretBytes;
    use secrecy::{ExposeSecret, SecretString};
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(secret: &SecretBytes, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(SecretString::from(secret.to_hex()).expose_secret())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretBytes, D::Error> {
        let text = SecretString::from(String::deserialize(deserializer)?);
        SecretBytes::from_hex(text.expose_secret()).ok_or_else(|| D::Error::custom("64 hexadecimal digits are a key"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::OsSecrets;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);
    const LIFE: Duration = Duration::HOUR;

    fn ring(keys: usize) -> (Ring, Vec<String>) {
        let mut ring = Ring::default();
        let mut kid = || ring.generate(Algorithm::EdDsa, &OsSecrets, NOW).unwrap().kid;
        let kids = (0..keys).map(|_| kid()).collect();
        (ring, kids)
    }

    fn states(ring: &Ring) -> Vec<KeyState> {
        ring.keys().iter().map(|key| key.state).collect()
    }

    #[test]
    fn the_first_key_signs_and_the_second_waits_for_its_turn() {
        let (mut ring, kids) = ring(2);
        assert_eq!(states(&ring), [KeyState::Active, KeyState::Next]);
        assert_ne!(kids[0], kids[1]);
        let third = ring.generate(Algorithm::Hs256, &OsSecrets, NOW).unwrap_err();
        assert!(matches!(third, KeyError::Waiting(kid) if kid == kids[1]));
        let rotated = ring.rotate(NOW + KNOWN_AFTER, LIFE, false).unwrap();
        let until = NOW + KNOWN_AFTER + LIFE + MARGIN;
        assert_eq!(rotated, Rotated { active: kids[1].clone(), retiring: kids[0].clone(), until });
        assert_eq!(states(&ring), [KeyState::RetiringUntil(until), KeyState::Active]);
        assert!(matches!(ring.rotate(until, LIFE, true), Err(KeyError::NoSuccessor)));
    }

    #[test]
    fn the_key_before_verifies_as_long_as_a_token_of_a_late_server_lives_and_is_then_forgotten() {
        let (mut ring, _) = ring(2);
        let until = ring.rotate(NOW, LIFE, true).unwrap().until;
        let late = NOW + Duration::seconds(10);
        assert!(until > late + LIFE);
        assert!(ring.keys()[0].verifies(until - Duration::SECOND) && !ring.keys()[0].verifies(until));
        ring.forget_ended(until - Duration::SECOND);
        assert_eq!(ring.keys().len(), 2);
        ring.forget_ended(until);
        assert_eq!(states(&ring), [KeyState::Active]);
    }

    #[test]
    fn a_key_that_not_everybody_knows_signs_only_when_told_so() {
        let (mut ring, kids) = ring(2);
        let soon = NOW + KNOWN_AFTER - Duration::SECOND;
        let refused = ring.rotate(soon, LIFE, false).unwrap_err();
        assert!(matches!(refused, KeyError::Young { kid, from } if kid == kids[1] && from == NOW + KNOWN_AFTER));
        assert_eq!(states(&ring), [KeyState::Active, KeyState::Next], "nothing has changed");
        assert_eq!(ring.rotate(soon, LIFE, true).unwrap().active, kids[1]);
    }

    #[test]
    fn any_key_can_be_removed_at_once_but_one_always_signs() {
        let (mut lonely, kids) = ring(1);
        assert!(matches!(lonely.retire(&kids[0]), Err(KeyError::NoSuccessor)));
        assert!(matches!(lonely.retire("another"), Err(KeyError::Unknown(kid)) if kid == "another"));
        let (mut ring, kids) = ring(2);
        assert_eq!(ring.retire(&kids[0]).unwrap(), Some(kids[1].clone()));
        assert_eq!((states(&ring), ring.keys()[0].kid.as_str()), (vec![KeyState::Active], kids[1].as_str()));
        let waiting = ring.generate(Algorithm::Hs256, &OsSecrets, NOW).unwrap().kid;
        assert_eq!(ring.retire(&waiting).unwrap(), None);
        ring.check().unwrap();
    }

    #[test]
    fn keys_that_no_server_can_work_with_are_refused() {
        assert_eq!(Ring::default().check(), Err(Flaw::Active(0)));
        let (mut two, _) = ring(2);
        two.keys[1].state = KeyState::Active;
        assert_eq!(two.check(), Err(Flaw::Active(2)));
        let (mut twice, kids) = ring(2);
        twice.keys[1].kid.clone_from(&kids[0]);
        assert_eq!(twice.check(), Err(Flaw::Twice(kids[0].clone())));
        for kid in ["", "a b", "../key", "é", &"a".repeat(65)] {
            let (mut odd, _) = ring(1);
            odd.keys[0].kid = kid.to_owned();
            assert_eq!(odd.check(), Err(Flaw::Kid), "{kid}");
        }
    }

    #[test]
    fn a_ring_is_read_back_as_it_was_written_and_shows_no_secret() {
        let (mut ring, _) = ring(2);
        ring.rotate(NOW, LIFE, true).unwrap();
        let text = serde_json::to_string(&ring).unwrap();
        let read: Ring = serde_json::from_str(&text).unwrap();
        assert_eq!((states(&read), serde_json::to_string(&read).unwrap()), (states(&ring), text));
        let secret = ring.keys[0].secret.to_hex();
        assert!(!format!("{ring:?}").contains(&secret));
    }
}
