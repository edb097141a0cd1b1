use super::scope::Principal;
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

impl From<Holder> for Principal {
    fn from(holder: Holder) -> Self {
        match holder {
            Holder::Member(user) => Self::User(user),
            Holder::Service(account) => Self::Service(account),
        }
    }
}
