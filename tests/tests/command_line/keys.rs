//! `cotenant keys`, beside a server that runs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::path::Path;

use cotenant_tests::{Client, Program, eventually};
use serde_json::Value;

use super::{end, fails, has, program, succeeds};

/// The program with its keys in a file, and the file.
fn with_keys() -> (Program, std::path::PathBuf) {
    let program = program().with("COTENANT__AUTH__KEY_FILE", "keys/ring.json");
    let file = program.home().join("keys/ring.json");
    (program, file)
}

/// The keys as `keys list` shows them: name, algorithm and state.
fn listed(program: &Program) -> Vec<[String; 3]> {
    let shown = succeeds(program.run(&["keys", "list"]));
    has(shown.lines().next().unwrap(), &["KID", "ALG", "STATE", "CREATED", "VERIFIES UNTIL"]);
    let rows = shown.lines().skip(1).map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    rows.map(|row| [row[0].clone(), row[1].clone(), row[2].clone()]).collect()
}

fn secrets(file: &Path) -> Vec<String> {
    let text: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    text["keys"].as_array().unwrap().iter().map(|key| key["secret"].as_str().unwrap().to_owned()).collect()
}

async fn published(base: &str) -> Vec<String> {
    let answer = Client::new(base, None).get("/.well-known/jwks.json").await;
    answer.body["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn keys_are_made_listed_rotated_and_retired() {
    let (program, file) = with_keys();
    has(&fails(program.run(&["keys", "list"])), &["cannot read keys/ring.json"]);
    has(&fails(program.run(&["keys", "rotate"])), &["cotenant keys generate"]);
    assert!(!file.exists(), "who reads makes nothing");
    has(&succeeds(program.run(&["keys", "generate"])), &["(EdDSA) signs from now on"]);
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions()) & 0o777, 0o600);
    let [[first, ..]] = &listed(&program)[..] else { panic!("one key") };
    has(&fails(program.run(&["keys", "retire", first])), &["cotenant keys generate"]);
    has(&succeeds(program.run(&["keys", "generate", "--alg", "HS256"])), &["(HS256) waits"]);
    has(&fails(program.run(&["keys", "generate"])), &["waits already", "cotenant keys rotate"]);
    let [_, [second, ..]] = &listed(&program)[..] else { panic!("two keys") };
    has(&fails(program.run(&["keys", "rotate"])), &[second, "rotate after", "--at-once"]);
    let rotated = succeeds(program.run(&["keys", "rotate", "--at-once"]));
    has(&rotated, &[&format!("{second} signs from now on"), &format!("{first} verifies until")]);
    let row = |kid: &str, algorithm: &str, state: &str| [kid, algorithm, state].map(str::to_owned);
    assert_eq!(listed(&program), [row(first, "EdDSA", "retiring"), row(second, "HS256", "active")]);
    has(&fails(program.run(&["keys", "retire", "another"])), &["no key another", "cotenant keys list"]);
    has(&succeeds(program.run(&["keys", "retire", first])), &[&format!("{first} is gone")]);
    assert_eq!(listed(&program), [row(second, "HS256", "active")]);
    let unknown = program.run(&["keys", "generate", "--alg", "none"]);
    assert_eq!(unknown.code, Some(2));
    has(&unknown.err, &["EdDSA", "HS256"]);
    let names: Vec<_> = std::fs::read_dir(file.parent().unwrap()).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(names, ["ring.json"], "nothing else is left");
}

#[test]
fn no_command_shows_a_key() {
    let (program, file) = with_keys();
    let mut said = Vec::new();
    for arguments in ["generate", "generate", "list", "rotate", "rotate --at-once", "generate --alg HS256", "list"] {
        let arguments: Vec<_> = ["keys"].into_iter().chain(arguments.split(' ')).collect();
        said.push(program.run(&arguments));
    }
    let secrets = secrets(&file);
    std::fs::write(&file, format!("{{\"keys\": [{{\"alg\": \"{}\"}}]}}", secrets[0])).unwrap();
    for command in ["list", "generate", "rotate"] {
        let ended = program.run(&["keys", command]);
        has(&fails(ended.clone()), &["keys/ring.json", "line 1"]);
        said.push(ended);
    }
    said.extend([program.run(&["serve"]), program.run(&["config", "check"]), program.run(&["doctor"])]);
    for secret in &secrets {
        assert!(!format!("{said:?}").contains(secret), "{said:?}");
    }
    assert_eq!(secrets.len(), 3);
}

#[test]
fn where_the_keys_are_is_said_once() {
    has(&fails(program().run(&["keys", "list"])), &["auth.key_file is not set", "COTENANT__AUTH__KEY_FILE"]);
    let (program, file) = with_keys();
    has(&fails(program.run(&["serve"])), &["cannot read keys/ring.json"]);
    let both = program.with("COTENANT__AUTH__SIGNING_KEY", "9f2c64d1a07be83556c1d20f7ae94b38c05d71e6f8a2b943");
    let refused = |program: &Program| {
        has(
            &fails(program.run(&["config", "check"])),
            &["auth.key_file", "set beside auth.signing_key", "one of the two"],
        );
    };
    refused(&both);
    refused(&both.with("COTENANT_ENV", "production"));
    assert!(!file.exists());
}

#[actix_web::test]
async fn a_running_server_takes_changed_keys_and_keeps_those_it_has_where_the_file_is_broken() {
    let (program, file) = with_keys();
    succeeds(program.run(&["keys", "generate"]));
    let first = listed(&program)[0][0].clone();
    let server = program.serve();
    assert!(!program.home().join("var/signing.key").exists(), "development needs no other key");
    assert_eq!(published(&server.base).await, std::slice::from_ref(&first));
    succeeds(program.run(&["keys", "generate"]));
    let second = listed(&program)[1][0].clone();
    let both = [first.clone(), second.clone()];
    eventually("the second key is known", async || published(&server.base).await == both).await;

    let good = std::fs::read(&file).unwrap();
    let secrets = secrets(&file);
    std::fs::write(&file, format!("{{\"keys\": [{{\"alg\": \"{}\"}}]}}", secrets[0])).unwrap();
    eventually("it is told", async || server.log().contains("those read before stay in use")).await;
    assert_eq!(published(&server.base).await, both);
    std::fs::write(&file, &good).unwrap();
    succeeds(program.run(&["keys", "retire", &first]));
    eventually("the first key is gone", async || published(&server.base).await == [second.as_str()]).await;
    let log = server.log();
    assert!(log.contains("the signing keys have changed"), "{log}");
    assert_eq!(log.matches("those read before stay in use").count(), 1, "told once: {log}");
    assert!(!secrets.iter().any(|secret| log.contains(secret)), "{log}");
    end(server);
}
