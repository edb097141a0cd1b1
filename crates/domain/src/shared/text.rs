//! Texts that people type, each a type of its own: parsed once at the edge, valid ever after.

use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;

/// Why a text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// Nothing, or nothing but white space.
    #[error("must not be empty")]
    Empty,
    /// Longer than the limit, in characters.
    #[error("must have at most {0} characters")]
    TooLong(usize),
    /// A control or other invisible character, NUL and direction overrides among them: they make two names look alike.
    #[error("must not contain control or invisible characters")]
    Invisible,
    /// Outside the alphabet or form of its kind.
    #[error("{0}")]
    Form(&'static str),
}

/// The form in which texts are compared, made unique and sorted: Unicode NFKC, then lower case, then NFKC again.
///
/// The databases' own case folding is not used: SQLite's knows only ASCII, PostgreSQL's depends on the locale.
pub fn fold(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{00AD}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

fn plain(text: &str, most: usize) -> Result<String, InvalidText> {
    let text = text.trim();
    if text.is_empty() {
        return Err(InvalidText::Empty);
    }
    if text.chars().count() > most {
        return Err(InvalidText::TooLong(most));
    }
    if text.chars().any(invisible) {
        return Err(InvalidText::Invisible);
    }
    Ok(text.to_owned())
}

fn any(_: &str) -> Result<(), InvalidText> {
    Ok(())
}

/// Ten characters keep nobody from writing nonsense, but nobody writes it by mistake.
fn said(text: &str) -> Result<(), InvalidText> {
    if text.chars().count() < 10 { Err(InvalidText::Form("must have at least 10 characters")) } else { Ok(()) }
}

fn code(text: &str) -> Result<(), InvalidText> {
    if text.chars().any(char::is_whitespace) { Err(InvalidText::Form("must not contain spaces")) } else { Ok(()) }
}

fn slug(text: &str) -> Result<(), InvalidText> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.len() < 2 || !text.chars().all(inner) || text.starts_with('-') || text.ends_with('-') {
        return Err(InvalidText::Form("must be 2 to 63 lower-case letters, digits and inner hyphens"));
    }
    Ok(())
}

/// A deliberately small grammar: one `@`, a non-empty local part, a domain with a dot or `localhost`. Whether the address
/// exists only a message to it can tell.
fn email(text: &str) -> Result<(), InvalidText> {
    const WRONG: InvalidText = InvalidText::Form("must be an e-mail address");
    let (local, domain) = text.rsplit_once('@').ok_or(WRONG)?;
    let label = |l: &str| {
        !l.is_empty() && !l.starts_with('-') && !l.ends_with('-') && l.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let domain_ok = domain == "localhost" || (domain.contains('.') && domain.split('.').all(label));
    let local_ok = !local.is_empty()
        && local.len() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && local.chars().all(|c| c.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c));
    if local_ok && domain_ok { Ok(()) } else { Err(WRONG) }
}

macro_rules! texts {
    ($($(#[$meta:meta])* $name:ident: $most:literal, $form:path;)*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// The most characters.
            pub const MAX: usize = $most;

            /// The text as typed, trimmed.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The folded text, see [`fold`].
            pub fn key(&self) -> String {
                fold(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidText;

            fn from_str(text: &str) -> Result<Self, InvalidText> {
                let text = plain(text, $most)?;
                $form(&text)?;
                Ok(Self(text))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

texts! {
    /// What people call a thing.
    Name: 200, any;
    /// What people call a person.
    DisplayName: 200, any;
    /// A sentence or two about a thing.
    Description: 1000, any;
    /// Why somebody did something, for the audit log.
    Reason: 500, any;
    /// Why somebody needs what is others', said to those others: too long to be a mere formality.
    Justification: 500, said;
    /// A short code without spaces, unique in some circle.
    Code: 50, code;
    /// A stock-keeping unit, unique in its store.
    Sku: 64, code;
    /// A tenant's name in addresses and at sign-in.
    Slug: 63, slug;
    /// By which a plan is known, in the settings and of a tenant.
    PlanName: 63, slug;
    /// An e-mail address; see RFC 5321 for the lengths.
    EmailAddress: 254, email;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_trimmed_and_keep_their_spelling() {
        let name: Name = "  Café Ñandú ".parse().unwrap();
        assert_eq!(name.as_str(), "Café Ñandú");
        assert_eq!(name.key(), "café ñandú");
    }

    #[test]
    fn folding_unites_what_looks_the_same() {
        assert_eq!(fold("ＡＢＣ"), "abc");
        assert_eq!(fold("Cafe\u{301}"), fold("CAFÉ"));
        assert_eq!(fold(&fold("ﬀİ")), fold("ﬀİ"), "folding twice changes nothing");
    }

    #[test]
    fn nul_controls_and_direction_overrides_are_refused() {
        for wrong in ["a\0b", "a\nb", "\u{202E}abc", "a\u{200B}b", "\u{FEFF}x"] {
            assert_eq!(wrong.parse::<Name>(), Err(InvalidText::Invisible), "{wrong:?}");
        }
    }

    #[test]
    fn lengths_count_characters_not_bytes() {
        assert!("ü".repeat(200).parse::<Name>().is_ok());
        assert_eq!("ü".repeat(201).parse::<Name>(), Err(InvalidText::TooLong(200)));
        assert_eq!(" \t ".parse::<Name>(), Err(InvalidText::Empty));
    }

    #[test]
    fn a_justification_has_ten_characters_at_least() {
        assert!("Ticket 4711".parse::<Justification>().is_ok());
        for wrong in ["Ticket 47", "   x       ", "", &"x".repeat(501), "Ticket\n4711 and more"] {
            assert!(wrong.parse::<Justification>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn slugs_are_lower_case_words() {
        for right in ["ab", "acme-2", "a1"] {
            assert!(right.parse::<Slug>().is_ok(), "{right}");
        }
        for wrong in ["a", "Acme", "-a", "a-", "a b", "ä1", "a_b"] {
            assert!(wrong.parse::<Slug>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn addresses_have_a_local_part_and_a_domain() {
        for right in ["a@b.co", "Asha.Otieno+x@duka.co.ke", "o'neil@x-y.org", "dev@localhost"] {
            assert!(right.parse::<EmailAddress>().is_ok(), "{right}");
        }
        for wrong in ["", "a", "@b.co", "a@", "a@b", "a@@b.co", "a b@c.de", "a@-b.co", "a@b..co", ".a@b.co", "a\0@b.co"]
        {
            assert!(wrong.parse::<EmailAddress>().is_err(), "{wrong}");
        }
    }
}
