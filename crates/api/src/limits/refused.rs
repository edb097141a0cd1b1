use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use time::OffsetDateTime;
use uuid::Uuid;

use crate::bounded::make_room;

/// How many are remembered: about fifty bytes each.
const MOST: usize = 10_000;

/// Which access tokens this process has refused although their signature is ours: signed out, removed, superseded.
///
/// It decides nothing: a token that is remembered is looked up at each request like any other, and is good again where that
/// says so. It only tells against whom its next request counts. Nobody gets here with a token that they made up.
#[derive(Default)]
pub(crate) struct RefusedTokens(Mutex<HashMap<Uuid, OffsetDateTime>>);

impl RefusedTokens {
    /// Whether the token of this name was refused when it came last.
    pub(super) fn hold(&self, token: Uuid) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&token)
    }

    /// The token was refused. It is remembered until its time runs out: nobody has to be told of it then.
    pub(super) fn add(&self, token: Uuid, expires_at: OffsetDateTime, now: OffsetDateTime) {
        let mut refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() >= MOST {
            refused.retain(|_, expires_at| *expires_at > now);
        }
        make_room(&mut refused, MOST);
        refused.insert(token, expires_at);
    }

    /// The token was good.
    pub(super) fn remove(&self, token: Uuid) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;

    const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn token(n: usize) -> Uuid {
        Uuid::from_u128(n as u128)
    }

    #[test]
    fn a_token_is_refused_until_it_was_good() {
        let refused = RefusedTokens::default();
        refused.add(token(1), START, START);
        assert_eq!([1, 2].map(|n| refused.hold(token(n))), [true, false]);
        refused.remove(token(1));
        assert!(!refused.hold(token(1)));
    }

    #[test]
    fn memory_is_bounded_and_those_whose_time_ran_out_go_first() {
        let (refused, hour) = (RefusedTokens::default(), Duration::HOUR);
        refused.add(token(0), START + hour, START);
        for n in 1..MOST {
            refused.add(token(n), START, START);
        }
        refused.add(token(MOST), START + hour, START);
        assert_eq!(refused.0.lock().unwrap().len(), 2);
        assert!(refused.hold(token(0)) && refused.hold(token(MOST)));
        for n in 0..=MOST {
            refused.add(token(n), START + hour, START);
        }
        assert!(refused.0.lock().unwrap().len() <= MOST);
    }
}
