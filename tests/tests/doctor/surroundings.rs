//! What the program finds around a database, or in its place: settings, files, folders and the disk.

use std::path::Path;

use cotenant_tests::Program;

use super::program::{json, one, with_status};

#[test]
fn without_a_database_or_settings_it_says_why_it_cannot_look_and_makes_nothing() {
    let program = || Program::new(env!("CARGO_BIN_EXE_cotenant-program"));
    let none = program();
    let report = json(&none.run(&["doctor", "--json"]), 2);
    assert_eq!(with_status(&report, "unchecked"), one("database", "database.url"));
    assert_eq!(with_status(&report, "failed"), []);
    let told = none.run(&["doctor"]);
    assert!(told.out.contains("UNKNOWN  database: ") && told.out.contains("cotenant.db is not there"), "{told:?}");
    assert_eq!(std::fs::read_dir(none.home()).unwrap().count(), 0, "a doctor makes no database");

    let away = program()
        .with("COTENANT__DATABASE__URL", "postgres://app:canary@127.0.0.1:1/app")
        .with("COTENANT__DATABASE__ACQUIRE_TIMEOUT_MS", "200");
    let ended = away.run(&["doctor", "--json"]);
    assert!(!format!("{ended:?}").contains("canary"), "{ended:?}");
    assert_eq!(with_status(&json(&ended, 2), "unchecked"), one("database", "database.url"));

    let garbage = program();
    std::fs::create_dir(garbage.home().join("var")).unwrap();
    std::fs::write(garbage.home().join("var/cotenant.db"), "no database at all, of any kind or version").unwrap();
    let report = json(&garbage.run(&["doctor", "--json"]), 2);
    assert_eq!(with_status(&report, "unchecked"), one("database", "database.url"));

    let misspelled = program().with("COTENANT__SERVER__BND", "127.0.0.1:1");
    let ended = misspelled.run(&["doctor", "--json"]);
    assert_eq!(with_status(&json(&ended, 2), "failed"), one("configuration", "settings"));
    assert!(ended.out.contains("did you mean COTENANT__SERVER__BIND?"), "{ended:?}");
}

/// The program in a folder with a migrated database of its own.
fn migrated() -> Program {
    let program = Program::new(env!("CARGO_BIN_EXE_cotenant-program"));
    assert_eq!(program.run(&["migrate", "up"]).code, Some(0));
    program
}

#[test]
fn settings_that_production_refuses_are_found() {
    let program = migrated().with("COTENANT_ENV", "production");
    let report = json(&program.run(&["doctor", "--json"]), 1);
    let refused = ["auth.signing_key", "server.allowed_origins", "mail.directory"].map(str::to_owned).to_vec();
    assert_eq!(with_status(&report, "failed"), [("configuration".to_owned(), refused)]);
    let told = program.run(&["doctor"]);
    assert!(told.out.contains("COTENANT__AUTH__SIGNING_KEY") && told.out.contains("openssl rand"), "{told:?}");
}

#[cfg(unix)]
#[test]
fn files_that_others_can_read_or_change_are_found() {
    use std::os::unix::fs::PermissionsExt;

    let program = migrated();
    let set = |file: &Path, mode| std::fs::set_permissions(file, PermissionsExt::from_mode(mode)).unwrap();
    for file in [".env", "var/cotenant.db", "var/signing.key", "var/bootstrap.secret"] {
        let path = program.home().join(file);
        std::fs::File::options().append(true).create(true).open(&path).unwrap();
        for (mode, open) in [(0o644, true), (0o602, true), (0o640, false), (0o600, false)] {
            set(&path, mode);
            let report = json(&program.run(&["doctor", "--json"]), i32::from(open));
            let expected = if open { one("file_permissions", file) } else { Vec::new() };
            assert_eq!(with_status(&report, "failed"), expected, "{file} {mode:o}");
        }
    }
}

#[test]
fn a_file_of_keys_that_no_server_can_work_with_is_found() {
    let program = migrated().with("COTENANT__AUTH__KEY_FILE", "keys.json");
    let file = program.home().join("keys.json");
    let finds = |failed: &[&str]| {
        let report = json(&program.run(&["doctor", "--json"]), i32::from(!failed.is_empty()));
        let expected: Vec<_> = failed.iter().flat_map(|check| one(check, "keys.json")).collect();
        assert_eq!(with_status(&report, "failed"), expected);
    };
    finds(&["signing_keys"]);
    assert_eq!(program.run(&["keys", "generate"]).code, Some(0));
    finds(&[]);
    #[cfg(unix)]
    for (mode, failed) in [(0o644, &["signing_keys", "file_permissions"][..]), (0o640, &[]), (0o660, &["signing_keys"])]
    {
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        finds(failed);
    }
    std::fs::write(&file, "{}").unwrap();
    finds(&["signing_keys"]);
}

#[cfg(unix)]
#[test]
fn a_mail_directory_that_others_can_enter_is_found() {
    use std::os::unix::fs::PermissionsExt;

    let program = migrated();
    let mail = program.home().join("var/mail");
    std::fs::create_dir(&mail).unwrap();
    for (mode, open) in [(0o755, true), (0o711, true), (0o702, true), (0o750, false), (0o700, false)] {
        std::fs::set_permissions(&mail, PermissionsExt::from_mode(mode)).unwrap();
        let report = json(&program.run(&["doctor", "--json"]), i32::from(open));
        let expected = if open { one("file_permissions", "var/mail") } else { Vec::new() };
        assert_eq!(with_status(&report, "failed"), expected, "{mode:o}");
    }
}

#[cfg(unix)]
#[test]
fn a_configuration_file_with_a_secret_that_others_can_read_is_found() {
    use std::os::unix::fs::PermissionsExt;

    let program = migrated();
    let file = program.home().join("config/development.toml");
    std::fs::create_dir(file.parent().unwrap()).unwrap();
    std::fs::write(file.with_file_name("default.toml"), "").unwrap();
    for (text, secret, reached) in [
        ("[auth]\nissuer = 'elsewhere'", false, true),
        ("[database]\nurl = 'sqlite://var/cotenant.db'", false, true),
        ("[auth]\nsigning_key = '9f2c64d1a07be83556c1d20f7ae94b38c05d71e6f8a2b943'", true, true),
        ("[bootstrap]\nsecret = '9f2c64d1a07be83556c1d20f7ae94b38c05d71e6f8a2b943'", true, true),
        ("[database]\nacquire_timeout_ms = 200\nurl = 'postgres://app:canary@127.0.0.1:1/app'", true, false),
    ] {
        std::fs::write(&file, text).unwrap();
        for mode in [0o644, 0o640] {
            std::fs::set_permissions(&file, PermissionsExt::from_mode(mode)).unwrap();
            let open = secret && mode == 0o644;
            let report = json(&program.run(&["doctor", "--json"]), if reached { i32::from(open) } else { 2 });
            let expected = if open { one("file_permissions", "config/development.toml") } else { Vec::new() };
            assert_eq!(with_status(&report, "failed"), expected, "{text} {mode:o}");
        }
    }
}

/// The one file system that is full on every machine: it has no room at all.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_without_room_is_found() {
    let program = migrated().with("COTENANT__MAIL__DIRECTORY", "/proc/self");
    let report = json(&program.run(&["doctor", "--json"]), 1);
    // It is open to all, too.
    let expected = [one("disk_space", "/proc/self"), one("file_permissions", "/proc/self")].concat();
    assert_eq!(with_status(&report, "failed"), expected);
}
