use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use cotenant_domain::mail::{Locale, MailError, Mailer, Message, Occasion};
use cotenant_infrastructure::{
    Composer, Encryption, Letterhead, SmtpMailer, SmtpOptions, SmtpSetupError, SystemClock, UuidV7,
};
use cotenant_tests::post_office::{ENCRYPTED, Encrypted, Temper, certificate};
use cotenant_tests::{PostOffice, eventually};

use crate::{MAIL_PASSWORD, MAIL_PASSWORD_SENT};

fn options(port: u16) -> SmtpOptions {
    SmtpOptions {
        host: "127.0.0.1".into(),
        port,
        credentials: Some(("us".into(), MAIL_PASSWORD.into())),
        encryption: Encryption::None,
        authorities: None,
        timeout: Duration::from_secs(10),
        connections: 2,
    }
}

fn composer() -> Composer {
    let letterhead = Letterhead {
        from: "Us <us@cotenant.example>".into(),
        reply_to: Some("help@cotenant.example".into()),
        locale: Locale::English,
        link: None,
    };
    Composer::new(letterhead, Arc::new(SystemClock), Arc::new(UuidV7)).unwrap()
}

fn mailer(options: SmtpOptions) -> SmtpMailer {
    SmtpMailer::new(composer(), options).unwrap()
}

fn message() -> Message {
    Message {
        to: "asha@duka.example".parse().unwrap(),
        speaker: Some("Duka, Ltd \"Ç\"".parse().unwrap()),
        locale: Some(Locale::Swahili),
        occasion: Occasion::Invitation {
            tenant: "Duka".parse().unwrap(),
            token: "inv_0123456789abcdef".to_owned().into(),
            expires_at: time::OffsetDateTime::UNIX_EPOCH,
        },
    }
}

/// An error and all beneath it, as it is logged.
fn told(error: &dyn Error) -> String {
    let beneath = error.source().map(told).unwrap_or_default();
    format!("{error} / {error:?} / {beneath}")
}

#[actix_web::test]
async fn a_message_arrives_in_two_forms_from_the_tenant_and_over_one_connection() {
    let office = PostOffice::open(Temper::Kind, Encrypted::Never);
    let mailer = mailer(options(office.port));
    mailer.send(&message()).await.unwrap();
    mailer.send(&message()).await.unwrap();
    let heard = office.heard();
    assert_eq!(office.count("EHLO"), 1, "{heard:?}");
    assert_eq!(office.count("RCPT TO:<asha@duka.example>"), 2);
    assert!(heard.contains(&"EHLO cotenant.example".to_owned()) && office.count("AUTH PLAIN") == 1);
    for line in [
        "To: asha@duka.example",
        "Reply-To: help@cotenant.example",
        "Subject: Mwaliko wa kujiunga na Duka",
        "Auto-Submitted: auto-generated",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Type: text/html; charset=utf-8",
        "inv_0123456789abcdef",
    ] {
        assert_eq!(heard.iter().filter(|said| *said == line).count(), 2, "{line}: {heard:#?}");
    }
    let from = heard.iter().find(|line| line.starts_with("From: ")).unwrap();
    assert!(from.is_ascii() && !from.starts_with("From: Us"), "{from}");
    assert!(heard.iter().any(|line| line.contains("<us@cotenant.example>")));
}

/// What the adapter says of a server of this temper.
async fn error_of(temper: Temper) -> MailError {
    let office = PostOffice::open(temper, Encrypted::Never);
    mailer(options(office.port)).send(&message()).await.unwrap_err()
}

/// Nothing that a server repeats is told.
fn is_silent(error: &MailError) {
    for secret in ["asha", "inv_", MAIL_PASSWORD, MAIL_PASSWORD_SENT] {
        assert!(!told(error).contains(secret), "{secret}: {error:?}");
    }
}

#[actix_web::test]
async fn a_mailbox_that_does_not_exist_is_final_and_its_address_is_not_told() {
    for (code, enhanced) in [(550, "5.1.1"), (553, "5.1.3"), (551, "5.1.6"), (556, "5.1.10")] {
        let error = error_of(Temper::RefusesRecipient(code, enhanced)).await;
        assert!(matches!(error, MailError::Refused(_)), "{code} {enhanced}: {error:?}");
        assert!(told(&error).contains(&format!("answered {code} {enhanced}")), "{error:?}");
        is_silent(&error);
    }
}

#[actix_web::test]
async fn what_may_be_better_later_is_tried_again() {
    let about_us = [(450, ""), (450, "4.1.1"), (550, ""), (550, "5.7.1"), (552, "5.2.2"), (553, "5.7.1"), (556, "")];
    let about_us = about_us.map(|(code, enhanced)| (Temper::RefusesRecipient(code, enhanced), code));
    for (temper, code) in about_us.into_iter().chain([(Temper::RefusesPassword, 535)]) {
        let error = error_of(temper).await;
        assert!(matches!(error, MailError::Unsent(_)), "{temper:?}: {error:?}");
        assert!(told(&error).contains(&format!("answered {code}")), "{temper:?}: {error:?}");
        is_silent(&error);
    }
}

#[actix_web::test]
async fn a_server_that_is_away_or_silent_is_tried_again() {
    let nobody = { std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port() };
    let error = mailer(options(nobody)).send(&message()).await.unwrap_err();
    assert!(matches!(error, MailError::Unsent(_)) && told(&error).contains("cannot be reached: connection refused"));
    let office = PostOffice::open(Temper::Silent, Encrypted::Never);
    let patience = SmtpOptions { timeout: Duration::from_millis(50), ..options(office.port) };
    let error = mailer(patience).send(&message()).await.unwrap_err();
    assert!(matches!(error, MailError::Unsent(_)) && told(&error).contains("did not answer in time"), "{error:?}");
}

#[actix_web::test]
async fn an_address_that_the_server_cannot_carry_is_named_as_that() {
    let office = PostOffice::open(Temper::Kind, Encrypted::Never);
    let message = Message { to: "ásha@dükan.example".parse().unwrap(), ..message() };
    let error = mailer(options(office.port)).send(&message).await.unwrap_err();
    assert!(matches!(error, MailError::Unsent(_)) && told(&error).contains("SMTPUTF8"), "{error:?}");
    let message = Message { to: "asha@dükan.example".parse().unwrap(), ..message };
    mailer(options(office.port)).send(&message).await.unwrap();
    assert_eq!(office.count("RCPT TO:<asha@xn--"), 1, "{:?}", office.heard());
}

#[actix_web::test]
async fn there_are_no_more_connections_than_were_allowed() {
    let office = PostOffice::open(Temper::Silent, Encrypted::Never);
    let options = SmtpOptions { timeout: Duration::from_secs(2), connections: 2, ..options(office.port) };
    let mailer = Arc::new(mailer(options));
    // Broken off while their threads still wait for a greeting that never comes: the places stay taken.
    for _ in 0..4 {
        let (sender, message) = (mailer.clone(), message());
        let broken_off = tokio::time::timeout(Duration::from_millis(20), async move { sender.send(&message).await });
        assert!(broken_off.await.is_err());
    }
    eventually("both connections are made", async || office.visits() >= 2).await;
    assert_eq!(office.visits(), 2);
}

#[actix_web::test]
async fn where_encryption_is_asked_for_password_and_message_go_under_it() {
    let (shown, authority) = certificate("127.0.0.1");
    for (encryption, encrypted) in
        [(Encryption::StartTls, Encrypted::Asked(shown.clone())), (Encryption::Tls, Encrypted::Always(shown.clone()))]
    {
        let office = PostOffice::open(Temper::Kind, encrypted);
        let authorities = Some(authority.clone().into_bytes());
        let mailer = mailer(SmtpOptions { encryption, authorities, ..options(office.port) });
        mailer.check().await.unwrap();
        assert_eq!((office.count(ENCRYPTED), office.count("AUTH PLAIN"), office.count("MAIL")), (1, 1, 0));
        mailer.send(&message()).await.unwrap();
        assert_eq!((office.count("MAIL FROM:"), office.count("inv_0123456789abcdef")), (1, 1), "{encryption:?}");
        let heard = office.heard();
        let mut in_the_open = heard.iter().take_while(|line| *line != ENCRYPTED);
        assert!(in_the_open.all(|line| line.starts_with("EHLO") || line == "STARTTLS"), "{heard:?}");
    }
}

/// Why `tls` is the default, and `docs/mail.md` advises it. Where this fails, the library has learnt to forget what it has read.
#[actix_web::test]
async fn with_starttls_answers_from_before_the_encryption_are_believed() {
    let (shown, authority) = certificate("127.0.0.1");
    let authorities = Some(authority.into_bytes());
    for (encryption, encrypted) in
        [(Encryption::StartTls, Encrypted::Asked(shown.clone())), (Encryption::Tls, Encrypted::Always(shown.clone()))]
    {
        let office = PostOffice::open(Temper::Intercepted, encrypted);
        let mailer = mailer(SmtpOptions { encryption, authorities: authorities.clone(), ..options(office.port) });
        let is_sent = mailer.send(&message()).await.is_ok();
        assert_eq!(is_sent, encryption == Encryption::StartTls, "the server refuses the password: {encryption:?}");
    }
}

#[actix_web::test]
async fn nothing_is_told_to_a_server_that_does_not_encrypt_or_is_not_who_it_should_be() {
    let (shown, authority) = certificate("127.0.0.1");
    let (elses, another) = certificate("mail.example.com");
    let trusting = |authority: &str| Some(authority.as_bytes().to_vec());
    let cases = [
        ("no encryption", Encryption::StartTls, Encrypted::Never, trusting(&authority)),
        ("an authority of nobody", Encryption::StartTls, Encrypted::Asked(shown.clone()), None),
        ("an authority of nobody", Encryption::Tls, Encrypted::Always(shown.clone()), None),
        ("another authority", Encryption::StartTls, Encrypted::Asked(shown), trusting(&another)),
        ("another name", Encryption::StartTls, Encrypted::Asked(elses.clone()), trusting(&another)),
        ("another name", Encryption::Tls, Encrypted::Always(elses), trusting(&another)),
    ];
    for (case, encryption, encrypted, authorities) in cases {
        let reason = match case {
            "no encryption" => "does not offer what is asked for",
            _ => "cannot be encrypted, or its certificate does not hold",
        };
        let office = PostOffice::open(Temper::Kind, encrypted);
        let mailer = mailer(SmtpOptions { encryption, authorities, ..options(office.port) });
        for error in [mailer.check().await.unwrap_err(), mailer.send(&message()).await.unwrap_err()] {
            assert!(matches!(error, MailError::Unsent(_)) && told(&error).contains(reason), "{case}: {error:?}");
        }
        let heard = office.heard();
        assert!(heard.iter().all(|line| !line.starts_with("AUTH") && !line.starts_with("MAIL")), "{case}: {heard:?}");
    }
}

#[actix_web::test]
async fn what_is_no_certificate_of_an_authority_is_refused_before_there_is_a_message() {
    let (_, authority) = certificate("127.0.0.1");
    let cut = authority.replace("-----END CERTIFICATE-----", "");
    for wrong in ["", "an authority", cut.as_str(), &authority[..authority.len() / 2]] {
        let authorities = Some(wrong.as_bytes().to_vec());
        let options = SmtpOptions { encryption: Encryption::Tls, authorities, ..options(465) };
        let refused = SmtpMailer::new(composer(), options);
        assert!(
            matches!(refused.err(), Some(SmtpSetupError::Authorities(_) | SmtpSetupError::Encryption(_))),
            "{wrong}"
        );
    }
}
