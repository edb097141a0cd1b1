use cotenant_domain::mail::{Message, Occasion};
use minijinja::{HtmlEscape, Value};
use secrecy::ExposeSecret;
use time::{OffsetDateTime, UtcOffset};

use super::templates::House;

/// Which template tells of an occasion.
pub(super) const fn template(occasion: &Occasion) -> &'static str {
    match occasion {
        Occasion::Invitation { .. } => "invitation",
        Occasion::PasswordReset { .. } => "password_reset",
        Occasion::PasswordChanged => "password_changed",
        Occasion::VerifyAddress { .. } => "verify_address",
        Occasion::ConfirmNextAddress { .. } => "confirm_next_address",
        Occasion::ConfirmPresentAddress { .. } => "confirm_present_address",
        Occasion::AddressTaken => "address_taken",
        Occasion::SupportGranted { .. } => "support_granted",
        Occasion::Trial => "trial",
    }
}

/// The page of the client that a message leads to; where it carries no token, that is the first one.
const fn page(occasion: &Occasion) -> &'static str {
    match occasion {
        Occasion::Invitation { .. } => "/accept-invitation",
        Occasion::PasswordReset { .. } => "/reset-password",
        Occasion::VerifyAddress { .. }
        | Occasion::ConfirmNextAddress { .. }
        | Occasion::ConfirmPresentAddress { .. } => "/confirm-address",
        Occasion::PasswordChanged | Occasion::AddressTaken | Occasion::SupportGranted { .. } | Occasion::Trial => "",
    }
}

/// In which form a message is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Html,
}

/// What the template of a message may name. None of it begins a line of its own: who chooses a name chooses no more than that.
pub(super) fn values(message: &Message, house: House<'_>, form: Form) -> Value {
    let mut values = vec![
        ("to", text(message.to.as_str())),
        ("service", text(house.service)),
        ("home", Value::from(house.link.map(|base| anchor(base, form)))),
    ];
    match &message.occasion {
        Occasion::Invitation { tenant, expires_at, .. } => {
            values.extend([("tenant", text(tenant.as_str())), ("until", minute(*expires_at))]);
        }
        Occasion::PasswordReset { expires_at, .. }
        | Occasion::VerifyAddress { expires_at, .. }
        | Occasion::ConfirmNextAddress { expires_at, .. } => values.push(("until", minute(*expires_at))),
        Occasion::ConfirmPresentAddress { next, expires_at, .. } => {
            values.extend([("next", text(next.as_str())), ("until", minute(*expires_at))]);
        }
        Occasion::PasswordChanged | Occasion::AddressTaken | Occasion::Trial => {}
        Occasion::SupportGranted { tenant, operator, grant_id, reason, may_write, expires_at } => values.extend([
            ("tenant", text(tenant.as_str())),
            ("operator", text(operator.as_str())),
            ("grant_id", text(&grant_id.to_string())),
            ("reason", text(reason.as_str())),
            ("may_write", Value::from(*may_write)),
            ("until", minute(*expires_at)),
        ]),
    }
    if let Some(token) = message.occasion.token() {
        let token = token.expose_secret();
        // Behind the `#`: a browser sends it to no server, and names it to none.
        let link = house.link.map(|base| format!("{base}{}#token={token}", page(&message.occasion)));
        values.push(("is_link", Value::from(link.is_some())));
        values.push((
            "secret",
            match (form, &link) {
                (_, Some(link)) => anchor(link, form),
                (Form::Text, None) => Value::from(token),
                (Form::Html, None) => Value::from_safe_string(format!("<code>{}</code>", HtmlEscape(token))),
            },
        ));
    }
    Value::from_pairs(values)
}

/// A web address that can be opened.
fn anchor(link: &str, form: Form) -> Value {
    match form {
        Form::Text => Value::from(link),
        Form::Html => {
            let link = HtmlEscape(link);
            Value::from_safe_string(format!("<a href=\"{link}\">{link}</a>"))
        }
    }
}

/// The instant to the minute, in UTC, as people read it. Cut off, so that it never promises time that is not there.
fn minute(at: OffsetDateTime) -> Value {
    let at = at.to_offset(UtcOffset::UTC);
    Value::from(format!("{} {:02}:{:02} UTC", at.date(), at.hour(), at.minute()))
}

fn text(value: &str) -> Value {
    Value::from(one_line(value))
}

/// The same without anything that could begin a line, or a header.
pub(super) fn one_line(text: &str) -> String {
    text.replace(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'), " ")
}
