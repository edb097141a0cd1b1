//! Keys, and tokens of support grants, that this process has seen of late.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use cotenant_domain::services::NOTED_EVERY;
use cotenant_domain::tenancy::{Marked, OpaqueToken, TokenHash};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::bounded::make_room;

/// How many are remembered: about a hundred bytes each.
const MOST: usize = 10_000;

/// Which keys were good when they came, and when each was noted last.
///
/// It decides nothing: a key that is remembered is looked up at each request like any other. It only tells when the next use
/// is to be noted, whose body is worth waiting for, and against whom a request counts before the key is looked up.
#[derive(Default)]
pub(crate) struct RecentKeys(Mutex<HashMap<Uuid, Recent>>);

struct Recent {
    hash: TokenHash,
    noted_at: OffsetDateTime,
    from: Option<String>,
}

impl RecentKeys {
    /// Whether the key was good when it came last.
    pub(crate) fn recognise<T: Marked>(&self, key: &OpaqueToken<T>) -> bool {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.get(&key.id.as_uuid()).is_some_and(|recent| recent.hash.is_of(key))
    }

    /// Whether the use is to be noted: the first in a while, or the first from somewhere else where that is looked at. Who is
    /// told so has it noted.
    pub(crate) fn is_due(&self, id: Uuid, hash: TokenHash, from: Option<&str>, now: OffsetDateTime) -> bool {
        let is_old = |recent: &Recent| now >= recent.noted_at + NOTED_EVERY;
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.get(&id).is_some_and(|recent| !is_old(recent) && recent.from.as_deref() == from) {
            return false;
        }
        if keys.len() >= MOST {
            keys.retain(|_, recent| !is_old(recent));
        }
        // More keys at once than are worth remembering: better noted too often than not at all.
        make_room(&mut keys, MOST);
        keys.insert(id, Recent { hash, noted_at: now, from: from.map(str::to_owned) });
        true
    }

    /// The key was refused. Another secret with its id forgets nothing: whoever makes one up does the key no harm.
    pub(crate) fn forget<T: Marked>(&self, key: &OpaqueToken<T>) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.get(&key.id.as_uuid()).is_some_and(|recent| recent.hash.is_of(key)) {
            keys.remove(&key.id.as_uuid());
        }
    }

    /// A use that was to be noted was not: the next one is due again.
    pub(crate) fn was_not_noted(&self, id: Uuid) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cotenant_domain::services::KeyToken;
    use secrecy::ExposeSecret;

    const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn key(n: u128, secret: &str) -> KeyToken {
        KeyToken::parse(&format!("cok_{n:032x}_{n:032x}_{}", secret.repeat(64))).unwrap()
    }

    #[test]
    fn a_use_is_due_once_in_a_while_for_each_key() {
        let (keys, one, other) = (RecentKeys::default(), key(1, "a"), key(2, "a"));
        assert!(keys.is_due(one.id.as_uuid(), one.hash(), None, START));
        assert!(!keys.is_due(one.id.as_uuid(), one.hash(), None, START + NOTED_EVERY - time::Duration::SECOND));
        assert!(keys.is_due(other.id.as_uuid(), other.hash(), None, START));
        assert!(keys.is_due(one.id.as_uuid(), one.hash(), None, START + NOTED_EVERY));
        keys.was_not_noted(one.id.as_uuid());
        assert!(keys.is_due(one.id.as_uuid(), one.hash(), None, START + NOTED_EVERY));
    }

    #[test]
    fn a_use_from_another_address_is_due_at_once() {
        let (keys, one) = (RecentKeys::default(), key(1, "a"));
        let due = |from| keys.is_due(one.id.as_uuid(), one.hash(), Some(from), START);
        assert_eq!(
            [due("192.0.2.1"), due("192.0.2.1"), due("192.0.2.2"), due("192.0.2.2")],
            [true, false, true, false]
        );
    }

    #[test]
    fn only_the_key_itself_is_recognised() {
        let (keys, good) = (RecentKeys::default(), key(1, "a"));
        assert!(!keys.recognise(&good));
        keys.is_due(good.id.as_uuid(), good.hash(), None, START);
        assert!(keys.recognise(&good));
        assert!(!keys.recognise(&key(1, "b")), "the same key with another secret: {}", good.reveal().expose_secret());
    }

    #[test]
    fn a_key_that_was_refused_is_forgotten_and_not_because_somebody_guesses_at_it() {
        let (keys, good) = (RecentKeys::default(), key(1, "a"));
        keys.is_due(good.id.as_uuid(), good.hash(), None, START);
        keys.forget(&key(1, "b"));
        assert!(keys.recognise(&good));
        keys.forget(&good);
        assert!(!keys.recognise(&good));
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let (keys, hash) = (RecentKeys::default(), key(1, "a").hash());
        for n in 0..MOST as u128 + 1 {
            keys.is_due(Uuid::from_u128(n), hash, None, START);
        }
        assert_eq!(keys.0.lock().unwrap().len(), MOST / 2 + 1);
    }
}
