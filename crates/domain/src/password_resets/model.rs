use time::OffsetDateTime;

use crate::identity::UserId;
use crate::shared::{EmailAddress, Id, SecretBytes};

/// The id of a reset.
pub type PasswordResetId = Id<PasswordReset>;

/// Somebody asked to set the password of whoever has an address. It is taken away when it is used, voided by another, or has
/// run out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordReset {
    /// Its id.
    pub id: PasswordResetId,
    /// The address, known or not.
    pub email: EmailAddress,
    /// When it was asked for.
    pub requested_at: OffsetDateTime,
    /// Until when it is worth anything: that it is sent, and then its token.
    pub expires_at: OffsetDateTime,
    /// What was sent; `None` until the message goes out.
    pub issued: Option<IssuedReset>,
}

/// What a message to a person stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IssuedReset {
    /// Whose password it sets.
    pub user_id: UserId,
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
}

/// What the message carries: `rpw_<secret>`.
#[derive(Debug)]
pub struct ResetToken(pub(crate) SecretBytes);

impl ResetToken {
    /// The text that goes into the message.
    pub fn reveal(&self) -> String {
        format!("rpw_{}", self.0.to_hex())
    }

    /// Reads what [`ResetToken::reveal`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        SecretBytes::from_hex(text.strip_prefix("rpw_")?).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_and_nothing_else_is_one() {
        let token = ResetToken(SecretBytes::new([7; 32])).reveal();
        assert!(ResetToken::parse(&token).unwrap().0.matches(&SecretBytes::new([7; 32]).hash()));
        for wrong in ["", "rpw_", &token[1..], &token[..67], &format!("{token}0"), &token.replace("rpw", "inv")] {
            assert!(ResetToken::parse(wrong).is_none(), "{wrong:?}");
        }
    }
}
