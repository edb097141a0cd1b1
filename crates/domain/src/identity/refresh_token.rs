//! What renews a session.
//!
//! # Why two secrets
//!
//! A refresh token works once and is answered with its successor (rotation, RFC 9700, 4.14.2). A token that was used before
//! and comes again shows that two parties have it, and ends the session for both. To tell such a token from noise without
//! keeping every token there ever was, each carries two secrets: one that stays the same as long as the session lives, and
//! one that changes at each use. Who knows the first and not the present second has had a token of this session.
//!
//! # Why a successor can be given twice
//!
//! The answer to a refresh can be lost on its way. Repeated within a short grace, the same token is answered with the same
//! successor, or people were signed out by bad networks. The successor is not stored: it is derived from the token that was
//! shown and a random salt, so that the database knows neither.

use std::fmt;

use secrecy::SecretString;
use time::{Duration, OffsetDateTime};

use super::session::SessionId;
use crate::shared::{SecretBytes, SecretSource};
use crate::tenants::TenantId;

/// `rfr_<tenant>_<session>_<family>_<secret>`. Tenant and session are part of it, so that it is looked up inside its tenant
/// and no look-up spans tenants.
pub struct RefreshToken {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The session.
    pub session_id: SessionId,
    family: SecretBytes,
    secret: SecretBytes,
}

/// What is stored of a session's refresh tokens: hashes.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshState {
    /// The hash of the secret that stays.
    pub family_hash: [u8; 32],
    /// The hash of the secret that is good now.
    pub hash: [u8; 32],
    /// The token before, where there was one.
    pub previous: Option<PreviousToken>,
}

/// The refresh token before the present one.
#[derive(Clone, PartialEq, Eq)]
pub struct PreviousToken {
    /// The hash of its secret.
    pub hash: [u8; 32],
    /// With its secret, this gives the present one.
    pub salt: [u8; 32],
    /// When it was used.
    pub used_at: OffsetDateTime,
}

/// What a token is to a session.
#[derive(Debug)]
pub(super) enum Shown {
    /// The present one.
    Present,
    /// The one before, shown again soon enough for its answer to have been lost: here is its successor.
    Again(SecretBytes),
    /// One that was used before.
    Used,
    /// Not of this session.
    Foreign,
}

impl RefreshToken {
    /// The first token of a session.
    pub(super) fn first(tenant_id: TenantId, session_id: SessionId, secrets: &dyn SecretSource) -> Self {
        Self { tenant_id, session_id, family: secrets.next(), secret: secrets.next() }
    }

    /// The next token of the same session.
    pub(super) fn followed_by(self, secret: SecretBytes) -> Self {
        Self { secret, ..self }
    }

    /// The text that is handed to the client.
    pub fn reveal(&self) -> SecretString {
        let (tenant, session) = (self.tenant_id.as_uuid().simple(), self.session_id.as_uuid().simple());
        format!("rfr_{tenant}_{session}_{}_{}", self.family.to_hex(), self.secret.to_hex()).into()
    }

    /// Reads what [`RefreshToken::reveal`] wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("rfr_")?.split('_');
        let mut id = || parts.next().filter(|id| id.len() == 32);
        let (tenant, session) = (id()?, id()?);
        let (family, secret) = (SecretBytes::from_hex(parts.next()?)?, SecretBytes::from_hex(parts.next()?)?);
        let whole = parts.next().is_none();
        whole.then_some(Self { tenant_id: tenant.parse().ok()?, session_id: session.parse().ok()?, family, secret })
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshToken({}, ..)", self.session_id)
    }
}

impl fmt::Debug for RefreshState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshState(..)")
    }
}

impl RefreshState {
    /// What is stored of a session's first token.
    pub(super) fn of(first: &RefreshToken) -> Self {
        Self { family_hash: first.family.hash(), hash: first.secret.hash(), previous: None }
    }

    /// What `token` is to this session at `now`.
    pub(super) fn judge(&self, token: &RefreshToken, now: OffsetDateTime, grace: Duration) -> Shown {
        if !token.family.matches(&self.family_hash) {
            return Shown::Foreign;
        }
        if token.secret.matches(&self.hash) {
            return Shown::Present;
        }
        match &self.previous {
            Some(previous) if token.secret.matches(&previous.hash) && now < previous.used_at + grace => {
                Shown::Again(token.secret.derive(&previous.salt))
            }
            _ => Shown::Used,
        }
    }

    /// Uses the present token: gives the secret of its successor, which is the present one from now on.
    pub(super) fn turn(&mut self, token: &RefreshToken, salt: [u8; 32], now: OffsetDateTime) -> SecretBytes {
        let successor = token.secret.derive(&salt);
        self.previous = Some(PreviousToken { hash: self.hash, salt, used_at: now });
        self.hash = successor.hash();
        successor
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use uuid::Uuid;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
    const GRACE: Duration = Duration::seconds(30);

    fn token(family: u8, secret: u8) -> RefreshToken {
        RefreshToken {
            tenant_id: TenantId::new(Uuid::from_u128(1)),
            session_id: SessionId::new(Uuid::from_u128(2)),
            family: SecretBytes::new([family; 32]),
            secret: SecretBytes::new([secret; 32]),
        }
    }

    #[test]
    fn a_token_is_read_back_as_it_was_written() {
        let read = RefreshToken::parse(token(3, 4).reveal().expose_secret()).unwrap();
        assert_eq!((read.tenant_id, read.session_id), (token(3, 4).tenant_id, token(3, 4).session_id));
        assert!(read.family.matches(&SecretBytes::new([3; 32]).hash()));
        assert!(read.secret.matches(&SecretBytes::new([4; 32]).hash()));
    }

    #[test]
    fn anything_else_is_no_token() {
        let good = token(3, 4).reveal();
        let good = good.expose_secret();
        let hyphenated = good.replacen(&"0".repeat(31), &Uuid::nil().to_string()[..31], 1);
        for wrong in
            ["", "rfr_", &good[1..], &good[..good.len() - 1], &format!("{good}_"), &format!("{good}0"), &hyphenated]
        {
            assert!(RefreshToken::parse(wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn the_present_token_is_good_once_and_its_answer_can_be_had_again_for_a_while() {
        let mut state = RefreshState::of(&token(3, 4));
        assert!(matches!(state.judge(&token(3, 4), NOW, GRACE), Shown::Present));
        let successor = state.turn(&token(3, 4), [9; 32], NOW);
        let Shown::Again(again) = state.judge(&token(3, 4), NOW + GRACE - Duration::MICROSECOND, GRACE) else {
            panic!("the same successor")
        };
        assert_eq!(again.hash(), successor.hash());
        let next = token(3, 4).followed_by(successor);
        assert!(matches!(state.judge(&next, NOW, GRACE), Shown::Present));
        assert!(matches!(state.judge(&token(3, 4), NOW + GRACE, GRACE), Shown::Used));
    }

    #[test]
    fn a_token_from_before_the_previous_one_was_used_whatever_the_grace() {
        let mut state = RefreshState::of(&token(3, 4));
        let second = token(3, 4).followed_by(state.turn(&token(3, 4), [8; 32], NOW));
        state.turn(&second, [9; 32], NOW);
        assert!(matches!(state.judge(&token(3, 4), NOW, GRACE), Shown::Used));
        assert!(matches!(state.judge(&second, NOW, GRACE), Shown::Again(_)));
    }

    #[test]
    fn a_token_without_the_sessions_own_secret_is_foreign() {
        let state = RefreshState::of(&token(3, 4));
        assert!(matches!(state.judge(&token(5, 4), NOW, GRACE), Shown::Foreign));
        assert!(matches!(state.judge(&token(3, 5), NOW, GRACE), Shown::Used));
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let token = token(0xab, 0xcd);
        let shown = format!("{token:?} {:?}", RefreshState::of(&token));
        assert!(!shown.contains("abab") && !shown.contains("cdcd") && !shown.contains("171, 171"), "{shown}");
    }
}
