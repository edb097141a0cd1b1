use time::Duration;

use super::model::JobId;

const FIRST: i64 = 30_000;
const LONGEST: i64 = 3_600_000;

/// How long to wait after the given failed attempt (from 1): 30 seconds, doubled each time, one hour at most, less up to
/// a quarter that depends on the job. Jobs that failed together, because a mail server was away, do not all come back at
/// the same moment; and the pause needs no randomness.
pub(super) fn pause(job: JobId, attempt: u32) -> Duration {
    let doublings = attempt.saturating_sub(1).min(7);
    let nominal = (FIRST << doublings).min(LONGEST);
    Duration::milliseconds(nominal - nominal / 4 * share(job, attempt) / 1024)
}

/// A number below 1024 that looks random: the top bits of a multiplicative (Fibonacci) hash.
fn share(job: JobId, attempt: u32) -> i64 {
    let (high, low) = job.as_uuid().as_u64_pair();
    let mixed = (high ^ low).wrapping_add(u64::from(attempt)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    i64::from((mixed >> 54) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use uuid::Uuid;

    fn job(n: u128) -> JobId {
        JobId::new(Uuid::from_u128(n))
    }

    #[test]
    fn pauses_double_up_to_an_hour_and_lose_at_most_a_quarter() {
        let nominal = [30, 60, 120, 240, 480, 960, 1920, 3600, 3600];
        for (attempt, seconds) in (1..).zip(nominal) {
            for n in 0..200 {
                let pause = pause(job(n), attempt);
                assert!(pause <= Duration::seconds(seconds), "attempt {attempt}: {pause}");
                assert!(pause >= Duration::seconds(seconds) * 3 / 4, "attempt {attempt}: {pause}");
            }
        }
        assert!(pause(job(1), u32::MAX) <= Duration::hours(1));
        assert!(pause(job(1), 0) <= Duration::seconds(30));
    }

    #[test]
    fn the_same_job_and_attempt_pause_equally_long() {
        assert_eq!(pause(job(5), 3), pause(job(5), 3));
    }

    #[test]
    fn jobs_that_failed_together_come_back_at_different_moments() {
        let moments: BTreeSet<_> = (0..100).map(|n| pause(job(n), 4)).collect();
        assert!(moments.len() > 90, "{}", moments.len());
    }
}
