use cotenant_domain::identity::PasswordScreen;
use secrecy::{ExposeSecret, SecretString};

/// Takes a password for common if it is on a short list or contains a word of the person.
#[derive(Debug, Default)]
pub struct WordScreen;

const COMMON: [&str; 4] = ["password1234", "123456789012", "qwertyuiop12", "iloveyou1234"];

/// Shorter words occur in good passwords by chance.
const SHORTEST_WORD: usize = 4;

impl PasswordScreen for WordScreen {
    fn is_common(&self, password: &SecretString, personal: &[&str]) -> bool {
        let password = password.expose_secret().to_lowercase();
        let personal = personal.iter().map(|word| word.to_lowercase());
        let mut words = personal.filter(|word| word.chars().count() >= SHORTEST_WORD);
        COMMON.contains(&password.as_str()) || words.any(|word| password.contains(&word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_and_personal_passwords_are_common_and_others_are_not() {
        assert!(WordScreen.is_common(&"Password1234".into(), &[]));
        assert!(WordScreen.is_common(&"asha-otieno-2026".into(), &["Asha"]));
        assert!(!WordScreen.is_common(&"correct horse battery".into(), &["Al", "Asha"]));
    }
}
