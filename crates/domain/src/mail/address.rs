use time::OffsetDateTime;

use super::{Message, minute};
use crate::addresses::AddressToken;
use crate::shared::EmailAddress;

/// How a token is sent back, whichever message carried it.
fn with_token(token: &AddressToken, expires_at: OffsetDateTime) -> String {
    format!(
        "send this token to POST /api/v1/auth/email-confirmations:\n\
         \n\
         {token}\n\
         \n\
         {{\"token\": \"...\"}}\n\
         \n\
         The token works once, until {until}.\n",
        token = token.reveal(),
        until = minute(expires_at),
    )
}

fn message(to: &EmailAddress, subject: &str, text: String) -> Message {
    Message { to: to.clone(), subject: subject.into(), text: text.into() }
}

/// The message that lets somebody show that an address is theirs.
pub(crate) fn verify_address(to: &EmailAddress, token: &AddressToken, expires_at: OffsetDateTime) -> Message {
    let how = with_token(token, expires_at);
    let text = format!("To show that {to} is your address, {how}\nIf it was not you who asked, ignore this message.\n");
    message(to, "Is this your address?", text)
}

/// The message to the address that somebody wants to have.
pub(crate) fn confirm_next_address(to: &EmailAddress, token: &AddressToken, expires_at: OffsetDateTime) -> Message {
    let how = with_token(token, expires_at);
    let text = format!(
        "Somebody wants {to} to be the address of their account. To agree, {how}\n\
         It takes effect when the message to the present address is answered too.\n\
         If it was not you who asked, ignore this message and nothing happens.\n"
    );
    message(to, "Your next address", text)
}

/// The message to the address that somebody has.
pub(crate) fn confirm_present_address(
    to: &EmailAddress,
    next: &EmailAddress,
    token: &AddressToken,
    expires_at: OffsetDateTime,
) -> Message {
    let how = with_token(token, expires_at);
    let text = format!(
        "Somebody who is signed in as you wants {next} to be the address of your account instead of {to}. To agree, {how}\n\
         It takes effect when the message to the next address is answered too. All other sessions end then.\n\
         If it was not you who asked, do not send the token, and set a new password: POST /api/v1/auth/password. That ends\n\
         this change too.\n"
    );
    message(to, "Shall your address change?", text)
}

/// The message to somebody whose address another person wanted. It carries no token.
pub(crate) fn address_taken(to: &EmailAddress) -> Message {
    let text = format!(
        "Somebody wanted {to} to be the address of their account. It is the address of yours, and stays so.\n\
         \n\
         If that was you, sign in with this address.\n"
    );
    message(to, "Your address was asked for", text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::SecretBytes;
    use secrecy::ExposeSecret;
    use time::macros::datetime;

    #[test]
    fn each_token_stands_on_a_line_of_its_own_and_shows_nowhere_else() {
        let token = AddressToken(SecretBytes::new([7; 32]));
        let (to, next) = ("asha@duka.example".parse().unwrap(), "asha@soko.example".parse().unwrap());
        let until = datetime!(2026-03-04 02:03:59.9 +3);
        for message in [
            verify_address(&to, &token, until),
            confirm_next_address(&next, &token, until),
            confirm_present_address(&to, &next, &token, until),
        ] {
            let lines: Vec<_> = message.text.expose_secret().lines().filter(|line| line.starts_with("eml_")).collect();
            assert_eq!(lines, [token.reveal()]);
            assert!(message.text.expose_secret().contains("2026-03-03 23:03 UTC"));
            assert!(!format!("{message:?} {token:?}").contains(&token.0.to_hex()));
            assert!(!message.subject.contains(&token.0.to_hex()));
        }
        assert!(!address_taken(&to).text.expose_secret().contains("eml_"));
    }
}
