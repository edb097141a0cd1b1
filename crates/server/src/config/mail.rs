//! What the settings of mail must be beside each other.

use std::net::IpAddr;

use super::{Config, ConfigError, MailTls, MailTransport, Problem};

impl Config {
    /// A mail server needs a name; who signs in there has one password; and both stay secret on their way.
    pub(super) fn check_mail(&self) -> Result<(), ConfigError> {
        let not_allowed = |key, found: &str, allowed: &str| Problem::NotAllowed {
            place: self.place(key),
            found: found.to_owned(),
            allowed: allowed.to_owned(),
        };
        let (mail, mut problems) = (&self.mail, Vec::new());
        if mail.password.is_some() && mail.password_file.is_some() {
            problems.push(not_allowed("mail.password_file", "set beside mail.password", "one of the two"));
        }
        if mail.user.is_some() != (mail.password.is_some() || mail.password_file.is_some()) {
            let key = if mail.user.is_some() { "mail.user" } else { "mail.password" };
            problems.push(not_allowed(key, "set alone", "a user and a password, or neither"));
        }
        if mail.transport == MailTransport::Smtp {
            match mail.host.as_deref() {
                None => {
                    problems.push(not_allowed("mail.transport", "smtp without mail.host", "file, or set mail.host"))
                }
                Some(host) if mail.tls == MailTls::None && !is_this_machine(host) => {
                    let allowed = "starttls or tls; none is for a server on this machine (localhost, 127.0.0.1, ::1)";
                    problems.push(not_allowed("mail.tls", "none", allowed));
                }
                Some(_) => {}
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(ConfigError::new(problems)) }
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    fn loads(settings: &[(&str, &str)]) -> Result<Config, String> {
        let test = Sources::default().with("COTENANT_ENV", "test");
        let set =
            |sources: Sources, (name, value): &(&str, &str)| sources.with(format!("COTENANT__MAIL__{name}"), *value);
        Config::load(&settings.iter().fold(test, set)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_mail_server_has_a_name() {
        let error = loads(&[("TRANSPORT", "smtp")]).unwrap_err();
        assert!(error.contains("mail.host"), "{error}");
        let config = loads(&[("TRANSPORT", "smtp"), ("HOST", "mail.example.com")]).unwrap();
        assert_eq!((config.mail.tls, config.mail.port), (MailTls::StartTls, 587));
    }

    #[test]
    fn only_this_machine_is_reached_without_encryption() {
        for host in ["localhost", "127.0.0.1", "::1"] {
            loads(&[("TRANSPORT", "smtp"), ("HOST", host), ("TLS", "none")]).unwrap();
        }
        for host in ["mail.example.com", "10.0.0.1", "localhost.example.com", "0.0.0.0"] {
            let error = loads(&[("TRANSPORT", "smtp"), ("HOST", host), ("TLS", "none")]).unwrap_err();
            assert!(error.contains("mail.tls"), "{host}: {error}");
        }
    }

    #[test]
    fn a_user_has_one_password_which_is_not_shown() {
        for bad in [
            &[("USER", "us")][..],
            &[("PASSWORD", "a-secret-of-mail")],
            &[("USER", "us"), ("PASSWORD", "a-secret-of-mail"), ("PASSWORD_FILE", "/run/secrets/mail")],
        ] {
            let error = loads(bad).unwrap_err();
            assert!(error.contains("mail.") && !error.contains("a-secret-of-mail"), "{error}");
        }
        let config = loads(&[("USER", "us"), ("PASSWORD", "a-secret-of-mail")]).unwrap();
        assert!(
            !config.describe().to_string().contains("a-secret-of-mail") && !format!("{config:?}").contains("a-secret")
        );
        loads(&[("USER", "us"), ("PASSWORD_FILE", "/run/secrets/mail")]).unwrap();
    }
}
