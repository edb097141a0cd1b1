use std::str::FromStr;

/// A language in which people are written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locale {
    /// English.
    English,
    /// Swahili.
    Swahili,
}

/// There are no messages in this language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("messages are written in en or sw")]
pub struct UnknownLocale;

impl Locale {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::Swahili];

    /// Its tag (BCP 47): `en`, `sw`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Swahili => "sw",
        }
    }
}

impl FromStr for Locale {
    type Err = UnknownLocale;

    fn from_str(tag: &str) -> Result<Self, UnknownLocale> {
        Self::ALL.into_iter().find(|locale| locale.as_str() == tag).ok_or(UnknownLocale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_read_as_it_is_written_and_nothing_else_is() {
        for locale in Locale::ALL {
            assert_eq!(locale.as_str().parse(), Ok(locale));
        }
        assert_eq!("EN".parse::<Locale>(), Err(UnknownLocale));
        assert_eq!("../en".parse::<Locale>(), Err(UnknownLocale));
    }
}
