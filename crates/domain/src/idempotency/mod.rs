//! Requests that are done once, however often their client sends them: the key it gives them, and the answer that is kept.
//!
//! # Why the answer is kept in the transaction of the effect
//!
//! A key that was noted before the effect blocks a client whose server died in between; one that is noted after it lets the
//! effect happen twice. So the key is claimed in the unit in which everything happens, after the rights were read and before
//! anything is written, and the answer is kept as its last: either all of it is there or nothing is. Who sends the same at the same moment waits at the key for the
//! first one's end, which is the database's own doing and needs no state of ours.
//!
//! # Why no use case knows of it
//!
//! The actor carries the [`Errand`], as it carries where the request came from, and hands it on with the scope it authorises.
//! A unit that begins with such a scope claims the key. Its `commit` hands the unit, complete but for the answer, back to the
//! errand, and who answers the request [concludes](conclude) it. An answer that tells of a failure keeps nothing: what was
//! begun is dropped, and the key is free.

mod answer;
mod conclude;
mod errand;
mod fingerprint;
mod key;
mod ports;
mod stage;
mod sweep;

pub use answer::{Answer, Repetition, Stored};
pub use conclude::{Sweeps, conclude};
pub use errand::{Errand, ErrandId, Request};
pub use fingerprint::Fingerprint;
pub use key::{IdempotencyKey, InvalidKey};
pub use ports::AnswerRepository;
pub use stage::Complete;
pub use sweep::{KEPT, SweepAnswers};
