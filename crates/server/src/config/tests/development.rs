use std::fs;
use std::path::Path;
use std::sync::Barrier;
use std::thread;

use secrecy::ExposeSecret;

use crate::config::development::{DevelopmentSecretError, ensure_secrets};
use crate::config::{Config, Sources};

fn config(environment: &str, data_dir: &Path) -> Config {
    let sources = Sources::default().with("COTENANT_ENV", environment);
    Config::load(&sources.with("COTENANT__DATA_DIR", data_dir.display().to_string())).unwrap()
}

/// Both secrets after [`ensure_secrets`].
fn secrets(data_dir: &Path) -> Result<[String; 2], DevelopmentSecretError> {
    let mut config = config("development", data_dir);
    ensure_secrets(&mut config)?;
    Ok([config.auth.signing_key, config.bootstrap.secret].map(|secret| secret.unwrap().expose_secret().to_owned()))
}

#[test]
fn secrets_are_made_once_and_found_again() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("new/var");
    let first = secrets(&data_dir).unwrap();
    assert_eq!(first, secrets(&data_dir).unwrap());
    assert_ne!(first[0], first[1]);
    assert!(first.iter().all(|secret| secret.len() >= 64));
    #[cfg(unix)]
    for name in ["signing.key", "bootstrap.secret"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(data_dir.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let elsewhere = tempfile::tempdir().unwrap();
    assert_ne!(first, secrets(elsewhere.path()).unwrap());
}

#[test]
fn concurrent_starts_agree() {
    for _ in 0..20 {
        let directory = tempfile::tempdir().unwrap();
        let barrier = Barrier::new(8);
        let found = thread::scope(|scope| {
            let start = || {
                barrier.wait();
                secrets(directory.path()).unwrap()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        assert!(found.iter().all(|secrets| *secrets == found[0]));
    }
}

#[test]
fn a_reader_waits_for_the_rest_of_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let [whole, _] = secrets(directory.path()).unwrap();
    let path = directory.path().join("signing.key");
    fs::write(&path, &whole[..30]).unwrap();
    let [read, _] = thread::scope(|scope| {
        let reader = scope.spawn(|| secrets(directory.path()).unwrap());
        thread::sleep(std::time::Duration::from_millis(50));
        fs::write(&path, format!("{whole}\n")).unwrap();
        reader.join().unwrap()
    });
    assert_eq!(read, whole);
}

#[test]
fn a_file_without_a_secret_is_named() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("signing.key"), "\n").unwrap();
    let error = secrets(directory.path()).unwrap_err();
    assert!(error.to_string().contains("signing.key holds no secret"), "{error}");
}

#[test]
fn where_keys_have_a_file_no_signing_key_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let sources = Sources::default().with("COTENANT__DATA_DIR", directory.path().display().to_string());
    let mut config = Config::load(&sources.with("COTENANT__AUTH__KEY_FILE", "keys.json")).unwrap();
    ensure_secrets(&mut config).unwrap();
    assert!(config.auth.signing_key.is_none() && config.bootstrap.secret.is_some());
}

#[test]
fn given_secrets_are_kept_and_other_environments_get_none() {
    let directory = tempfile::tempdir().unwrap();
    for environment in ["production", "test"] {
        let mut config = config(environment, directory.path());
        ensure_secrets(&mut config).unwrap();
        assert!(config.auth.signing_key.is_none() && config.bootstrap.secret.is_none());
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);

    let key = "a-key-that-somebody-chose-for-development";
    let sources = Sources::default().with("COTENANT__AUTH__SIGNING_KEY", key);
    let sources = sources.with("COTENANT__DATA_DIR", directory.path().display().to_string());
    let mut config = Config::load(&sources).unwrap();
    ensure_secrets(&mut config).unwrap();
    assert_eq!(config.auth.signing_key.as_ref().unwrap().expose_secret(), key);
    assert!(!directory.path().join("signing.key").exists());
    let described = config.describe();
    assert!(described.contains("bootstrap.secret"), "{described}");
    assert!(described.contains(&directory.path().join("bootstrap.secret").display().to_string()), "{described}");
}
