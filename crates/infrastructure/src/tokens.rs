//! Access tokens: JWT (RFC 7519) signed with HMAC-SHA256, one pinned algorithm and one key.

use cotenant_domain::identity::{
    OperatorClaims, SessionId, TenantClaims, TokenError, TokenIssuer, TokenVerifier, UserId, VerifiedToken,
};
use cotenant_domain::tenants::TenantId;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

const TENANT_AUDIENCE: &str = "cotenant";
const PLATFORM_AUDIENCE: &str = "cotenant-platform";
/// RFC 9068: the type says what the token is for, so that no other token signed by the same key passes for it.
const TYPE: &str = "at+jwt";

/// Signs and verifies access tokens.
pub struct JwtTokens {
    signing: EncodingKey,
    verifying: DecodingKey,
    rules: Validation,
    issuer: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    jti: Uuid,
    sid: Uuid,
    user_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenant_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uep: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mep: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tep: Option<i64>,
    iat: i64,
    exp: i64,
}

impl JwtTokens {
    /// Tokens signed with `key`, which should have at least 256 bits (RFC 7518, 3.2).
    pub fn new(key: &SecretString, issuer: &str) -> Self {
        let bytes = key.expose_secret().as_bytes();
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_required_spec_claims(&["exp", "iss", "aud"]);
        rules.set_issuer(&[issuer]);
        rules.set_audience(&[TENANT_AUDIENCE, PLATFORM_AUDIENCE]);
        // The times are compared with the injected clock, below.
        rules.validate_exp = false;
        rules.leeway = 0;
        Self {
            signing: EncodingKey::from_secret(bytes),
            verifying: DecodingKey::from_secret(bytes),
            rules,
            issuer: issuer.to_owned(),
        }
    }

    fn sign(&self, claims: &Claims) -> Result<SecretString, TokenError> {
        let header = Header { typ: Some(TYPE.into()), ..Header::new(Algorithm::HS256) };
        encode(&header, claims, &self.signing).map(SecretString::from).map_err(|e| TokenError(e.into()))
    }
}

impl TokenIssuer for JwtTokens {
    fn tenant(&self, claims: &TenantClaims) -> Result<SecretString, TokenError> {
        self.sign(&Claims {
            iss: self.issuer.clone(),
            aud: TENANT_AUDIENCE.into(),
            jti: claims.token_id,
            sid: claims.session_id.as_uuid(),
            user_id: claims.user_id.as_uuid(),
            tenant_id: Some(claims.tenant_id.as_uuid()),
            uep: None,
            mep: Some(claims.membership_epoch),
            tep: Some(claims.tenant_epoch),
            iat: claims.issued_at.unix_timestamp(),
            exp: claims.expires_at.unix_timestamp(),
        })
    }

    fn operator(&self, claims: &OperatorClaims) -> Result<SecretString, TokenError> {
        self.sign(&Claims {
            iss: self.issuer.clone(),
            aud: PLATFORM_AUDIENCE.into(),
            jti: claims.token_id,
            sid: claims.session_id.as_uuid(),
            user_id: claims.user_id.as_uuid(),
            tenant_id: None,
            uep: Some(claims.person_epoch),
            mep: None,
            tep: None,
            iat: claims.issued_at.unix_timestamp(),
            exp: claims.expires_at.unix_timestamp(),
        })
    }
}

impl TokenVerifier for JwtTokens {
    fn verify(&self, token: &SecretString, now: OffsetDateTime) -> Option<VerifiedToken> {
        let token = decode::<Claims>(token.expose_secret(), &self.verifying, &self.rules).ok()?;
        if token.header.typ.as_deref() != Some(TYPE) {
            return None;
        }
        let claims = token.claims;
        let issued_at = OffsetDateTime::from_unix_timestamp(claims.iat).ok()?;
        let expires_at = OffsetDateTime::from_unix_timestamp(claims.exp).ok()?;
        if expires_at <= now || issued_at > now || claims.user_id.is_nil() || claims.sid.is_nil() {
            return None;
        }
        let (user_id, session_id) = (UserId::new(claims.user_id), SessionId::new(claims.sid));
        match (claims.aud.as_str(), claims.tenant_id, claims.uep, claims.mep, claims.tep) {
            (TENANT_AUDIENCE, Some(tenant), None, Some(membership_epoch), Some(tenant_epoch)) if !tenant.is_nil() => {
                Some(VerifiedToken::Tenant(TenantClaims {
                    user_id,
                    tenant_id: TenantId::new(tenant),
                    session_id,
                    token_id: claims.jti,
                    membership_epoch,
                    tenant_epoch,
                    issued_at,
                    expires_at,
                }))
            }
            (PLATFORM_AUDIENCE, None, Some(person_epoch), None, None) => {
                Some(VerifiedToken::Operator(OperatorClaims {
                    user_id,
                    session_id,
                    token_id: claims.jti,
                    person_epoch,
                    issued_at,
                    expires_at,
                }))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

    fn tokens(key: &str) -> JwtTokens {
        JwtTokens::new(&SecretString::from(key.to_owned()), "cotenant")
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
        let foreign = JwtTokens::new(&SecretString::from(KEY.to_owned()), "somebody-else");
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
        let sign = |header: Header, body: serde_json::Value| encode(&header, &body, &ours.signing).unwrap();
        let at = || Header { typ: Some(TYPE.into()), ..Header::new(Algorithm::HS256) };
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
        let plain = Header::new(Algorithm::HS256);
        assert_eq!(ours.verify(&sign(plain, full.clone()).into(), NOW), None, "typ JWT");
        let hs512 = Header { typ: Some(TYPE.into()), ..Header::new(Algorithm::HS512) };
        assert_eq!(ours.verify(&sign(hs512, full).into(), NOW), None, "another algorithm");
    }
}
