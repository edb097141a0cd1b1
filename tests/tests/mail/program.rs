use cotenant_tests::post_office::{Encrypted, Temper, certificate};
use cotenant_tests::{PostOffice, Program};

use serde_json::Value;

use crate::{MAIL_PASSWORD, MAIL_PASSWORD_SENT};

const ASHA: &str = "asha@duka.example";

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_cotenant-program"))
}

fn sending_to(port: u16) -> Program {
    program()
        .with("COTENANT__MAIL__TRANSPORT", "smtp")
        .with("COTENANT__MAIL__HOST", "127.0.0.1")
        .with("COTENANT__MAIL__PORT", &port.to_string())
        .with("COTENANT__MAIL__FROM", "Cotenant <us@cotenant.example>")
        .with("COTENANT__MAIL__USER", "us")
        .with("COTENANT__MAIL__PASSWORD", MAIL_PASSWORD)
}

#[test]
fn a_message_is_sent_from_the_command_line_to_try_the_settings() {
    let (shown, authority) = certificate("127.0.0.1");
    let office = PostOffice::open(Temper::Kind, Encrypted::Always(shown));
    let program = sending_to(office.port).with("COTENANT__MAIL__AUTHORITIES_FILE", "authority.pem");
    std::fs::write(program.home().join("authority.pem"), authority).unwrap();
    let sent = program.run(&["mail", "test", ASHA]);
    assert!(sent.code == Some(0) && sent.out.contains("127.0.0.1 took a message to asha@duka.example"), "{sent:?}");
    assert_eq!(office.count("Subject: Your mail settings work"), 1, "{:?}", office.heard());
    assert_eq!(office.count(&format!("AUTH PLAIN {MAIL_PASSWORD_SENT}")), 1);
}

#[test]
fn in_development_the_message_is_a_file_for_eyes() {
    let program = program();
    let sent = program.run(&["mail", "test", ASHA]);
    assert!(sent.code == Some(0) && sent.out.contains("var/mail"), "{sent:?}");
    let files: Vec<_> = std::fs::read_dir(program.home().join("var/mail")).unwrap().map(Result::unwrap).collect();
    let text = std::fs::read_to_string(files[0].path()).unwrap();
    assert!(files.len() == 1 && text.contains("to see whether messages arrive"), "{text}");
}

#[test]
fn what_is_in_the_way_of_messages_is_told_without_the_password() {
    let nobody = { std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port() };
    let refusing = PostOffice::open(Temper::RefusesPassword, Encrypted::Never);
    let open = |port| sending_to(port).with("COTENANT__MAIL__TLS", "none");
    let cases = [
        (open(nobody), "cannot be reached"),
        (open(refusing.port), "535"),
        (sending_to(refusing.port), "cannot be encrypted, or its certificate does not hold"),
        (sending_to(refusing.port).with("COTENANT__MAIL__TLS", "starttls"), "does not offer what is asked for"),
        (open(nobody).with("COTENANT__MAIL__AUTHORITIES_FILE", "none.pem"), "mail.authorities_file"),
    ];
    for (program, reason) in cases {
        let failed = program.run(&["mail", "test", ASHA]);
        let doctor = program.run(&["doctor", "--json"]);
        let report: Value = serde_json::from_str(&doctor.out).unwrap();
        let mail = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == "mail").unwrap();
        assert!(failed.code == Some(1) && failed.err.contains(reason), "{reason}: {failed:?}");
        assert!(mail["status"] == "failed" && mail["findings"].to_string().contains(reason), "{reason}: {mail}");
        for told in [failed.err, failed.out, doctor.out, doctor.err] {
            assert!(!told.contains(MAIL_PASSWORD) && !told.contains(MAIL_PASSWORD_SENT), "{told}");
        }
    }
    let empty = sending_to(nobody).with("COTENANT__MAIL__PASSWORD", "").with("COTENANT__MAIL__PASSWORD_FILE", "empty");
    std::fs::write(empty.home().join("empty"), "\n").unwrap();
    for command in [&["mail", "test", ASHA][..], &["serve"]] {
        let failed = empty.run(command);
        assert!(failed.code == Some(1) && failed.err.contains("mail.password_file"), "{failed:?}");
    }
    let wrong = program().run(&["mail", "test", "nobody"]);
    assert!(wrong.code == Some(1) && wrong.err.contains("EMAIL"), "{wrong:?}");
}
