use secrecy::{ExposeSecret, SecretString};

use super::ports::PasswordScreen;
use crate::shared::{Fault, FaultKind, FieldFault};

/// A password that may be set: long enough, short enough, and not among the first to be guessed.
///
/// Passwords are taken exactly as they were typed, neither trimmed nor normalised (ASVS 6.2.8), and nothing is asked of
/// their composition (ASVS 6.2.5).
#[derive(Debug, Clone)]
pub struct Password(SecretString);

impl Password {
    /// The fewest characters (ASVS 6.2.1).
    pub const MIN: usize = 12;
    /// The most characters (ASVS 6.2.9 asks for at least 64).
    pub const MAX: usize = 128;

    /// The password, for its hashing only.
    pub fn into_secret(self) -> SecretString {
        self.0
    }
}

/// Why a password cannot be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPassword {
    /// Fewer than [`Password::MIN`] characters.
    #[error("must have at least {min} characters", min = Password::MIN)]
    TooShort,
    /// More than [`Password::MAX`] characters.
    #[error("must have at most {max} characters", max = Password::MAX)]
    TooLong,
    /// A control character, NUL among them: few keyboards type it, and some clients cut the password there.
    #[error("must not contain control characters")]
    Control,
    /// Among the passwords that are guessed first.
    #[error("is too easy to guess")]
    Common,
}

impl Fault for InvalidPassword {
    fn kind(&self) -> FaultKind {
        FaultKind::Invalid
    }

    fn code(&self) -> &'static str {
        "invalid_password"
    }

    fn fields(&self) -> Vec<FieldFault> {
        vec![FieldFault { pointer: "/password".into(), detail: self.to_string() }]
    }
}

/// Takes a new password if it obeys the rules; `personal` are words of the person that make it easier to guess.
///
/// # Errors
///
/// See [`InvalidPassword`].
pub fn choose(
    screen: &dyn PasswordScreen,
    password: SecretString,
    personal: &[&str],
) -> Result<Password, InvalidPassword> {
    let text = password.expose_secret();
    match text.chars().count() {
        ..Password::MIN => Err(InvalidPassword::TooShort),
        count if count > Password::MAX => Err(InvalidPassword::TooLong),
        _ if text.chars().any(char::is_control) => Err(InvalidPassword::Control),
        _ if screen.is_common(&password, personal) => Err(InvalidPassword::Common),
        _ => Ok(Password(password)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Screen;

    impl PasswordScreen for Screen {
        fn is_common(&self, password: &SecretString, personal: &[&str]) -> bool {
            let text = password.expose_secret();
            text == "password1234" || personal.iter().any(|word| text.contains(word))
        }
    }

    fn chosen(text: &str) -> Result<String, InvalidPassword> {
        choose(&Screen, text.into(), &["aurelia"]).map(|p| p.into_secret().expose_secret().to_owned())
    }

    #[test]
    fn length_is_counted_in_characters_and_not_in_bytes() {
        assert_eq!(chosen(&"é".repeat(11)), Err(InvalidPassword::TooShort));
        assert_eq!(chosen(&"é".repeat(12)), Ok("é".repeat(12)));
        assert_eq!(chosen(&"é".repeat(128)), Ok("é".repeat(128)));
        assert_eq!(chosen(&"é".repeat(129)), Err(InvalidPassword::TooLong));
    }

    #[test]
    fn white_space_counts_and_stays() {
        assert_eq!(chosen("  ten chars "), Ok("  ten chars ".to_owned()));
        assert_eq!(chosen("éé éé éé éé"), Err(InvalidPassword::TooShort));
    }

    #[test]
    fn control_characters_are_refused() {
        for control in ['\0', '\n', '\u{7f}', '\u{85}'] {
            assert_eq!(chosen(&format!("long enough{control}to pass")), Err(InvalidPassword::Control));
        }
    }

    #[test]
    fn common_and_personal_passwords_are_refused() {
        assert_eq!(chosen("password1234"), Err(InvalidPassword::Common));
        assert_eq!(chosen("my name is aurelia"), Err(InvalidPassword::Common));
    }

    #[test]
    fn debug_output_shows_nothing() {
        let password = choose(&Screen, "correct horse battery".into(), &[]).unwrap();
        assert!(!format!("{password:?}").contains("horse"));
    }
}
