use super::error::RateLimited;
use super::rate::{Level, Rate};

/// The name of what is counted, as callers read it: lower case letters and hyphens, such as `tenant-read`.
pub type Policy = &'static str;

/// Whose count it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LimitKey {
    /// Of which policy.
    pub policy: Policy,
    /// Of whom: an id, or an address, in as many bits as it takes.
    pub of: u128,
}

/// A count, and the rate that it is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// Whose count.
    pub key: LimitKey,
    /// The rate.
    pub rate: Rate,
}

/// What became of a request that was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Whether it is served.
    pub admitted: bool,
    /// What is left of each charge, in their order.
    pub levels: Vec<Level>,
}

impl Counted {
    /// The refusal, where it is one: it names the charges of which nothing is left, and the longest of their waits.
    pub fn refusal(&self, charges: &[Charge]) -> Option<RateLimited> {
        if self.admitted {
            return None;
        }
        let spent = || charges.iter().zip(&self.levels).filter(|(_, level)| level.left == 0);
        let policies = spent().map(|(charge, _)| charge.key.policy).collect();
        let wait = spent().map(|(_, level)| level.more_in).max().unwrap_or_default();
        Some(RateLimited { policies, wait })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;

    #[test]
    fn a_refusal_names_what_is_spent_and_the_longest_wait() {
        let charge = |policy| Charge { key: LimitKey { policy, of: 1 }, rate: Rate::new(9, 60).unwrap() };
        let charges = [charge("tenant-read"), charge("person-read"), charge("other")];
        let level = |left, seconds| Level { left, more_in: Duration::seconds(seconds) };
        let levels = vec![level(0, 3), level(0, 7), level(4, 9)];
        let refused = Counted { admitted: false, levels: levels.clone() }.refusal(&charges).unwrap();
        assert_eq!(refused, RateLimited { policies: vec!["tenant-read", "person-read"], wait: Duration::seconds(7) });
        assert_eq!(Counted { admitted: true, levels }.refusal(&charges), None, "the last one that was served");
    }
}
