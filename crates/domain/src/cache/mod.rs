//! Values that are kept so that the database is not asked for them again.
//!
//! # Why nothing that is kept can be stale
//!
//! Every request reads its tenant's access version in the transaction in which it goes on. What is kept is kept under that
//! version, of that very transaction, and is found by who reads the same version only. The version rises in the transaction
//! that changes what may be kept, or that transaction does not commit. So a change takes what was kept before out of sight
//! at the moment of its commit, in every process and in whatever they share, and nobody has to be told: neither a lost
//! message nor a dead server nor a store that was away leaves an old value behind that somebody could be shown.
//!
//! # Why nothing that is kept can be another's
//!
//! A [`Key`] is made of a [`Vantage`], and that comes of a scope whose moment is open: of a passed check, for one tenant and
//! the stores that it reaches. There is no other constructor. The check itself is never kept: who asks has been let in
//! before, at this very request.

mod key;
mod load;
mod ports;
mod vantage;

pub use key::{Entry, Key};
pub use load::load;
pub use ports::{Cache, Figures, Found, Turn};
pub use vantage::Vantage;
