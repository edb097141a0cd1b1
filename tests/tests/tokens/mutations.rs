//! Good tokens, changed at random, against the verifier.

use std::sync::Arc;

use cotenant_domain::identity::{OperatorClaims, SessionId, TenantClaims, TokenIssuer, TokenVerifier, UserId};
use cotenant_domain::tenants::TenantId;
use cotenant_infrastructure::JwtTokens;
use cotenant_infrastructure::signing_keys::KeyRing;
use cotenant_tests::server::SIGNING_KEY;
use cotenant_tests::{Dice, prove};
use secrecy::{ExposeSecret, SecretString};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use cotenant_tests::sign::{decode, digit, encode, with_other_unused_bits};

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH.saturating_add(Duration::days(20_000));

/// Tokens of two members of two tenants and of an operator.
fn issued(tokens: &JwtTokens) -> Vec<String> {
    let id = Uuid::from_u128;
    let (issued_at, expires_at) = (NOW - Duration::MINUTE, NOW + Duration::HOUR);
    let member = |n: u128| TenantClaims {
        user_id: UserId::new(id(10 * n + 1)),
        tenant_id: TenantId::new(id(10 * n + 2)),
        session_id: SessionId::new(id(10 * n + 3)),
        token_id: id(10 * n + 4),
        membership_epoch: 1,
        tenant_epoch: 1,
        issued_at,
        expires_at,
    };
    let operator = OperatorClaims {
        user_id: UserId::new(id(1)),
        session_id: SessionId::new(id(2)),
        token_id: id(3),
        person_epoch: 1,
        issued_at,
        expires_at,
    };
    let all = [tokens.tenant(&member(1)), tokens.tenant(&member(2)), tokens.operator(&operator)];
    all.into_iter().map(|token| token.unwrap().expose_secret().to_owned()).collect()
}

/// One change to the text.
fn letters(dice: &mut Dice, token: &mut Vec<u8>) {
    let at = dice.roll(token.len() as u64) as usize;
    let other = dice.roll(token.len() as u64) as usize;
    match dice.roll(9) {
        0 => token[at] = digit(dice.roll(64)),
        1 => token[at] ^= 1 << dice.roll(7),
        2 => token[at] = dice.roll(128) as u8,
        3 => token.insert(at, digit(dice.roll(64))),
        4 => token.insert(at, b".=+/ \n\0-_"[dice.roll(9) as usize]),
        5 => drop(token.remove(at)),
        6 => token.swap(at, other),
        7 => token.truncate(at.max(1)),
        _ => {
            let copy = token[at.min(other)..at.max(other)].to_vec();
            token.splice(at..at, copy);
        }
    }
}

/// One change to the bytes that a part stands for.
fn bytes(dice: &mut Dice, token: &str) -> String {
    let mut parts: Vec<Vec<u8>> = token.split('.').map(decode).collect();
    let part = dice.roll(3) as usize;
    let at = dice.roll(parts[part].len() as u64) as usize;
    match dice.roll(4) {
        0 => parts[part][at] ^= 1 << dice.roll(8),
        1 => drop(parts[part].remove(at)),
        2 => parts[part].insert(at, b"\"{}[]:,0 e.-"[dice.roll(12) as usize]),
        _ => parts[part][at] = b'0' + dice.roll(10) as u8,
    }
    parts.iter().map(encode).collect::<Vec<_>>().join(".")
}

fn mutated(dice: &mut Dice, good: &[String]) -> String {
    let token = &good[dice.roll(good.len() as u64) as usize];
    match dice.roll(5) {
        0 => bytes(dice, token),
        1 => {
            // Each part from any of them.
            let mut part = |n| good[dice.roll(good.len() as u64) as usize].split('.').nth(n).unwrap().to_owned();
            [part(0), part(1), part(2)].join(".")
        }
        _ => {
            let mut letters_of = token.clone().into_bytes();
            for _ in 0..=dice.roll(3) {
                letters(dice, &mut letters_of);
            }
            String::from_utf8_lossy(&letters_of).into_owned()
        }
    }
}

// Attacks: 21.
#[test]
fn no_mutation_of_a_token_is_a_token() {
    let tokens = JwtTokens::new(Arc::new(KeyRing::of_secret(&SecretString::from(SIGNING_KEY))), "cotenant");
    let good = issued(&tokens);
    let opens = |token: &str| tokens.verify(&SecretString::from(token.to_owned()), NOW);
    for token in &good {
        assert!(opens(token).is_some(), "the control: {token}");
    }
    let mut dice = Dice::seeded(prove::seed("token mutations"));
    let (mut tried, mut unchanged) = (0, 0);
    while tried < prove::times(2_000, 50_000) {
        let token = mutated(&mut dice, &good);
        if good.contains(&token) {
            unchanged += 1;
            continue;
        }
        tried += 1;
        assert_eq!(opens(&token), None, "accepted: {token}, of {good:?}");
    }
    // The last letter of a signature has two bits that stand for nothing. Such a text stands for the same bytes, and is
    // refused all the same: a token has one spelling.
    let mut spellings = 0;
    for token in &good {
        let (input, signature) = token.rsplit_once('.').unwrap();
        for other in with_other_unused_bits(signature) {
            assert_eq!(decode(&other), decode(signature));
            assert_eq!(opens(&format!("{input}.{other}")), None, "another spelling of {token}");
            spellings += 1;
        }
    }
    assert_eq!(spellings, 9);
    let told = [("mutations", tried), ("other spellings", spellings), ("drawn unchanged", unchanged), ("accepted", 0)];
    prove::figures("token mutations", "-", &told);
}
