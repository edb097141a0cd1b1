//! Development needs secrets and has nobody to make them: they are made at the first start and kept under the data
//! directory.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rand::TryRng;
use rand::rngs::SysRng;
use secrecy::SecretString;

use super::{Config, Environment, Origin};

/// How every secret made here begins, so that production knows one wherever it was copied to.
pub(super) const MARK: &str = "cotenant-development-";

/// A complete file ends with this. Another process may read between our creating the file and our writing to it.
const END: char = '\n';
const PATIENCE: Duration = Duration::from_millis(10);
const ATTEMPTS: u32 = 300;

/// A development secret could be neither made nor read.
#[derive(Debug, thiserror::Error)]
pub enum DevelopmentSecretError {
    /// The data directory or the file cannot be written.
    #[error("cannot create {}", path.display())]
    Create {
        /// The directory or file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The file of an earlier start cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The file of an earlier start holds no secret.
    #[error("{} holds no secret made by development: delete it, and the next start makes a new one", path.display())]
    Incomplete {
        /// The file.
        path: PathBuf,
    },
    /// The system has no random numbers.
    #[error("cannot make a secret at random")]
    Random(#[source] rand::rngs::SysError),
}

/// Gives a development server the signing key and the bootstrap secret that it was not given: random ones, kept in
/// `signing.key` and `bootstrap.secret` under the data directory. Where there is a file of keys, it needs no signing key.
/// Elsewhere it does nothing.
///
/// # Errors
///
/// A file that cannot be written or read.
pub fn ensure_secrets(config: &mut Config) -> Result<(), DevelopmentSecretError> {
    if config.environment != Environment::Development {
        return Ok(());
    }
    let directory = config.data_dir.clone();
    let has_keys = config.auth.key_file.is_some();
    for (key, name, is_there, secret) in [
        ("auth.signing_key", "signing.key", has_keys, &mut config.auth.signing_key),
        ("bootstrap.secret", "bootstrap.secret", false, &mut config.bootstrap.secret),
    ] {
        if secret.is_none() && !is_there {
            let path = directory.join(name);
            *secret = Some(read_or_make(&directory, &path)?);
            config.origins.insert(key, Origin::Generated(path));
        }
    }
    Ok(())
}

/// Two servers may start at once: whoever creates the file decides, the other reads.
fn read_or_make(directory: &Path, path: &Path) -> Result<SecretString, DevelopmentSecretError> {
    let create_error = |path: &Path| {
        let path = path.to_owned();
        move |source| DevelopmentSecretError::Create { path, source }
    };
    if path.exists() {
        return read(path);
    }
    fs::create_dir_all(directory).map_err(create_error(directory))?;
    let secret = random()?;
    match create(path) {
        Ok(mut file) => {
            let written = file.write_all(format!("{secret}{END}").as_bytes()).and_then(|()| file.sync_all());
            if written.is_err() {
                // Half a secret would be in the way of every later start. That it cannot be removed either is the
                // smaller news: the reader says what to do about it.
                let _ = fs::remove_file(path);
            }
            written.map_err(create_error(path))?;
            Ok(SecretString::from(secret))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read(path),
        Err(error) => Err(create_error(path)(error)),
    }
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn read(path: &Path) -> Result<SecretString, DevelopmentSecretError> {
    for _ in 0..ATTEMPTS {
        let mut text = String::new();
        File::open(path)
            .and_then(|mut file| file.read_to_string(&mut text))
            .map_err(|source| DevelopmentSecretError::Read { path: path.to_owned(), source })?;
        if let Some(secret) = text.strip_suffix(END) {
            let secret = secret.trim_end();
            if secret.starts_with(MARK) && secret.len() >= MARK.len() + 64 {
                return Ok(SecretString::from(secret));
            }
            break;
        }
        thread::sleep(PATIENCE);
    }
    Err(DevelopmentSecretError::Incomplete { path: path.to_owned() })
}

fn random() -> Result<String, DevelopmentSecretError> {
    let mut bytes = [0_u8; 32];
    SysRng.try_fill_bytes(&mut bytes).map_err(DevelopmentSecretError::Random)?;
    let mut text = MARK.to_owned();
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}
