use time::OffsetDateTime;

use crate::identity::{SessionId, UserId};
use crate::shared::{EmailAddress, Id, SecretBytes};

/// The id of a change.
pub type AddressChangeId = Id<AddressChange>;

/// A change of somebody's address that is under way, or the verification of the present one. It is taken away when it takes
/// effect, is voided by another, or has run out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressChange {
    /// Its id.
    pub id: AddressChangeId,
    /// Whose address it is.
    pub user_id: UserId,
    /// The address they had when they asked.
    pub from: EmailAddress,
    /// The address they will have.
    pub to: EmailAddress,
    /// The session that asked, which goes on when it takes effect.
    pub kept: Option<SessionId>,
    /// When it was asked for.
    pub requested_at: OffsetDateTime,
    /// Until when its tokens are worth anything.
    pub expires_at: OffsetDateTime,
    /// What was shown at the next address.
    pub at_next: Proof,
    /// What was shown at the present one; nothing is asked there of a verification.
    pub at_present: Proof,
}

/// What somebody has shown of a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Proof {
    /// SHA-256 of the token that was sent there last.
    pub token_hash: Option<[u8; 32]>,
    /// When it came back.
    pub confirmed_at: Option<OffsetDateTime>,
}

/// One of the two mailboxes of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mailbox {
    /// At the next address.
    Next,
    /// At the present one.
    Present,
}

impl Mailbox {
    /// The stored form: `next`, `present`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Present => "present",
        }
    }

    /// Reads the stored form.
    pub fn parse(stored: &str) -> Option<Self> {
        [Self::Next, Self::Present].into_iter().find(|mailbox| mailbox.as_str() == stored)
    }
}

impl AddressChange {
    /// Whether the address stays what it is, and is verified.
    pub fn is_verification(&self) -> bool {
        self.from.key() == self.to.key()
    }

    /// The mailboxes that have to be shown, the person's own first.
    pub fn mailboxes(&self) -> &'static [Mailbox] {
        if self.is_verification() { &[Mailbox::Next] } else { &[Mailbox::Present, Mailbox::Next] }
    }

    /// The address of a mailbox.
    pub fn address(&self, mailbox: Mailbox) -> &EmailAddress {
        match mailbox {
            Mailbox::Next => &self.to,
            Mailbox::Present => &self.from,
        }
    }

    /// What was shown of a mailbox.
    pub fn proof(&self, mailbox: Mailbox) -> &Proof {
        match mailbox {
            Mailbox::Next => &self.at_next,
            Mailbox::Present => &self.at_present,
        }
    }

    /// Whether a mailbox was shown, or need not be.
    pub fn is_shown(&self, mailbox: Mailbox) -> bool {
        !self.mailboxes().contains(&mailbox) || self.proof(mailbox).confirmed_at.is_some()
    }
}

/// What a message carries: `eml_<secret>`.
#[derive(Debug)]
pub struct AddressToken(pub(crate) SecretBytes);

impl AddressToken {
    /// The text that goes into the message.
    pub fn reveal(&self) -> String {
        format!("eml_{}", self.0.to_hex())
    }

    /// Reads what [`AddressToken::reveal`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        SecretBytes::from_hex(text.strip_prefix("eml_")?).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn change(from: &str, to: &str) -> AddressChange {
        let at = OffsetDateTime::UNIX_EPOCH;
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        let (id, user_id) = (Id::new(Uuid::nil()), Id::new(Uuid::nil()));
        let (at_next, at_present) = (Proof::default(), Proof::default());
        AddressChange { id, user_id, from, to, kept: None, requested_at: at, expires_at: at, at_next, at_present }
    }

    #[test]
    fn a_verification_is_shown_at_one_mailbox_and_a_change_at_both() {
        let same = change("asha@duka.example", "Asha@duka.example");
        assert!(same.is_shown(Mailbox::Present) && !same.is_shown(Mailbox::Next));
        let mut other = change("asha@duka.example", "asha@soko.example");
        assert!(!other.is_shown(Mailbox::Present) && !other.is_shown(Mailbox::Next));
        other.at_present.confirmed_at = Some(OffsetDateTime::UNIX_EPOCH);
        assert!(other.is_shown(Mailbox::Present) && !other.is_shown(Mailbox::Next));
    }

    #[test]
    fn a_token_is_read_back_and_nothing_else_is_one() {
        let token = AddressToken(SecretBytes::new([7; 32])).reveal();
        assert!(AddressToken::parse(&token).unwrap().0.matches(&SecretBytes::new([7; 32]).hash()));
        for wrong in ["", "eml_", &token[1..], &format!("{token}0"), &token.replace("eml", "rpw")] {
            assert!(AddressToken::parse(wrong).is_none(), "{wrong:?}");
        }
    }
}
