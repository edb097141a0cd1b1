//! The keys that sign access tokens, and how they change without anybody being signed out.
//!
//! # Why a ring
//!
//! A key that is used for ever is one that nobody dares to change when it leaks. Here one key signs and several verify. A key
//! comes as [`KeyState::Next`]: every server verifies with it and publishes it, and none signs, so that no server ever meets
//! a token by a key that it does not know. Then it is the [`KeyState::Active`] one, and the key before it verifies until the
//! last of its tokens has ended. Tokens say by `kid` which key signed them (RFC 7515, 4.1.4), and one without is nobody's.
//!
//! # Why one algorithm each
//!
//! The header of a token is the word of whoever wrote it. It chooses one of our keys and nothing else: the algorithm is the
//! key's, and a header that says another is refused (RFC 8725, 3.1), so that a public key is never taken for a secret.
//!
//! # Why a file
//!
//! Servers take the keys from one file, and take a changed one while they run ([`KeyRing::reload_if_changed`]). A database
//! would show the keys to everything that reads its backups. Where one secret is enough, `auth.signing_key` is a ring of one
//! key that never changes ([`KeyRing::of_secret`]).

mod error;
mod file;
mod key;
mod live;
mod ring;

pub use error::{Flaw, KeyError, to_the_second};
pub use file::{change, read};
pub use key::Algorithm;
pub use live::KeyRing;
pub use ring::{KNOWN_AFTER, KeyState, Made, Ring, RingKey, Rotated};

use key::Key;
