use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cotenant_infrastructure::doctor::{Check, Finding, Rule};
use cotenant_migration::beside;

use crate::config::{Config, Entry, Origin};

const FILES: Rule = Rule {
    name: "file_permissions",
    about: "no other user of this machine can read or change the files with data, mails and secrets",
    mend: "chmod o-rwx FILE",
};

/// How `config check` shows what nobody may see.
const MASKED: &str = "****";

/// The database, mails, the file of keys, the secrets that development makes, `.env`, and configuration files that hold a
/// secret. No check where files have no such permissions.
pub(super) fn check(config: &Config, database: Option<&PathBuf>, dotenv: Option<&PathBuf>) -> Option<Check> {
    let mut files = vec![config.data_dir.join("signing.key"), config.data_dir.join("bootstrap.secret")];
    if let Some(file) = database {
        files.extend(["", "-wal", "-shm"].map(|suffix| beside(file, suffix)));
    }
    // Invitations carry secrets. Who cannot enter the directory reads none of the mails, whatever their own permissions.
    files.extend(config.mail.directory.clone());
    files.extend(config.auth.key_file.clone());
    files.extend(config.mail.password_file.clone());
    files.extend(dotenv.cloned());
    files.extend(with_secrets(config));
    cfg!(unix).then(|| FILES.found(files.iter().filter_map(|file| look(file)).collect()))
}

/// The configuration files from which a secret came.
fn with_secrets(config: &Config) -> BTreeSet<PathBuf> {
    let secrets = config.entries().into_iter().filter(|entry| entry.value.iter().any(|shown| shown.contains(MASKED)));
    let file = |entry: Entry| match entry.origin {
        Some(Origin::File(file)) => Some(file),
        _ => None,
    };
    secrets.filter_map(file).collect()
}

#[cfg(unix)]
fn look(file: &Path) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt;

    /// Reading and writing, for who is neither the owner nor in the group.
    const OTHERS: u32 = 0o006;
    /// The same of a directory, and entering it: a file in it can then be opened by its name.
    const OTHERS_INSIDE: u32 = 0o007;
    match file.metadata() {
        Ok(metadata) => {
            let mode = metadata.permissions().mode() & 0o777;
            let others = if metadata.is_dir() { OTHERS_INSIDE } else { OTHERS };
            (mode & others != 0).then(|| Finding::new(file.display().to_string(), format!("is open to all: {mode:o}")))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => Some(Finding::new(file.display().to_string(), format!("cannot be looked at: {error}"))),
    }
}

#[cfg(not(unix))]
fn look(_: &Path) -> Option<Finding> {
    None
}
