//! Access tokens: JWT (RFC 7519), signed by one key of a ring and verified by the one that their header names, with that key's
//! own algorithm. Operators' and members' tokens share the ring.

use std::sync::Arc;

use cotenant_domain::identity::{
    OperatorClaims, PublicKey, SessionId, TenantClaims, TokenError, TokenIssuer, TokenVerifier, UserId, VerifiedToken,
};
use cotenant_domain::tenants::TenantId;
use jsonwebtoken::{Header, Validation, decode, decode_header, encode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::signing_keys::{Algorithm, KeyRing};

const TENANT_AUDIENCE: &str = "cotenant";
const PLATFORM_AUDIENCE: &str = "cotenant-platform";
/// RFC 9068: the type says what the token is for, so that no other token signed by the same key passes for it.
const TYPE: &str = "at+jwt";

/// Signs and verifies access tokens.
pub struct JwtTokens {
    keys: Arc<KeyRing>,
    rules: [(Algorithm, Validation); Algorithm::ALL.len()],
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
    /// Tokens signed with the keys of a ring.
    pub fn new(keys: Arc<KeyRing>, issuer: &str) -> Self {
        let rules = Algorithm::ALL.map(|algorithm| (algorithm, rules(algorithm, issuer)));
        Self { keys, rules, issuer: issuer.to_owned() }
    }

    fn sign(&self, claims: &Claims) -> Result<SecretString, TokenError> {
        let keys = self.keys.now();
        let key = keys.signing();
        let header =
            Header { typ: Some(TYPE.into()), kid: Some(key.kid.clone()), ..Header::new(key.algorithm.of_jwt()) };
        encode(&header, claims, &key.signing).map(SecretString::from).map_err(|e| TokenError(e.into()))
    }

    /// The claims of a token that the key which it names has signed with its own algorithm.
    fn open(&self, token: &str, now: OffsetDateTime) -> Option<Claims> {
        let kid = decode_header(token).ok()?.kid?;
        let keys = self.keys.now();
        let key = keys.verifying(&kid, now)?;
        // They admit the key's algorithm alone; what the header says is compared with it.
        let (_, rules) = self.rules.iter().find(|(algorithm, _)| *algorithm == key.algorithm)?;
        let token = decode::<Claims>(token, &key.verifying, rules).ok()?;
        (token.header.typ.as_deref() == Some(TYPE)).then_some(token.claims)
    }
}

fn rules(algorithm: Algorithm, issuer: &str) -> Validation {
    let mut rules = Validation::new(algorithm.of_jwt());
    rules.set_required_spec_claims(&["exp", "iss", "aud"]);
    rules.set_issuer(&[issuer]);
    rules.set_audience(&[TENANT_AUDIENCE, PLATFORM_AUDIENCE]);
    // The times are compared with the injected clock, below.
    rules.validate_exp = false;
    rules.leeway = 0;
    rules
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
        let claims = self.open(token.expose_secret(), now)?;
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

    fn published(&self, now: OffsetDateTime) -> Vec<PublicKey> {
        self.keys.now().published(now)
    }
}

#[cfg(test)]
mod tests;
