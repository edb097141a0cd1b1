use time::OffsetDateTime;

use super::{Message, minute};
use crate::invitations::InvitationToken;
use crate::shared::{EmailAddress, Name};

/// The message that carries an invitation. It goes to a mailbox, not to a person we know: it is the same whether or not
/// anybody has an account with this address.
pub(crate) fn invitation(
    to: &EmailAddress,
    tenant: &Name,
    token: &InvitationToken,
    expires_at: OffsetDateTime,
) -> Message {
    let text = format!(
        "You are invited to join {tenant}.\n\
         \n\
         To accept, send this token to POST /api/v1/invitations/accept:\n\
         \n\
         {token}\n\
         \n\
         If you are new here: {{\"token\": \"...\", \"display_name\": \"...\", \"password\": \"...\"}}.\n\
         If you have an account with this address, sign in first and send {{\"token\": \"...\"}} alone.\n\
         \n\
         The token works once, until {until}. Do not pass it on: it is meant for {to} only.\n\
         If you did not expect this message, ignore it and nothing happens.\n",
        token = token.reveal(),
        until = minute(expires_at),
    );
    Message { to: to.clone(), subject: format!("Invitation to {tenant}"), text: text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::SecretBytes;
    use crate::tenants::TenantId;
    use secrecy::ExposeSecret;
    use time::macros::datetime;
    use uuid::Uuid;

    fn token() -> InvitationToken {
        InvitationToken { tenant_id: TenantId::new(Uuid::from_u128(5)), secret: SecretBytes::new([7; 32]) }
    }

    fn message() -> Message {
        let to = "asha@duka.example".parse().unwrap();
        invitation(&to, &"Duka & Co.".parse().unwrap(), &token(), datetime!(2026-03-04 02:03:59.9 +3))
    }

    #[test]
    fn the_token_stands_on_a_line_of_its_own_and_is_good_as_it_stands() {
        let message = message();
        let lines: Vec<_> = message.text.expose_secret().lines().filter(|line| line.starts_with("inv_")).collect();
        assert_eq!(lines, [token().reveal()]);
        assert!(InvitationToken::parse(lines[0]).is_some());
    }

    #[test]
    fn the_text_says_who_invites_whom_how_to_accept_and_until_when() {
        let message = message();
        assert_eq!(message.to.as_str(), "asha@duka.example");
        assert_eq!(message.subject, "Invitation to Duka & Co.");
        for part in ["Duka & Co.", "POST /api/v1/invitations/accept", "asha@duka.example", "2026-03-03 23:03 UTC"] {
            assert!(message.text.expose_secret().contains(part), "{part}");
        }
    }

    #[test]
    fn debug_output_and_subject_do_not_show_the_token() {
        let message = message();
        let secret = token().secret.to_hex();
        assert!(!format!("{message:?}").contains(&secret));
        assert!(!message.subject.contains(&secret));
    }
}
