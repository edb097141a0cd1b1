//! A ring of several keys, against tokens that name another key, or another algorithm, than the one they were signed with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use cotenant_domain::identity::{PublicKey, SessionId, TenantClaims, TokenIssuer, TokenVerifier, UserId};
use cotenant_domain::tenants::TenantId;
use cotenant_infrastructure::signing_keys::{Algorithm, KeyError, KeyRing, Ring, change};
use cotenant_infrastructure::{JwtTokens, OsSecrets};
use cotenant_tests::sign::{decode, encode, hmac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH.saturating_add(Duration::days(20_000));
/// Longer than any key is kept: its tokens end because their key does.
const LIFE: Duration = Duration::days(30);

/// A file of keys, and a verifier that reads it.
struct House {
    _home: TempDir,
    path: PathBuf,
    ring: Arc<KeyRing>,
    tokens: JwtTokens,
}

/// What somebody who has read the file knows of a key.
struct Known {
    kid: String,
    secret: Vec<u8>,
}

fn generate(path: &Path, algorithm: Algorithm) -> String {
    change(path, NOW, |ring| ring.generate(algorithm, &OsSecrets, NOW)).unwrap().kid
}

impl House {
    fn with(algorithms: &[Algorithm]) -> Self {
        let home = TempDir::new().unwrap();
        let path = home.path().join("keys.json");
        for algorithm in algorithms {
            generate(&path, *algorithm);
        }
        let ring = Arc::new(KeyRing::of_file(&path).unwrap());
        Self { _home: home, path, tokens: JwtTokens::new(ring.clone(), "cotenant"), ring }
    }

    fn known(&self) -> Vec<Known> {
        let file: Value = serde_json::from_str(&std::fs::read_to_string(&self.path).unwrap()).unwrap();
        let text = |key: &Value, name: &str| key[name].as_str().unwrap().to_owned();
        let bytes = |hex: &str| (0..32).map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap()).collect();
        let keys = file["keys"].as_array().unwrap().iter();
        keys.map(|key| Known { kid: text(key, "kid"), secret: bytes(&text(key, "secret")) }).collect()
    }

    fn changes<T>(&self, act: impl FnOnce(&mut Ring) -> Result<T, KeyError>) -> T {
        let done = change(&self.path, NOW, act).unwrap();
        assert!(self.ring.reload_if_changed().unwrap(), "the change is seen");
        done
    }

    fn issued(&self) -> String {
        let id = Uuid::from_u128;
        let claims = TenantClaims {
            user_id: UserId::new(id(1)),
            tenant_id: TenantId::new(id(2)),
            session_id: SessionId::new(id(3)),
            token_id: id(4),
            membership_epoch: 1,
            tenant_epoch: 1,
            issued_at: NOW,
            expires_at: NOW + LIFE,
        };
        self.tokens.tenant(&claims).unwrap().expose_secret().to_owned()
    }

    fn opens_at(&self, token: &str, now: OffsetDateTime) -> bool {
        self.tokens.verify(&SecretString::from(token), now).is_some()
    }

    fn opens(&self, token: &str) -> bool {
        self.opens_at(token, NOW)
    }
}

fn header(algorithm: &str, kid: &str) -> String {
    format!("{{\"alg\":\"{algorithm}\",\"typ\":\"at+jwt\",\"kid\":\"{kid}\"}}")
}

/// The claims of a good token under another header and another signature.
fn forged(good: &str, header: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let input = format!("{}.{}", encode(header), good.split('.').nth(1).unwrap());
    let signature = encode(sign(input.as_bytes()));
    format!("{input}.{signature}")
}

fn pair(seed: &[u8]) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(seed).unwrap()
}

/// The same signature with the order of the group added to its second half: RFC 8032, 5.1.7, wants it refused.
fn malleated(signature: &[u8]) -> Vec<u8> {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let (mut all, mut carry) = (signature.to_vec(), 0);
    for (byte, more) in all[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    all
}

// Attacks: 21.
#[test]
fn a_key_verifies_what_it_signed_with_its_own_algorithm_and_nothing_else() {
    let house = House::with(&[Algorithm::EdDsa, Algorithm::Hs256]);
    let [ed, hs] = house.known().try_into().ok().unwrap();
    let [PublicKey { bytes: public, .. }] = house.tokens.published(NOW)[..] else { panic!("one is public") };
    let (good, ours, theirs) = (house.issued(), pair(&ed.secret), pair(&[7; 32]));
    let by_pair = |bytes: &[u8]| ours.sign(bytes).as_ref().to_vec();
    let by_secret = |bytes: &[u8]| hmac(&hs.secret, bytes).to_vec();
    let (eddsa, hs256) = (header("EdDSA", &ed.kid), header("HS256", &hs.kid));
    assert!(house.opens(&good) && house.opens(&forged(&good, &eddsa, by_pair)), "the control: the active key's");
    assert!(house.opens(&forged(&good, &hs256, by_secret)), "the control: the next key's, which servers already know");

    let hex: String = public.iter().map(|byte| format!("{byte:02x}")).collect();
    let x = encode(public);
    let der = [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00], &public[..]].concat();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}=\n-----END PUBLIC KEY-----\n",
        encode(&der).replace('-', "+").replace('_', "/")
    );
    let jwk = format!("{{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"{}\",\"x\":\"{x}\"}}", ed.kid);
    let mut forgeries = Vec::new();
    let everybodys: [&[u8]; 7] = [&public, &der, pem.as_bytes(), hex.as_bytes(), x.as_bytes(), jwk.as_bytes(), b""];
    for key in everybodys {
        for header in [header("HS256", &ed.kid), hs256.clone(), eddsa.clone(), header("none", &ed.kid)] {
            forgeries
                .push((format!("{header} by HMAC with {key:?}"), forged(&good, &header, |b| hmac(key, b).to_vec())));
        }
    }
    let crossed = [
        header("HS256", &ed.kid),
        header("EdDSA", &hs.kid),
        header("none", &hs.kid),
        header("none", &ed.kid),
        header("Ed25519", &ed.kid),
        header("HS512", &hs.kid),
        header("EdDSA", "another"),
        header("HS256", "another"),
        header("HS256", ""),
        header("EdDSA", &ed.kid.to_uppercase().replace(char::is_numeric, "A")),
        header("EdDSA", &"k".repeat(10_000)),
        header("HS256", &format!("{},{}", ed.kid, hs.kid)),
        header("EdDSA", &format!("{}\",\"kid\":\"{}", ed.kid, ed.kid)),
        header("HS256", &format!("{}\",\"kid\":\"{}", ed.kid, hs.kid)),
        r#"{"alg":"EdDSA","typ":"at+jwt"}"#.to_owned(),
        r#"{"alg":"HS256","typ":"at+jwt"}"#.to_owned(),
    ];
    for header in &crossed {
        forgeries.push((format!("{header} by the pair"), forged(&good, header, by_pair)));
        forgeries.push((format!("{header} by the secret"), forged(&good, header, by_secret)));
    }
    forgeries.push(("the next key's name, by the active".into(), forged(&good, &hs256, by_pair)));
    forgeries.push(("the active key's name, by the next".into(), forged(&good, &eddsa, by_secret)));
    forgeries.push(("another pair".into(), forged(&good, &eddsa, |bytes| theirs.sign(bytes).as_ref().to_vec())));
    forgeries.push(("a malleated signature".into(), forged(&good, &eddsa, |bytes| malleated(&by_pair(bytes)))));
    forgeries.push(("64 zeros".into(), forged(&good, &eddsa, |_| vec![0; 64])));
    for (kind, token) in &forgeries {
        assert!(!house.opens(token), "{kind}: {token}");
    }
    assert!(forgeries.len() >= 60, "{}", forgeries.len());
}

// Attacks: 21.
#[test]
fn a_key_that_signed_once_verifies_until_its_time_has_ended_and_a_retired_one_never() {
    let house = House::with(&[Algorithm::EdDsa, Algorithm::EdDsa]);
    let before = house.issued();
    let rotated = house.changes(|ring| ring.rotate(NOW, Duration::HOUR, true));
    let after = house.issued();
    assert!(house.opens(&before) && house.opens(&after));
    let (last, end) = (rotated.until - Duration::SECOND, rotated.until);
    assert!(house.opens_at(&before, last) && !house.opens_at(&before, end), "its tokens end with it");
    assert!(house.opens_at(&after, end), "the control: the token itself has not ended");
    assert_eq!([last, end].map(|at| house.tokens.published(at).len()), [2, 1]);
    house.changes(|ring| ring.retire(&rotated.retiring));
    assert!(!house.opens(&before) && house.opens(&after));
    assert_eq!(house.tokens.published(NOW).len(), 1);
}

#[test]
fn what_is_published_verifies_what_was_signed_and_no_secret_is_published() {
    let house = House::with(&[Algorithm::EdDsa, Algorithm::Hs256]);
    let [PublicKey { id, bytes }] = &house.tokens.published(NOW)[..] else { panic!("the public one alone") };
    let token = house.issued();
    let (input, signature) = token.rsplit_once('.').unwrap();
    let header: Value = serde_json::from_slice(&decode(input.split('.').next().unwrap())).unwrap();
    assert_eq!((&header["kid"], &header["alg"]), (&Value::from(id.as_str()), &Value::from("EdDSA")));
    let key = UnparsedPublicKey::new(&ED25519, bytes);
    assert!(key.verify(input.as_bytes(), &decode(signature)).is_ok());
    assert!(key.verify(b"something else", &decode(signature)).is_err());
    house.changes(|ring| ring.rotate(NOW, Duration::HOUR, true));
    assert_eq!(house.tokens.published(NOW).len(), 1, "one that signed once is still needed");
    let alone = House::with(&[Algorithm::Hs256]);
    assert!(alone.opens(&alone.issued()) && alone.tokens.published(NOW).is_empty());
}
