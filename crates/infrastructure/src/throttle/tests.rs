use super::*;
use std::sync::atomic::{AtomicI64, Ordering};
use uuid::Uuid;

#[derive(Default)]
struct Watch(AtomicI64);

impl Clock for Watch {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + Duration::seconds(self.0.load(Ordering::Relaxed))
    }
}

impl Watch {
    fn advance(&self, by: Duration) {
        self.0.fetch_add(by.whole_seconds(), Ordering::Relaxed);
    }
}

const HOME: &str = "192.0.2.7";

fn throttle(limits: ThrottleLimits) -> (ProcessThrottle, Arc<Watch>) {
    let clock = Arc::new(Watch::default());
    (ProcessThrottle::new(limits, clock.clone()), clock)
}

fn limits(pair: u32, client: u32, account: u32) -> ThrottleLimits {
    ThrottleLimits { pair, client, account, messages: 2 }
}

/// One wrong attempt: whether it was taken.
async fn guesses(throttle: &ProcessThrottle, email: &str, address: &str) -> Result<(), Throttled> {
    let email = email.parse().unwrap();
    let who = Attempt { email: &email, address: Some(address) };
    throttle.attempt(who).await?;
    throttle.wrong(who).await;
    Ok(())
}

/// One right attempt: whether it was taken.
async fn signs_in(throttle: &ProcessThrottle, email: &str, address: &str) -> Result<(), Throttled> {
    let email = email.parse().unwrap();
    let who = Attempt { email: &email, address: Some(address) };
    throttle.attempt(who).await?;
    throttle.right(who).await;
    Ok(())
}

#[tokio::test]
async fn guessing_at_one_account_from_one_place_slows_down_and_a_right_password_ends_it() {
    let (throttle, clock) = throttle(limits(3, 100, 100));
    for _ in 0..3 {
        guesses(&throttle, "asha@duka.example", HOME).await.unwrap();
    }
    let refused = guesses(&throttle, "ASHA@duka.example", HOME).await.unwrap_err();
    assert_eq!(refused.wait, Duration::SECOND, "whatever the case of the address");
    guesses(&throttle, "asha@duka.example", HOME).await.unwrap_err();
    clock.advance(Duration::SECOND);
    guesses(&throttle, "asha@duka.example", HOME).await.unwrap();
    assert_eq!(guesses(&throttle, "asha@duka.example", HOME).await.unwrap_err().wait, Duration::seconds(2));
    guesses(&throttle, "asha@duka.example", "192.0.2.8").await.unwrap();
    clock.advance(Duration::seconds(2));
    signs_in(&throttle, "asha@duka.example", HOME).await.unwrap();
    guesses(&throttle, "asha@duka.example", HOME).await.unwrap();
    guesses(&throttle, "asha@duka.example", HOME).await.unwrap();
}

#[tokio::test]
async fn guessing_at_many_accounts_from_one_place_slows_down_and_own_sign_ins_do_not_help() {
    let (throttle, _) = throttle(limits(100, 4, 100));
    signs_in(&throttle, "mallory@duka.example", HOME).await.unwrap();
    for n in 0..4 {
        guesses(&throttle, &format!("u{n}@duka.example"), HOME).await.unwrap();
        signs_in(&throttle, "mallory@duka.example", HOME).await.unwrap();
    }
    guesses(&throttle, "u4@duka.example", HOME).await.unwrap_err();
    guesses(&throttle, "u4@duka.example", "192.0.2.8").await.unwrap();
}

#[tokio::test]
async fn nobody_is_locked_out_by_what_others_do_elsewhere() {
    let (throttle, clock) = throttle(limits(3, 1_000, 20));
    signs_in(&throttle, "asha@duka.example", HOME).await.unwrap();
    let mut taken = 0;
    for n in 0..200 {
        let elsewhere = format!("198.51.100.{n}");
        taken += u32::from(guesses(&throttle, "asha@duka.example", &elsewhere).await.is_ok());
    }
    assert_eq!(taken, 20, "the account's lane holds them back");
    for _ in 0..50 {
        signs_in(&throttle, "asha@duka.example", HOME).await.unwrap();
    }
    let away = signs_in(&throttle, "asha@duka.example", "203.0.113.9").await.unwrap_err();
    assert!(away.wait <= ACCOUNT_WAIT, "{away:?}");
    clock.advance(away.wait);
    signs_in(&throttle, "asha@duka.example", "203.0.113.9").await.unwrap();
}

#[tokio::test]
async fn a_known_place_is_held_back_by_its_own_wrong_guesses_alone() {
    let (throttle, _) = throttle(limits(3, 5, 5));
    signs_in(&throttle, "asha@duka.example", HOME).await.unwrap();
    for n in 0..9 {
        let _ = guesses(&throttle, &format!("u{n}@duka.example"), HOME).await;
    }
    for _ in 0..3 {
        guesses(&throttle, "asha@duka.example", HOME).await.unwrap();
    }
    guesses(&throttle, "asha@duka.example", HOME).await.unwrap_err();
}

#[tokio::test]
async fn of_many_guesses_at_once_no_more_pass_than_in_turn() {
    let (throttle, _) = throttle(limits(5, 100, 100));
    let email = "asha@duka.example".parse().unwrap();
    let who = Attempt { email: &email, address: Some(HOME) };
    let mut begun = 0;
    for _ in 0..100 {
        begun += u32::from(throttle.attempt(who).await.is_ok());
    }
    assert_eq!(begun, 5, "none of them has ended");
    for _ in 0..5 {
        throttle.undecided(who).await;
    }
    throttle.attempt(who).await.unwrap();
    throttle.right(who).await;
    let mut begun = 0;
    for _ in 0..100 {
        begun += u32::from(throttle.attempt(who).await.is_ok());
    }
    assert_eq!(begun, 5, "from a known place no more than from another");
}

#[tokio::test]
async fn an_unknown_account_is_counted_like_a_known_one_and_an_ipv6_network_is_one_place() {
    let (throttle, _) = throttle(limits(2, 100, 100));
    for address in ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9"] {
        guesses(&throttle, "nobody@duka.example", address).await.unwrap();
    }
    guesses(&throttle, "nobody@duka.example", "2001:db8:1:2:3::4").await.unwrap_err();
    guesses(&throttle, "nobody@duka.example", "2001:db8:1:3::1").await.unwrap();
    for address in ["::ffff:192.0.2.7", HOME] {
        guesses(&throttle, "other@duka.example", address).await.unwrap();
    }
    guesses(&throttle, "other@duka.example", HOME).await.unwrap_err();
}

#[tokio::test]
async fn of_a_tenants_invitations_to_one_address_only_so_many_are_sent_and_nobody_elses_wait() {
    let (throttle, clock) = throttle(limits(1, 1, 1));
    let (one, other) = (TenantId::new(Uuid::from_u128(1)), TenantId::new(Uuid::from_u128(2)));
    let (asha, juma): (EmailAddress, EmailAddress) =
        ("asha@duka.example".parse().unwrap(), "juma@duka.example".parse().unwrap());
    for _ in 0..2 {
        throttle.invitation(one, &asha).await.unwrap();
    }
    assert_eq!(throttle.invitation(one, &asha).await.unwrap_err().wait, Duration::seconds(1));
    throttle.invitation(other, &asha).await.unwrap();
    throttle.invitation(one, &juma).await.unwrap();
    assert!(
        throttle.message(Attempt { email: &asha, address: Some(HOME) }).await,
        "a forgotten password is not held up"
    );
    clock.advance(Duration::seconds(1));
    throttle.invitation(one, &asha).await.unwrap();
    assert_eq!(throttle.invitation(one, &asha).await.unwrap_err().wait, Duration::seconds(2));
}

#[tokio::test]
async fn messages_to_one_address_and_for_one_client_are_bounded() {
    let (throttle, clock) = throttle(limits(1, 1, 1));
    let asks = async |email: &str, address: &str| {
        throttle.message(Attempt { email: &email.parse().unwrap(), address: Some(address) }).await
    };
    assert!(asks("asha@duka.example", HOME).await && asks("asha@duka.example", "192.0.2.8").await);
    assert!(!asks("asha@duka.example", "192.0.2.9").await);
    let mut taken = 0;
    for n in 0..40 {
        taken += u32::from(asks(&format!("u{n}@duka.example"), HOME).await);
    }
    assert_eq!(taken, 19, "twenty with the first");
    clock.advance(FORGOTTEN);
    assert!(asks("asha@duka.example", HOME).await);
}
