use super::*;
use jsonwebtoken::{Algorithm as Jws, EncodingKey};
use time::Duration;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

fn tokens(key: &str) -> JwtTokens {
    issued_by(key, "cotenant")
}

fn issued_by(key: &str, issuer: &str) -> JwtTokens {
    JwtTokens::new(Arc::new(KeyRing::of_secret(&SecretString::from(key.to_owned()))), issuer)
}

fn claims() -> TenantClaims {
    TenantClaims {
        user_id: UserId::new(Uuid::from_u128(1)),
        tenant_id: TenantId::new(Uuid::from_u128(2)),
        session_id: SessionId::new(Uuid::from_u128(3)),
        token_id: Uuid::from_u128(4),
        membership_epoch: 6,
        tenant_epoch: 7,
        issued_at: NOW,
        expires_at: NOW + Duration::HOUR,
    }
}

const KEY: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn a_token_says_what_was_put_into_it_until_it_expires() {
    let tokens = tokens(KEY);
    let token = tokens.tenant(&claims()).unwrap();
    assert_eq!(tokens.verify(&token, NOW), Some(VerifiedToken::Tenant(claims())));
    assert_eq!(tokens.verify(&token, NOW + Duration::HOUR), None);
    assert_eq!(tokens.verify(&token, NOW - Duration::SECOND), None, "from the future");
}

#[test]
fn another_key_issuer_or_type_is_refused() {
    let token = tokens("another-key-another-key-another-key!").tenant(&claims()).unwrap();
    assert_eq!(tokens(KEY).verify(&token, NOW), None);
    let foreign = issued_by(KEY, "somebody-else");
    assert_eq!(tokens(KEY).verify(&foreign.tenant(&claims()).unwrap(), NOW), None);
}

// Attacks: 21.
#[test]
fn a_token_forged_by_hand_is_refused_whatever_its_form() {
    let ours = tokens(KEY);
    let good = ours.tenant(&claims()).unwrap();
    let parts: Vec<_> = good.expose_secret().split('.').collect();
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0";
    for forged in [
        String::new(),
        "a.b.c".into(),
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}.{}", parts[0], parts[1], &parts[2][1..]),
        format!("{}.{}.{}.x", parts[0], parts[1], parts[2]),
    ] {
        assert_eq!(ours.verify(&SecretString::from(forged.clone()), NOW), None, "{forged}");
    }
}

// Attacks: 21.
#[test]
fn a_signed_token_without_or_with_odd_claims_is_refused() {
    let ours = tokens(KEY);
    let key = EncodingKey::from_secret(KEY.as_bytes());
    let sign = |header: Header, body: serde_json::Value| encode(&header, &body, &key).unwrap();
    let kid = || Some(ours.keys.now().signing().kid.clone());
    let at = || Header { typ: Some(TYPE.into()), kid: kid(), ..Header::new(Jws::HS256) };
    let full = serde_json::json!({
        "iss": "cotenant", "aud": "cotenant", "jti": Uuid::from_u128(4), "sid": Uuid::from_u128(3),
        "user_id": Uuid::from_u128(1), "tenant_id": Uuid::from_u128(2), "mep": 6, "tep": 7,
        "iat": NOW.unix_timestamp(), "exp": NOW.unix_timestamp() + 60
    });
    assert!(ours.verify(&sign(at(), full.clone()).into(), NOW).is_some(), "the control passes");
    for missing in ["iss", "aud", "jti", "sid", "user_id", "tenant_id", "mep", "tep", "iat", "exp"] {
        let mut body = full.clone();
        body.as_object_mut().unwrap().remove(missing);
        assert_eq!(ours.verify(&sign(at(), body).into(), NOW), None, "without {missing}");
    }
    for (claim, odd) in [
        ("exp", serde_json::json!("9999999999")),
        ("tenant_id", serde_json::json!(Uuid::nil())),
        ("user_id", serde_json::json!(Uuid::nil())),
        ("aud", serde_json::json!("cotenant-platform")),
        ("uep", serde_json::json!(5)),
        ("role", serde_json::json!("owner")),
    ] {
        let mut body = full.clone();
        body[claim] = odd;
        assert_eq!(ours.verify(&sign(at(), body).into(), NOW), None, "odd {claim}");
    }
    let plain = Header { kid: kid(), ..Header::new(Jws::HS256) };
    assert_eq!(ours.verify(&sign(plain, full.clone()).into(), NOW), None, "typ JWT");
    let hs512 = Header { alg: Jws::HS512, ..at() };
    assert_eq!(ours.verify(&sign(hs512, full.clone()).into(), NOW), None, "another algorithm");
    for kid in [None, Some(String::new()), Some("another".into()), kid().map(|kid| kid.to_uppercase() + " ")] {
        let nameless = Header { kid: kid.clone(), ..at() };
        assert_eq!(ours.verify(&sign(nameless, full.clone()).into(), NOW), None, "the kid {kid:?}");
    }
}
