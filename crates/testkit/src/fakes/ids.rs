use std::sync::atomic::{AtomicU64, Ordering};

use cotenant_domain::shared::IdSource;
use uuid::{Builder, Uuid};

/// Ids that count up: UUIDs of version 7 in form, each greater than the one before.
#[derive(Debug, Default)]
pub struct CountingIds(AtomicU64);

/// 2026-01-01T00:00:00Z in milliseconds of Unix time.
const FIRST: u64 = 1_767_225_600_000;

impl CountingIds {
    /// A source that begins at its first id.
    pub fn new() -> Self {
        Self::default()
    }
}

impl IdSource for CountingIds {
    fn next(&self) -> Uuid {
        let count = self.0.fetch_add(1, Ordering::Relaxed);
        Builder::from_unix_timestamp_millis(FIRST + count, &[0; 10]).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_and_are_of_version_7() {
        let ids = CountingIds::new();
        let (first, second) = (ids.next(), ids.next());
        assert!(first < second);
        assert_eq!(first.get_version_num(), 7);
    }
}
