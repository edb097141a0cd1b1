use std::collections::BTreeMap;
use std::sync::Mutex;

use cotenant_domain::identity::{
    OperatorClaims, PublicKey, TenantClaims, TokenError, TokenIssuer, TokenVerifier, VerifiedToken,
};
use secrecy::{ExposeSecret, SecretString};
use time::OffsetDateTime;

use super::hold;

/// Opaque tokens: a token is the key under which its claims are kept. Issuer and verifier in one.
#[derive(Debug, Default)]
pub struct PlainTokens(Mutex<BTreeMap<String, VerifiedToken>>);

impl PlainTokens {
    /// An issuer that has issued nothing.
    pub fn new() -> Self {
        Self::default()
    }

    fn keep(&self, claims: VerifiedToken) -> SecretString {
        let mut kept = hold(&self.0);
        let token = format!("token-{}", kept.len() + 1);
        kept.insert(token.clone(), claims);
        token.into()
    }
}

impl TokenIssuer for PlainTokens {
    fn tenant(&self, claims: &TenantClaims) -> Result<SecretString, TokenError> {
        Ok(self.keep(VerifiedToken::Tenant(claims.clone())))
    }

    fn operator(&self, claims: &OperatorClaims) -> Result<SecretString, TokenError> {
        Ok(self.keep(VerifiedToken::Operator(claims.clone())))
    }
}

impl TokenVerifier for PlainTokens {
    fn verify(&self, token: &SecretString, now: OffsetDateTime) -> Option<VerifiedToken> {
        let claims = hold(&self.0).get(token.expose_secret()).cloned()?;
        let (issued_at, expires_at) = match &claims {
            VerifiedToken::Tenant(claims) => (claims.issued_at, claims.expires_at),
            VerifiedToken::Operator(claims) => (claims.issued_at, claims.expires_at),
        };
        (issued_at <= now && now < expires_at).then_some(claims)
    }

    /// Texts that mean nothing by themselves need no key.
    fn published(&self, _: OffsetDateTime) -> Vec<PublicKey> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cotenant_domain::shared::Id;
    use time::Duration;
    use uuid::Uuid;

    #[test]
    fn a_token_verifies_from_its_issue_until_its_end_and_no_other_text_does() {
        let tokens = PlainTokens::new();
        let issued_at = OffsetDateTime::UNIX_EPOCH;
        let (user_id, session_id, token_id) = (Id::new(Uuid::nil()), Id::new(Uuid::nil()), Uuid::nil());
        let expires_at = issued_at + Duration::HOUR;
        let claims = OperatorClaims { user_id, session_id, token_id, person_epoch: 1, issued_at, expires_at };
        let token = tokens.operator(&claims).unwrap();
        assert_eq!(tokens.verify(&token, issued_at), Some(VerifiedToken::Operator(claims)));
        assert_eq!(tokens.verify(&token, expires_at), None);
        assert_eq!(tokens.verify(&token, issued_at - Duration::SECOND), None);
        assert_eq!(tokens.verify(&"token-2".into(), issued_at), None);
    }
}
