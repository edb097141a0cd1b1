use time::OffsetDateTime;

use super::{Message, minute};
use crate::password_resets::ResetToken;
use crate::shared::EmailAddress;

/// The message that lets somebody who forgot their password set another.
pub(crate) fn password_reset(to: &EmailAddress, token: &ResetToken, expires_at: OffsetDateTime) -> Message {
    let text = format!(
        "Somebody asked to set a new password for {to}.\n\
         \n\
         To set one, send this token to POST /api/v1/auth/password-resets/confirm:\n\
         \n\
         {token}\n\
         \n\
         {{\"token\": \"...\", \"new_password\": \"...\"}}\n\
         \n\
         The token works once, until {until}. Everybody who is signed in as you is signed out then.\n\
         If it was not you who asked, ignore this message and nothing happens.\n",
        token = token.reveal(),
        until = minute(expires_at),
    );
    Message { to: to.clone(), subject: "Set a new password".into(), text: text.into() }
}

/// The message that tells somebody of their new password. It carries no link and no secret.
pub(crate) fn password_changed(to: &EmailAddress) -> Message {
    let text = format!(
        "The password of {to} was changed, and all other sessions were ended.\n\
         \n\
         If it was not you, set a new one at once: POST /api/v1/auth/password-resets.\n",
    );
    Message { to: to.clone(), subject: "Your password was changed".into(), text: text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::SecretBytes;
    use secrecy::ExposeSecret;
    use time::macros::datetime;

    fn message() -> (Message, ResetToken) {
        let token = ResetToken(SecretBytes::new([7; 32]));
        let to = "asha@duka.example".parse().unwrap();
        (password_reset(&to, &token, datetime!(2026-03-04 02:03:59.9 +3)), token)
    }

    #[test]
    fn the_token_stands_on_a_line_of_its_own_and_is_good_as_it_stands() {
        let (message, token) = message();
        let lines: Vec<_> = message.text.expose_secret().lines().filter(|line| line.starts_with("rpw_")).collect();
        assert_eq!(lines, [token.reveal()]);
        assert!(ResetToken::parse(lines[0]).is_some());
        assert!(message.text.expose_secret().contains("2026-03-03 23:03 UTC"));
    }

    #[test]
    fn debug_output_and_subject_do_not_show_the_token() {
        let (message, token) = message();
        let secret = token.0.to_hex();
        assert!(!format!("{message:?} {token:?}").contains(&secret) && !message.subject.contains(&secret));
    }
}
