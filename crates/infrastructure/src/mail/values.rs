use cotenant_domain::mail::{Message, Occasion};
use minijinja::{HtmlEscape, Value};
use secrecy::ExposeSecret;
use time::{OffsetDateTime, UtcOffset};

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

/// The page of the client that a token is for.
const fn page(occasion: &Occasion) -> &'static str {
    match occasion {
        Occasion::Invitation { .. } => "accept-invitation",
        Occasion::PasswordReset { .. } => "reset-password",
        _ => "confirm-address",
    }
}

/// In which form a message is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Html,
}

/// What the template of a message may name. None of it begins a line of its own: who chooses a name chooses no more than that.
pub(super) fn values(message: &Message, link: Option<&str>, form: Form) -> Value {
    let mut values = vec![("to", text(message.to.as_str()))];
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
        let page = page(&message.occasion);
        // Behind the `#`: a browser sends it to no server, and names it to none.
        let link = link.map(|base| format!("{base}/{page}#token={}", token.expose_secret()));
        values.push(("is_link", Value::from(link.is_some())));
        values.push((
            "secret",
            match (form, &link) {
                (Form::Text, Some(link)) => Value::from(link.as_str()),
                (Form::Text, None) => Value::from(token.expose_secret()),
                (Form::Html, Some(link)) => {
                    let link = HtmlEscape(link);
                    Value::from_safe_string(format!("<a href=\"{link}\">{link}</a>"))
                }
                (Form::Html, None) => {
                    Value::from_safe_string(format!("<code>{}</code>", HtmlEscape(token.expose_secret())))
                }
            },
        ));
    }
    Value::from_pairs(values)
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
