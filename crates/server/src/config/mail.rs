//! What the settings of mail must be beside each other.

use std::net::IpAddr;

use super::{Config, ConfigError, MailTls, MailTransport, Problem};

impl Config {
    /// A mail server needs a name and a sender that it can vouch for; who signs in there has one password; both stay secret on
    /// their way; and what is set for a mail server is meant for one.
    pub(super) fn check_mail(&self) -> Result<(), ConfigError> {
        let mut problems = self.mail_credentials();
        match self.mail.transport {
            MailTransport::File => problems.extend(self.mail_server_unused()),
            MailTransport::Smtp => problems.extend(self.mail_server()),
        }
        if problems.is_empty() { Ok(()) } else { Err(ConfigError::new(problems)) }
    }

    fn not_allowed(&self, key: &'static str, found: &str, allowed: &str) -> Problem {
        Problem::NotAllowed { place: self.place(key), found: found.to_owned(), allowed: allowed.to_owned() }
    }

    fn mail_credentials(&self) -> Vec<Problem> {
        let (mail, mut problems) = (&self.mail, Vec::new());
        if mail.password.is_some() && mail.password_file.is_some() {
            problems.push(self.not_allowed("mail.password_file", "set beside mail.password", "one of the two"));
        }
        if mail.user.is_some() != (mail.password.is_some() || mail.password_file.is_some()) {
            let key = match (&mail.user, &mail.password_file) {
                (Some(_), _) => "mail.user",
                (None, Some(_)) => "mail.password_file",
                (None, None) => "mail.password",
            };
            problems.push(self.not_allowed(key, "set alone", "a user and a password, or neither"));
        }
        problems
    }

    /// Whoever named a mail server and forgot the transport would wait for messages that become files.
    fn mail_server_unused(&self) -> Vec<Problem> {
        let mail = &self.mail;
        let set = [
            ("mail.host", mail.host.is_some()),
            ("mail.user", mail.user.is_some()),
            ("mail.password", mail.password.is_some()),
            ("mail.password_file", mail.password_file.is_some()),
        ];
        let unused = set.into_iter().filter(|(_, is_set)| *is_set);
        let problem = |(key, _)| self.not_allowed(key, "set while mail.transport is file", "mail.transport = smtp");
        unused.map(problem).collect()
    }

    fn mail_server(&self) -> Vec<Problem> {
        let (mail, mut problems) = (&self.mail, Vec::new());
        match mail.host.as_deref() {
            None => {
                problems.push(self.not_allowed("mail.transport", "smtp without mail.host", "file, or set mail.host"))
            }
            Some(host) if mail.tls == MailTls::None && !is_this_machine(host) => {
                let allowed = "tls or starttls; none is for a server on this machine (localhost, 127.0.0.1, ::1)";
                problems.push(self.not_allowed("mail.tls", "none", allowed));
            }
            Some(_) => {}
        }
        match (mail.tls, mail.port) {
            (MailTls::Tls, 587) => {
                problems.push(self.not_allowed("mail.tls", "tls at port 587", "port 465, or starttls"))
            }
            (MailTls::StartTls, 465) => {
                problems.push(self.not_allowed("mail.tls", "starttls at port 465", "port 587, or tls"));
            }
            _ => {}
        }
        if mail.from.trim_end_matches('>').ends_with("@localhost") {
            problems.push(self.not_allowed("mail.from", &mail.from, "an address that others can answer"));
        }
        let limit = self.jobs.time_limit_seconds / ANSWERS;
        if mail.timeout_seconds > limit {
            let allowed =
                format!("at most {limit}, a tenth of jobs.time_limit_seconds, as a message takes ten answers");
            problems.push(self.not_allowed("mail.timeout_seconds", &mail.timeout_seconds.to_string(), &allowed));
        }
        problems
    }
}

/// How many answers a message waits for, roughly: greeting, names, encryption, password, sender, recipient, text.
const ANSWERS: u64 = 10;

pub(super) fn is_this_machine(host: &str) -> bool {
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

    const SERVER: [(&str, &str); 3] =
        [("TRANSPORT", "smtp"), ("HOST", "mail.example.com"), ("FROM", "Duka <us@example.com>")];

    fn server_and(settings: &[(&str, &str)]) -> Result<Config, String> {
        loads(&[&SERVER[..], settings].concat())
    }

    #[test]
    fn a_mail_server_has_a_name_and_is_encrypted_from_the_first_byte_unless_told() {
        let error = loads(&[("TRANSPORT", "smtp")]).unwrap_err();
        assert!(error.contains("mail.host"), "{error}");
        let config = server_and(&[]).unwrap();
        assert_eq!((config.mail.tls, config.mail.port), (MailTls::Tls, 465));
        for host in ["smtp://mail.example.com", "mail.example.com:465"] {
            let error = server_and(&[("HOST", host)]).unwrap_err();
            assert!(error.contains("mail.host") && error.contains("without a scheme"), "{error}");
        }
    }

    #[test]
    fn only_this_machine_is_reached_without_encryption() {
        for host in ["localhost", "127.0.0.1", "::1"] {
            server_and(&[("HOST", host), ("TLS", "none")]).unwrap();
        }
        for host in ["mail.example.com", "10.0.0.1", "localhost.example.com", "0.0.0.0"] {
            let error = server_and(&[("HOST", host), ("TLS", "none")]).unwrap_err();
            assert!(error.contains("mail.tls"), "{host}: {error}");
        }
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        for (settings, key) in [
            (&[("TLS", "tls"), ("PORT", "587")][..], "mail.tls"),
            (&[("TLS", "starttls")][..], "mail.tls"),
            (&[("FROM", "Duka <no-reply@localhost>")][..], "mail.from"),
            (&[("FROM", "no-reply@localhost")][..], "mail.from"),
            (&[("TIMEOUT_SECONDS", "61")][..], "mail.timeout_seconds"),
        ] {
            let error = server_and(settings).unwrap_err();
            assert!(error.contains(key) && error.lines().count() <= 2, "{key}: {error}");
        }
        server_and(&[("TLS", "starttls"), ("PORT", "587"), ("TIMEOUT_SECONDS", "60")]).unwrap();
    }

    #[test]
    fn what_is_set_for_a_mail_server_is_not_left_unused() {
        for (settings, key) in [
            (&[("HOST", "mail.example.com")][..], "mail.host"),
            (&[("USER", "us"), ("PASSWORD", "a-secret-of-mail")][..], "mail.user"),
            (&[("USER", "us"), ("PASSWORD_FILE", "/run/secrets/mail")][..], "mail.password_file"),
        ] {
            let error = loads(settings).unwrap_err();
            assert!(error.contains(key) && error.contains("mail.transport = smtp"), "{key}: {error}");
        }
    }

    #[test]
    fn a_user_has_one_password_which_is_not_shown() {
        for bad in [
            &[("USER", "us")][..],
            &[("PASSWORD", "a-secret-of-mail")],
            &[("USER", "us"), ("PASSWORD", "a-secret-of-mail"), ("PASSWORD_FILE", "/run/secrets/mail")],
        ] {
            let error = server_and(bad).unwrap_err();
            assert!(error.contains("mail.") && !error.contains("a-secret-of-mail"), "{error}");
        }
        let config = server_and(&[("USER", "us"), ("PASSWORD", "a-secret-of-mail")]).unwrap();
        assert!(
            !config.describe().to_string().contains("a-secret-of-mail") && !format!("{config:?}").contains("a-secret")
        );
        server_and(&[("USER", "us"), ("PASSWORD_FILE", "/run/secrets/mail")]).unwrap();
    }
}
