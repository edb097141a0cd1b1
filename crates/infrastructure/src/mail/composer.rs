use std::sync::Arc;
use std::time::SystemTime;

use cotenant_domain::mail::{Locale, MailError, Message};
use cotenant_domain::shared::{Clock, IdSource};
use lettre::Address;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};

use super::templates::{House, Templates};
use super::values::one_line;

/// What all messages have in common.
#[derive(Debug, Clone)]
pub struct Letterhead {
    /// Who sends them: an address, or a name and an address in angle brackets. Where a tenant speaks, its name stands before
    /// this one.
    pub from: String,
    /// Who is answered, where that is somebody else.
    pub reply_to: Option<String>,
    /// The language where the message has none.
    pub locale: Locale,
    /// Web address of the client's pages, to which tokens are sent as links; without it messages carry the tokens.
    pub link: Option<String>,
}

/// Why messages cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ComposerError {
    /// A sender that mail cannot carry.
    #[error("{0} is no sender of mail: it is ADDRESS or NAME <ADDRESS>")]
    Sender(&'static str),
    /// A template that is none.
    #[error("a template of the messages is wrong")]
    Template(#[from] minijinja::Error),
}

/// How the bodies of a message are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bodies {
    /// So that every mail server carries them.
    ForServers,
    /// So that a person reads them in the file as they are.
    ForEyes,
}

/// Writes messages: words, headers, and the two forms.
pub struct Composer {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    locale: Locale,
    link: Option<String>,
    templates: Templates,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl Composer {
    /// A composer that writes under this letterhead.
    ///
    /// # Errors
    ///
    /// [`ComposerError::Sender`] for a sender that mail cannot carry.
    pub fn new(letterhead: Letterhead, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Result<Self, ComposerError> {
        let mailbox = |text: &str, name| text.parse::<Mailbox>().map_err(|_| ComposerError::Sender(name));
        Ok(Self {
            from: mailbox(&letterhead.from, "mail.from")?,
            reply_to: letterhead.reply_to.map(|text| mailbox(&text, "mail.reply_to")).transpose()?,
            locale: letterhead.locale,
            link: letterhead.link,
            templates: Templates::new()?,
            clock,
            ids,
        })
    }

    /// The domain of the sender, by which a client introduces itself.
    pub(super) fn domain(&self) -> &str {
        self.from.email.domain()
    }

    /// What the service is called: the sender's name, or their domain where they have none.
    fn service(&self) -> &str {
        self.from.name.as_deref().unwrap_or(self.domain())
    }

    /// The name of a tenant that speaks. Whose address it stands before is said beside it, and it holds nothing that looks like
    /// another one: a tenant chooses its name, and shall not pass for the platform or for anybody else.
    fn speaker(&self, tenant: &str) -> String {
        let name = one_line(tenant).replace("://", " ").replace('@', " ");
        match name.trim() {
            "" => self.service().to_owned(),
            name => format!("{name} via {}", self.service()),
        }
    }

    pub(super) fn compose(&self, message: &Message, bodies: Bodies) -> Result<lettre::Message, MailError> {
        let house = House { service: self.service(), link: self.link.as_deref() };
        let rendered = self
            .templates
            .render(message, message.locale.unwrap_or(self.locale), house)
            .map_err(|error| MailError::unsent(Unwritten(error.kind())))?;
        let speaker = message.speaker.as_ref().map(|name| self.speaker(name.as_str()));
        let from = Mailbox::new(speaker.or_else(|| self.from.name.clone()), self.from.email.clone());
        let to = carried(message.to.as_str()).ok_or_else(|| MailError::refused(NoMailbox))?;
        let mut letter = lettre::Message::builder()
            .date(SystemTime::from(self.clock.now()))
            .message_id(Some(format!("<{}@{}>", self.ids.next(), self.domain())))
            .from(from)
            .to(Mailbox::new(None, to))
            .subject(readable(&rendered.subject))
            // RFC 3834: nobody's absence is told to it.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        if let Some(reply_to) = &self.reply_to {
            letter = letter.reply_to(reply_to.clone());
        }
        let forms = MultiPart::alternative()
            .singlepart(part(ContentType::TEXT_PLAIN, rendered.text, bodies))
            .singlepart(part(ContentType::TEXT_HTML, rendered.html, bodies));
        letter.multipart(forms).map_err(|_| MailError::refused(NoMailbox))
    }
}

/// A subject that says what it says: no part of it is taken for an encoded word (RFC 2047, section 2), which could hold what
/// no name may.
fn readable(subject: &str) -> String {
    subject.replace("=?", "= ?")
}

/// The address as every mail server carries it: a domain beyond ASCII has another spelling for that (RFC 5891). What stands
/// before the `@` has none.
fn carried(address: &str) -> Option<Address> {
    let (local, domain) = address.rsplit_once('@')?;
    Address::new(local, idna::domain_to_ascii(domain).ok()?).ok()
}

fn part(kind: ContentType, text: String, bodies: Bodies) -> SinglePart {
    let body = match bodies {
        Bodies::ForServers => Body::new(text),
        // Not `EightBit`: lines that mail servers may not carry are refused there, and long ones are for eyes no matter.
        Bodies::ForEyes => {
            Body::new_with_encoding(text.clone(), ContentTransferEncoding::Binary).unwrap_or_else(|_| Body::new(text))
        }
    };
    SinglePart::builder().header(kind).body(body)
}

/// The address is none that mail can carry.
#[derive(Debug, thiserror::Error)]
#[error("mail cannot carry the address")]
struct NoMailbox;

/// A template and its values do not fit. What the values are is not told.
#[derive(Debug, thiserror::Error)]
#[error("the message could not be written: {0:?}")]
struct Unwritten(minijinja::ErrorKind);

#[cfg(test)]
mod tests {
    use cotenant_domain::mail::Occasion;

    use super::*;
    use crate::clock::{SystemClock, UuidV7};

    fn headers(from: &str, speaker: Option<&str>, to: &str) -> String {
        let speaker = speaker.map(|name| name.parse().unwrap());
        headers_of(from, &Message { speaker, ..Message::of_platform(&to.parse().unwrap(), Occasion::Trial) })
    }

    fn headers_of(from: &str, message: &Message) -> String {
        let letterhead = Letterhead { from: from.into(), reply_to: None, locale: Locale::English, link: None };
        let composer = Composer::new(letterhead, Arc::new(SystemClock), Arc::new(UuidV7)).unwrap();
        let letter = composer.compose(message, Bodies::ForServers).unwrap().formatted();
        String::from_utf8(letter).unwrap().split("\r\n\r\n").next().unwrap().replace("\r\n ", " ")
    }

    #[test]
    fn a_tenant_speaks_beside_the_name_of_the_service_and_shows_no_address_of_its_own() {
        let asha = "asha@duka.example";
        for (name, shown) in [
            ("Duka", "Duka via Cotenant"),
            ("Cotenant Security", "Cotenant Security via Cotenant"),
            ("ceo@bank.example", "ceo bank.example via Cotenant"),
            ("https://bank.example", "https bank.example via Cotenant"),
            ("@@", "Cotenant"),
        ] {
            let headers = headers("Cotenant <us@cotenant.example>", Some(name), asha);
            let from = headers.lines().find(|line| line.starts_with("From: ")).unwrap();
            assert!(from.replace('"', "").starts_with(&format!("From: {shown} <us@")), "{from}");
            assert_eq!(from.matches('@').count(), 1, "{from}");
        }
        assert!(headers("us@cotenant.example", Some("Duka"), asha).contains("Duka via cotenant.example"));
        assert!(headers("Us <us@cotenant.example>", None, asha).contains("From: Us <us@cotenant.example>"));
    }

    #[test]
    fn a_name_that_looks_encoded_is_shown_as_it_is() {
        let tenant = "=?utf-8?Q?Your_bank?=".parse().unwrap();
        let occasion = Occasion::Invitation { tenant, token: "t".to_owned().into(), expires_at: SystemClock.now() };
        let message = Message::of_platform(&"asha@duka.example".parse().unwrap(), occasion);
        let headers = headers_of("us@cotenant.example", &message);
        let subject = headers.lines().find(|line| line.starts_with("Subject: ")).unwrap();
        assert!(subject.contains("Your_bank") && !subject.contains("=?utf-8?Q?Your"), "{subject}");
    }

    #[test]
    fn a_domain_beyond_ascii_goes_out_in_its_other_spelling() {
        let headers = headers("us@cotenant.example", None, "asha@dükan.example");
        assert!(headers.contains("To: asha@xn--") && headers.is_ascii(), "{headers}");
    }
}
