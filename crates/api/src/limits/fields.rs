//! The fields of draft-ietf-httpapi-ratelimit-headers-11, which are lists of RFC 9651: strings with parameters.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use cotenant_domain::limits::{Charge, Level};
use time::Duration;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATE: HeaderName = HeaderName::from_static("ratelimit");

/// Whole seconds, and not before the time.
fn seconds(duration: Duration) -> i64 {
    (duration + Duration::nanoseconds(999_999_999)).whole_seconds()
}

/// `"tenant-read";q=6000;w=60, ...`. The names of policies are ours: none needs escaping.
fn policies(charges: &[Charge]) -> String {
    let item = |c: &Charge| format!("\"{}\";q={};w={}", c.key.policy, c.rate.requests(), c.rate.seconds());
    charges.iter().map(item).collect::<Vec<_>>().join(", ")
}

/// `"tenant-read";r=5987;t=1, ...`. `t` is the time until there is one more than `r`, in whole seconds and rounded up: whoever
/// waits so long finds it, and may have found it up to a second before.
fn state(charges: &[Charge], levels: &[Level]) -> String {
    let item = |(charge, level): (&Charge, &Level)| {
        format!("\"{}\";r={};t={}", charge.key.policy, level.left, seconds(level.more_in))
    };
    charges.iter().zip(levels).map(item).collect::<Vec<_>>().join(", ")
}

/// Writes both fields.
pub(super) fn write(headers: &mut HeaderMap, charges: &[Charge], levels: &[Level]) {
    for (name, text) in [(POLICY, policies(charges)), (STATE, state(charges, levels))] {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cotenant_domain::limits::{LimitKey, Rate};

    #[test]
    fn both_fields_list_each_policy_by_its_name() {
        let charge =
            |policy, requests| Charge { key: LimitKey { policy, of: 7 }, rate: Rate::new(requests, 60).unwrap() };
        let level = |left, millis| Level { left, more_in: Duration::milliseconds(millis) };
        let mut headers = HeaderMap::new();
        write(
            &mut headers,
            &[charge("tenant-read", 6000), charge("person-read", 600)],
            &[level(5987, 10), level(0, 7001)],
        );
        assert_eq!(headers.get("RateLimit-Policy").unwrap(), r#""tenant-read";q=6000;w=60, "person-read";q=600;w=60"#);
        assert_eq!(headers.get("RateLimit").unwrap(), r#""tenant-read";r=5987;t=1, "person-read";r=0;t=8"#);
    }

    #[test]
    fn a_wait_is_never_told_shorter_than_it_is() {
        let told = [0, 1, 999, 1000, 1001].map(|millis| seconds(Duration::milliseconds(millis)));
        assert_eq!(told, [0, 1, 1, 1, 2]);
    }
}
