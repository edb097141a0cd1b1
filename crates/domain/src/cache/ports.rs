use std::sync::Arc;

use async_trait::async_trait;

use super::key::Key;

/// Keeps values for a while, as bytes. It may forget any of them at any time, and answers rather "absent" than late or with
/// an error.
///
/// # What an adapter keeps to
///
/// - What is found under a key is what was kept under that very key, byte for byte, whoever else can write to where it is.
/// - Of those who find a key absent at the same time one has the turn and the others wait until it ends, in one process at
///   least. A turn that is dropped passes to the next of them.
/// - One tenant does not drive out what all others keep.
#[async_trait]
pub trait Cache: Send + Sync {
    /// What is kept under the key, or the turn to load it.
    async fn find(&self, key: &Key) -> Found;
    /// What it has done since it began.
    fn figures(&self) -> Figures;
}

/// What a cache has done since its process began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Values that were found in the process.
    pub hits: u64,
    /// Values that were found in what processes share.
    pub shared_hits: u64,
    /// Values that were found nowhere, so that somebody was given the turn to load them.
    pub misses: u64,
    /// Values that were not kept because their tenant has its share.
    pub beyond_share: u64,
    /// Values in what processes share that were not written by one of ours under their key, and were not taken.
    pub refused: u64,
    /// Times at which what processes share did not answer, or was not asked because it had not answered just before.
    pub away: u64,
}

/// What was found under a key.
pub enum Found {
    /// The value.
    Kept(Arc<[u8]>),
    /// Nothing, and the turn to load it.
    Absent(Box<dyn Turn>),
}

/// The turn to load a value. Dropped, it passes to the next who waits for it.
#[async_trait]
pub trait Turn: Send + Sync {
    /// Keeps the value, and ends the turn: those who wait find it.
    async fn keep(self: Box<Self>, value: Arc<[u8]>);
    /// Ends the turn without a value: those who wait load each for themselves, at once.
    fn release(self: Box<Self>);
}
