use super::scope::Principal;
use crate::audit::Object;
use crate::identity::UserId;
use crate::services::ServiceAccountId;
use crate::support::SupportGrantId;

/// Who holds rights in a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Holder {
    /// A member.
    Member(UserId),
    /// A service account.
    Service(ServiceAccountId),
    /// An operator under a support grant.
    Support {
        /// The grant.
        grant: SupportGrantId,
        /// Whose it is.
        operator: UserId,
    },
}

impl Holder {
    /// Which one, as the audit log names it.
    pub fn object(self) -> Object {
        match self {
            Self::Member(user) => Object { kind: "member", id: user.as_uuid() },
            Self::Service(account) => Object { kind: "service_account", id: account.as_uuid() },
            Self::Support { grant, .. } => Object { kind: "support_grant", id: grant.as_uuid() },
        }
    }
}

impl From<Holder> for Principal {
    fn from(holder: Holder) -> Self {
        match holder {
            Holder::Member(user) => Self::User(user),
            Holder::Service(account) => Self::Service(account),
            Holder::Support { grant, operator } => Self::Support { operator, grant },
        }
    }
}
