use cotenant_domain::mail::{Locale, Message};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, UndefinedBehavior, Value, context};

use super::values::{Form, one_line, template, values};

/// A message in words.
pub(super) struct Rendered {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
}

/// What every message may tell of the service.
#[derive(Debug, Clone, Copy)]
pub(super) struct House<'a> {
    /// What it is called.
    pub(super) service: &'a str,
    /// Web address of its pages, where messages carry links.
    pub(super) link: Option<&'a str>,
}

/// The words of every occasion in every language. What a template names and a message has not is an error, and not a gap.
pub(super) struct Templates {
    words: Environment<'static>,
}

/// Enters the same words under two names: that of the HTML form has its values escaped.
macro_rules! enter {
    ($words:ident: $($locale:literal)+ => $occasions:tt) => { $(enter!(@locale $words $locale $occasions);)+ };
    (@locale $words:ident $locale:literal [$($occasion:literal)+]) => {$(
        let source = include_str!(concat!("templates/", $locale, "/", $occasion, ".txt"));
        $words.add_template(concat!($locale, "/", $occasion, ".txt"), source)?;
        $words.add_template(concat!($locale, "/", $occasion, ".html"), source)?;
    )+};
}

impl Templates {
    pub(super) fn new() -> Result<Self, Error> {
        let mut words = Environment::new();
        words.set_undefined_behavior(UndefinedBehavior::Strict);
        words.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        enter!(words: "en" "sw" => [
            "invitation" "password_reset" "password_changed" "verify_address" "confirm_next_address"
            "confirm_present_address" "address_taken" "support_granted" "trial"
        ]);
        words.add_template("page.html", include_str!("templates/page.html"))?;
        Ok(Self { words })
    }

    /// The message in a language; with links to pages of the house, or with tokens where it has none.
    pub(super) fn render(&self, message: &Message, locale: Locale, house: House<'_>) -> Result<Rendered, Error> {
        let name = format!("{}/{}", locale.as_str(), template(&message.occasion));
        let text = self.words.get_template(&format!("{name}.txt"))?.render(values(message, house, Form::Text))?;
        let html = self.words.get_template(&format!("{name}.html"))?.render(values(message, house, Form::Html))?;
        let (subject, text) = text.split_once("\n\n").unwrap_or((text.as_str(), ""));
        let (_, html) = html.split_once("\n\n").unwrap_or((html.as_str(), ""));
        let subject = one_line(subject);
        let paragraphs = html.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
        let paragraphs: Vec<_> = paragraphs.map(|words| Value::from_safe_string(words.to_owned())).collect();
        let page = context! { locale => locale.as_str(), subject => &subject, paragraphs => paragraphs };
        let html = self.words.get_template("page.html")?.render(page)?;
        Ok(Rendered { text: format!("{}\n", text.trim()), subject, html })
    }
}

#[cfg(test)]
mod tests {
    use cotenant_domain::mail::Occasion;
    use secrecy::ExposeSecret;
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const HOSTILE: &str = "<script>alert(1)</script> & \"'{{ to }}{% raw %}";
    const SERVICE: &str = "Us & <Co>";
    const UNTIL: time::OffsetDateTime = datetime!(2026-03-04 02:03:59.9 +3);

    fn all() -> Vec<Occasion> {
        let token = || "tok_0123456789".to_owned().into();
        vec![
            Occasion::Invitation { tenant: HOSTILE.parse().unwrap(), token: token(), expires_at: UNTIL },
            Occasion::PasswordReset { token: token(), expires_at: UNTIL },
            Occasion::PasswordChanged,
            Occasion::VerifyAddress { token: token(), expires_at: UNTIL },
            Occasion::ConfirmNextAddress { token: token(), expires_at: UNTIL },
            Occasion::ConfirmPresentAddress {
                next: "next@duka.example".parse().unwrap(),
                token: token(),
                expires_at: UNTIL,
            },
            Occasion::AddressTaken,
            Occasion::SupportGranted {
                tenant: HOSTILE.parse().unwrap(),
                operator: HOSTILE.parse().unwrap(),
                grant_id: Uuid::from_u128(7).into(),
                reason: HOSTILE.parse().unwrap(),
                may_write: true,
                expires_at: UNTIL,
            },
            Occasion::Trial,
        ]
    }

    /// Every occasion in every language, with and without links.
    fn each(check: impl Fn(&Message, Locale, Option<&str>, Rendered)) {
        let templates = Templates::new().unwrap();
        for occasion in all() {
            let message = Message::of_platform(&"asha@duka.example".parse().unwrap(), occasion);
            for locale in Locale::ALL {
                for link in [None, Some("https://app.example")] {
                    let rendered = templates.render(&message, locale, House { service: SERVICE, link }).unwrap();
                    check(&message, locale, link, rendered);
                }
            }
        }
    }

    #[test]
    fn what_people_chose_is_escaped_in_html_and_is_no_template() {
        each(|message, _, _, rendered| {
            assert!(!rendered.html.contains("<script") && !rendered.html.contains("& "), "{}", rendered.html);
            assert!(rendered.html.contains("asha@duka.example") || message.occasion.token().is_none());
            assert!(rendered.text.contains(SERVICE) && !rendered.html.contains(SERVICE), "{}", rendered.text);
            if let Occasion::Invitation { .. } | Occasion::SupportGranted { .. } = message.occasion {
                assert!(rendered.text.contains(HOSTILE) && rendered.html.contains("&lt;script&gt;"));
                assert!(rendered.subject.contains(HOSTILE));
            }
        });
    }

    #[test]
    fn a_token_or_its_link_stands_on_a_line_of_its_own_and_shows_nowhere_else() {
        each(|message, _, link, rendered| {
            let Some(token) = message.occasion.token().map(ExposeSecret::expose_secret) else {
                assert!(!rendered.text.contains("tok_") && !rendered.html.contains("tok_"));
                return;
            };
            let lines: Vec<_> = rendered.text.lines().filter(|line| line.contains(token)).collect();
            match link {
                None => assert_eq!(lines, [token]),
                Some(base) => assert!(lines.len() == 1 && lines[0].starts_with(base) && lines[0].ends_with(token)),
            }
            assert!(!rendered.subject.contains(token) && rendered.html.contains(token));
            assert_eq!(rendered.html.contains("<a href"), link.is_some());
            assert!(rendered.text.contains("2026-03-03 23:03 UTC"), "{}", rendered.text);
        });
    }

    #[test]
    fn who_has_to_act_without_a_token_is_led_to_the_pages_or_told_the_route() {
        each(|message, _, link, rendered| {
            let route = match message.occasion {
                Occasion::PasswordChanged => "POST /api/v1/auth/password-resets",
                Occasion::ConfirmPresentAddress { .. } => "POST /api/v1/auth/password",
                Occasion::SupportGranted { .. } => "DELETE /api/v1/support-grants/00000000-0000-0000-0000-000000000007",
                _ => return,
            };
            let has = |line| rendered.text.lines().any(|told| told == line);
            assert_eq!((has(route), has("https://app.example")), (link.is_none(), link.is_some()), "{}", rendered.text);
            let anchor = "<a href=\"https:&#x2f;&#x2f;app.example\">";
            assert_eq!(rendered.html.contains(anchor), link.is_some(), "{}", rendered.html);
        });
    }

    #[test]
    fn each_language_has_words_of_its_own_and_each_message_a_subject_and_more() {
        let templates = Templates::new().unwrap();
        for occasion in all() {
            let message = Message::of_platform(&"asha@duka.example".parse().unwrap(), occasion);
            let house = House { service: SERVICE, link: None };
            let [english, swahili] = Locale::ALL.map(|locale| templates.render(&message, locale, house).unwrap());
            assert!(english.subject != swahili.subject && english.text != swahili.text, "{}", english.subject);
            for (rendered, tag) in [(english, "en"), (swahili, "sw")] {
                assert!(!rendered.subject.is_empty() && !rendered.subject.contains('\n'));
                assert!(rendered.text.len() > rendered.subject.len() && rendered.html.matches("<p>").count() >= 2);
                assert!(rendered.html.contains(&format!("lang=\"{tag}\"")) && !rendered.text.contains("\n\n\n"));
            }
        }
    }
}
