use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use cotenant_domain::mail::{Locale, MailError, Mailer, Message, Occasion};
use cotenant_infrastructure::{
    Composer, Encryption, Letterhead, SmtpMailer, SmtpOptions, SmtpSetupError, SystemClock, UuidV7,
};
use cotenant_tests::PostOffice;
use cotenant_tests::post_office::{ENCRYPTED, Encrypted, Temper, certificate};

use crate::MAIL_PASSWORD;

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
        "Subject: Mwaliko wa Duka",
        "Auto-Submitted: auto-generated",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Type: text/html; charset=utf-8",
        "inv_0123456789abcdef",
    ] {
        assert_eq!(heard.iter().filter(|said| *said == line).count(), 2, "{line}: {heard:#?}");
    }
    let from = heard.iter().find(|line| line.starts_with("From: ")).unwrap();
    assert!(from.is_ascii() && !from.contains("Us"), "{from}");
    assert!(heard.iter().any(|line| line.contains("<us@cotenant.example>")));
}

#[actix_web::test]
async fn a_mailbox_that_does_not_exist_is_final_and_its_address_is_not_told() {
    let office = PostOffice::open(Temper::RefusesRecipient(550), Encrypted::Never);
    let error = mailer(options(office.port)).send(&message()).await.unwrap_err();
    assert!(matches!(error, MailError::Refused(_)), "{error:?}");
    let told = told(&error);
    assert!(told.contains("550") && !told.contains("asha") && !told.contains("inv_"), "{told}");
}

#[actix_web::test]
async fn what_may_be_better_later_is_tried_again() {
    for temper in [Temper::RefusesRecipient(450), Temper::RefusesRecipient(552), Temper::RefusesPassword] {
        let office = PostOffice::open(temper, Encrypted::Never);
        let error = mailer(options(office.port)).send(&message()).await.unwrap_err();
        assert!(matches!(error, MailError::Unsent(_)), "{temper:?}: {error:?}");
        assert!(!told(&error).contains("asha") && !told(&error).contains(MAIL_PASSWORD));
    }
}

#[actix_web::test]
async fn a_server_that_is_away_or_silent_is_tried_again() {
    let nobody = { std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port() };
    let error = mailer(options(nobody)).send(&message()).await.unwrap_err();
    assert!(matches!(error, MailError::Unsent(_)) && told(&error).contains("refused"), "{error:?}");
    let office = PostOffice::open(Temper::Silent, Encrypted::Never);
    let patience = SmtpOptions { timeout: Duration::from_millis(50), ..options(office.port) };
    let error = mailer(patience).send(&message()).await.unwrap_err();
    assert!(matches!(error, MailError::Unsent(_)), "{error:?}");
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
        let office = PostOffice::open(Temper::Kind, encrypted);
        let mailer = mailer(SmtpOptions { encryption, authorities, ..options(office.port) });
        for error in [mailer.check().await.unwrap_err(), mailer.send(&message()).await.unwrap_err()] {
            assert!(matches!(error, MailError::Unsent(_)), "{case}: {error:?}");
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
