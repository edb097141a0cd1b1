use secrecy::SecretString;
use time::OffsetDateTime;

use crate::shared::{DisplayName, EmailAddress, Justification, Name};
use crate::support::SupportGrantId;

/// What people are written about, and what they are told of it. Instants are told to the minute, cut off, so that no message
/// promises time that is not there.
#[derive(Debug, Clone)]
pub enum Occasion {
    /// Somebody is invited into a tenant. It goes to a mailbox, not to a person we know: it is the same whether or not anybody
    /// has an account with this address.
    Invitation {
        /// Into which tenant.
        tenant: Name,
        /// What accepts it.
        token: SecretString,
        /// Until when.
        expires_at: OffsetDateTime,
    },
    /// Somebody who forgot their password may set another.
    PasswordReset {
        /// What sets it.
        token: SecretString,
        /// Until when.
        expires_at: OffsetDateTime,
    },
    /// The password was changed. It carries no secret.
    PasswordChanged,
    /// Somebody may show that the address is theirs.
    VerifyAddress {
        /// What shows it.
        token: SecretString,
        /// Until when.
        expires_at: OffsetDateTime,
    },
    /// To the address that somebody wants to have.
    ConfirmNextAddress {
        /// What agrees.
        token: SecretString,
        /// Until when.
        expires_at: OffsetDateTime,
    },
    /// To the address that somebody has.
    ConfirmPresentAddress {
        /// The address that they want.
        next: EmailAddress,
        /// What agrees.
        token: SecretString,
        /// Until when.
        expires_at: OffsetDateTime,
    },
    /// To somebody whose address another person wanted. It carries no token.
    AddressTaken,
    /// To an owner: who was given access to their tenant, and why. It carries no secret.
    SupportGranted {
        /// To which tenant.
        tenant: Name,
        /// Who has it.
        operator: DisplayName,
        /// Which access.
        grant_id: SupportGrantId,
        /// The reason given for it.
        reason: Justification,
        /// Whether it is for writing as well.
        may_write: bool,
        /// Until when.
        expires_at: OffsetDateTime,
    },
    /// To whoever runs the platform: messages arrive. It carries no secret.
    Trial,
}

impl Occasion {
    /// The secret that the message carries, where it carries one.
    pub fn token(&self) -> Option<&SecretString> {
        match self {
            Self::Invitation { token, .. }
            | Self::PasswordReset { token, .. }
            | Self::VerifyAddress { token, .. }
            | Self::ConfirmNextAddress { token, .. }
            | Self::ConfirmPresentAddress { token, .. } => Some(token),
            Self::PasswordChanged | Self::AddressTaken | Self::SupportGranted { .. } | Self::Trial => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_does_not_show_the_token() {
        let token = SecretString::from("rpw_0707070707");
        let reset = Occasion::PasswordReset { token, expires_at: OffsetDateTime::UNIX_EPOCH };
        assert!(reset.token().is_some());
        assert!(!format!("{reset:?}").contains("0707"), "{reset:?}");
    }
}
