use std::sync::atomic::{AtomicU64, Ordering};

use cotenant_domain::shared::{SecretBytes, SecretSource};

/// Secrets that count up, and so are none: every one can be guessed.
#[derive(Debug, Default)]
pub struct CountingSecrets(AtomicU64);

impl CountingSecrets {
    /// A source that begins at its first secret.
    pub fn new() -> Self {
        Self::default()
    }
}

impl SecretSource for CountingSecrets {
    fn next(&self) -> SecretBytes {
        let count = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        let mut bytes = [0; 32];
        bytes[24..].copy_from_slice(&count.to_be_bytes());
        SecretBytes::new(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_are_alike() {
        let secrets = CountingSecrets::new();
        assert_ne!(secrets.next().to_hex(), secrets.next().to_hex());
    }
}
