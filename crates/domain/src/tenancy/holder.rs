use super::scope::Principal;
use crate::audit::Object;
use crate::identity::UserId;
use crate::services::ServiceAccountId;

/// Who holds roles in a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Holder {
    /// A member.
    Member(UserId),
    /// A service account.
    Service(ServiceAccountId),
}

impl Holder {
    /// Which one, as the audit log names it.
    pub fn object(self) -> Object {
        match self {
            Self::Member(user) => Object { kind: "member", id: user.as_uuid() },
            Self::Service(account) => Object { kind: "service_account", id: account.as_uuid() },
        }
    }
}

impl From<Holder> for Principal {
    fn from(holder: Holder) -> Self {
        match holder {
            Holder::Member(user) => Self::User(user),
            Holder::Service(account) => Self::Service(account),
        }
    }
}
