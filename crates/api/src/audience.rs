/// Who a route is for; proved before anything of the request is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Everybody. A token is not looked at.
    Public,
    /// Everybody. A token, where there is one, must be a member's and valid.
    Visitor,
    /// Members and operators.
    SignedIn,
    /// Members, inside the tenant of their token.
    Tenant,
    /// Operators of the platform.
    Platform,
}
