use super::handlers::Handlers;
use crate::addresses::SendAddressProof;
use crate::identity::TellOfPassword;
use crate::invitations::SendInvitation;
use crate::password_resets::SendPasswordReset;
use crate::support::TellOfSupport;

/// Who does the jobs of this product: the one list, for the worker and for tests. A feature with a job enters its handler
/// here.
pub fn handlers() -> Handlers {
    Handlers::new()
        .in_tenants(SendInvitation)
        .at_platform(SendAddressProof)
        .at_platform(SendPasswordReset)
        .at_platform(TellOfPassword)
        .at_platform(TellOfSupport)
}
