use time::OffsetDateTime;
use uuid::Uuid;

use crate::audit::ActorKind;
use crate::identity::UserId;
use crate::shared::{Id, Justification};
use crate::tenancy::{Marked, OpaqueToken, Principal, TokenHash};
use crate::tenants::TenantId;

/// The id of a support grant.
pub type SupportGrantId = Id<SupportGrant>;

/// `cos_<tenant>_<grant>_<secret>`, the text by which a grant is used.
pub type SupportToken = OpaqueToken<SupportGrant>;

/// An operator's access to one tenant for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportGrant {
    /// Its id, a part of its token.
    pub id: SupportGrantId,
    /// The tenant it opens.
    pub tenant_id: TenantId,
    /// Whose it is.
    pub operator_id: UserId,
    /// Why, said to the tenant.
    pub reason: Justification,
    /// Whether it lets them write.
    pub may_write: bool,
    /// By which its token is recognised.
    pub hash: TokenHash,
    /// The tenant's epoch when it was made. The epoch rises with a deletion, which no grant outlives.
    pub tenant_epoch: i64,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// Until when it is good.
    pub expires_at: OffsetDateTime,
    /// Set once it was ended before that.
    pub end: Option<End>,
    /// When it was used last, to a few minutes: see [`note_use`](super::note_use()).
    pub last_used_at: Option<OffsetDateTime>,
    /// From which address that was.
    pub last_used_address: Option<String>,
}

/// The early end of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// When.
    pub at: OffsetDateTime,
    /// By what kind of principal.
    pub by_kind: ActorKind,
    /// By which one, where it is one.
    pub by_id: Option<Uuid>,
}

impl End {
    /// An end by somebody.
    pub(super) fn by(principal: Principal, at: OffsetDateTime) -> Self {
        let (by_kind, by_id) = principal.split();
        Self { at, by_kind, by_id }
    }
}

impl SupportGrant {
    /// Whether it was neither ended nor has run out.
    pub fn is_live(&self, now: OffsetDateTime) -> bool {
        self.end.is_none() && now < self.expires_at
    }
}

impl Marked for SupportGrant {
    const MARK: &'static str = "cos_";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::KeyToken;
    use crate::shared::SecretBytes;
    use secrecy::ExposeSecret;

    // Attacks: 21.
    #[test]
    fn a_key_is_no_grant_and_a_grant_no_key() {
        let id = Uuid::from_u128;
        let token = SupportToken::new(TenantId::new(id(7)), SupportGrantId::new(id(8)), SecretBytes::new([9; 32]));
        let text = token.reveal();
        let read = SupportToken::parse(text.expose_secret()).unwrap();
        assert_eq!((read.tenant_id, read.id), (token.tenant_id, token.id));
        assert!(token.hash().is_of(&read));
        assert!(KeyToken::parse(text.expose_secret()).is_none());
        assert!(SupportToken::parse(&text.expose_secret().replacen("cos_", "cok_", 1)).is_none());
    }

    #[test]
    fn an_end_names_who_made_it() {
        let (at, user) = (OffsetDateTime::UNIX_EPOCH, UserId::new(Uuid::from_u128(1)));
        let by = |principal| (End::by(principal, at).by_kind, End::by(principal, at).by_id);
        assert_eq!(by(Principal::User(user)), (ActorKind::User, Some(user.as_uuid())));
        assert_eq!(by(Principal::System), (ActorKind::System, None));
    }
}
