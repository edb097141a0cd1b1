use std::path::{Path, PathBuf};

use cotenant_infrastructure::doctor::{Check, Finding, Rule};
use cotenant_migration::beside;

use crate::config::Config;

const FILES: Rule = Rule {
    name: "file_permissions",
    about: "no other user of this machine can read or change the files with data and secrets",
    mend: "chmod o-rwx FILE",
};

/// The database, the secrets that development makes, and `.env`. No check where files have no such permissions.
pub(super) fn check(config: &Config, database: Option<&PathBuf>, dotenv: Option<&PathBuf>) -> Option<Check> {
    let mut files = vec![config.data_dir.join("signing.key"), config.data_dir.join("bootstrap.secret")];
    if let Some(file) = database {
        files.extend(["", "-wal", "-shm"].map(|suffix| beside(file, suffix)));
    }
    files.extend(dotenv.cloned());
    cfg!(unix).then(|| FILES.found(files.iter().filter_map(|file| look(file)).collect()))
}

#[cfg(unix)]
fn look(file: &Path) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt;

    /// Reading and writing, for who is neither the owner nor in the group.
    const OTHERS: u32 = 0o006;
    match file.metadata() {
        Ok(metadata) => {
            let mode = metadata.permissions().mode() & 0o777;
            (mode & OTHERS != 0).then(|| Finding::new(file.display().to_string(), format!("is open to all: {mode:o}")))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => Some(Finding::new(file.display().to_string(), format!("cannot be looked at: {error}"))),
    }
}

#[cfg(not(unix))]
fn look(_: &Path) -> Option<Finding> {
    None
}
