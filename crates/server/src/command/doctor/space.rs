use std::path::{Path, PathBuf};

use cotenant_infrastructure::doctor::{Check, Finding, Rule};

use crate::config::Config;

const SPACE: Rule = Rule {
    name: "disk_space",
    about: "there is room for what the server writes",
    mend: "make room, or move the database, data_dir or mail.directory to another disk",
};

/// Below this the disk is as good as full.
const LEAST_MIB: u64 = 100;

/// The folders of the database, of the server's own files and of mail.
pub(super) fn check(config: &Config, database: Option<&PathBuf>) -> Check {
    let database = database.and_then(|file| file.parent()).map(Path::to_owned);
    let folders = [database, Some(config.data_dir.clone()), config.mail.directory.clone()];
    let mut folders: Vec<PathBuf> = folders.into_iter().flatten().collect();
    folders.sort();
    folders.dedup();
    SPACE.found(folders.iter().filter_map(|folder| look(folder)).collect())
}

/// Of a folder that is not there yet, the one that it will be made in counts.
fn look(folder: &Path) -> Option<Finding> {
    let there = folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    let place = folder.display().to_string();
    match free_mib(there) {
        Ok(Some(free)) if free < LEAST_MIB => {
            Some(Finding::new(place, format!("has {free} MiB of room, less than {LEAST_MIB}")))
        }
        Ok(_) => None,
        Err(error) => Some(Finding::new(place, format!("does not say how much room it has: {error}"))),
    }
}

/// What an ordinary user may still write there.
#[cfg(unix)]
fn free_mib(folder: &Path) -> std::io::Result<Option<u64>> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(Some(disk.f_bavail.saturating_mul(disk.f_frsize) >> 20))
}

#[cfg(not(unix))]
fn free_mib(_: &Path) -> std::io::Result<Option<u64>> {
    Ok(None)
}
