//! The file that keys are kept in: JSON, its owner's alone, and always whole.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use secrecy::{ExposeSecret, SecretString};
use time::OffsetDateTime;

use super::{Flaw, KeyError, Ring};

/// Reads the keys.
///
/// # Errors
///
/// A file that cannot be read, that is open to others, or that does not hold keys to work with.
pub fn read(path: &Path) -> Result<Ring, KeyError> {
    read_stamped(path).map(|(ring, _)| ring)
}

/// Changes the keys: reads them, forgets those whose tokens have ended at `now`, has `act` change the others, and puts the new
/// file in the place of the old. Who reads finds the one or the other, whole. Without a file it begins with no keys.
///
/// # Errors
///
/// Those of [`read`] and of `act`, [`KeyError::Busy`] and [`KeyError::Unwritable`]; the file stays as it was.
pub fn change<T>(
    path: &Path,
    now: OffsetDateTime,
    act: impl FnOnce(&mut Ring) -> Result<T, KeyError>,
) -> Result<T, KeyError> {
    // A link stays a link: other servers may read what it points at.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let draft = Draft::begin(&path)?;
    let mut ring = match read(&path) {
        Err(KeyError::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ring::default(),
        found => found?,
    };
    ring.forget_ended(now);
    let done = act(&mut ring)?;
    ring.check().map_err(|flaw| KeyError::Malformed { path: path.clone(), flaw })?;
    draft.put(&ring)?;
    Ok(done)
}

pub(super) fn read_stamped(path: &Path) -> Result<(Ring, Stamp), KeyError> {
    let unreadable = |source| KeyError::Unreadable { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    // Of what was opened: another file may stand there by now.
    let metadata = file.metadata().map_err(unreadable)?;
    if let Some(mode) = open_to_others(&metadata) {
        return Err(KeyError::Open { path: path.to_owned(), mode });
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(unreadable)?;
    let text = SecretString::from(text);
    let malformed = |flaw| KeyError::Malformed { path: path.to_owned(), flaw };
    let ring: Ring = serde_json::from_str(text.expose_secret())
        .map_err(|error| malformed(Flaw::Syntax { line: error.line(), column: error.column() }))?;
    ring.check().map_err(malformed)?;
    Ok((ring, Stamp::of(&metadata)))
}

/// The permissions, where they let others than the owner change the file, or others than its group read it. The group may
/// read: orchestrators hand secrets to a process by its group, and `cotenant doctor` draws the line there too.
fn open_to_others(metadata: &Metadata) -> Option<u32> {
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
        (mode & 0o027 != 0).then_some(mode)
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        None
    }
}

/// By what one state of a file is told from another without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// Device, inode, and the instant at which anything about the file last changed.
    #[cfg(unix)]
    node: (u64, u64, i64, i64),
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            #[cfg(unix)]
            node: {
                use std::os::unix::fs::MetadataExt;
                (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
            },
        }
    }
}

/// The file that will take the place of another, under another name until it is whole. As long as it is there nobody else
/// changes the keys, so that of two changes none is lost.
struct Draft<'a> {
    file: File,
    path: PathBuf,
    target: &'a Path,
    /// Whether it has taken the other's place. What has its name from then on is somebody else's draft.
    placed: bool,
}

impl<'a> Draft<'a> {
    fn begin(target: &'a Path) -> Result<Self, KeyError> {
        let mut path = target.as_os_str().to_owned();
        path.push(".new");
        let path = PathBuf::from(path);
        let unwritable = |source| KeyError::Unwritable { path: path.clone(), source };
        if let Some(directory) = target.parent() {
            fs::create_dir_all(directory).map_err(unwritable)?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(file) => Ok(Self { file, path, target, placed: false }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(KeyError::Busy { path }),
            Err(error) => Err(unwritable(error)),
        }
    }

    fn put(mut self, ring: &Ring) -> Result<(), KeyError> {
        self.try_put(ring).map_err(|source| KeyError::Unwritable { path: self.target.to_owned(), source })
    }

    fn try_put(&mut self, ring: &Ring) -> io::Result<()> {
        let text = SecretString::from(serde_json::to_string_pretty(ring)?);
        self.keep_owner()?;
        self.file.write_all(text.expose_secret().as_bytes())?;
        self.file.write_all(b"\n")?;
        self.file.sync_all()?;
        fs::rename(&self.path, self.target)?;
        self.placed = true;
        // The new name is durable when its directory is.
        #[cfg(unix)]
        if let Some(directory) = self.target.parent() {
            let here = directory.as_os_str().is_empty();
            File::open(if here { Path::new(".") } else { directory })?.sync_all()?;
        }
        Ok(())
    }

    /// Whoever could read the old file can read the new one: an administrator changes keys that the server's user reads.
    #[cfg(unix)]
    fn keep_owner(&self) -> io::Result<()> {
        use std::os::unix::fs::{MetadataExt, fchown};
        let (old, new) = match fs::metadata(self.target) {
            Ok(old) => (old, self.file.metadata()?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
            fchown(&self.file, Some(old.uid()), Some(old.gid()))?;
        }
        self.file.set_permissions(old.permissions())
    }

    #[cfg(not(unix))]
    fn keep_owner(&self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.placed {
            // One that stays says by its name what to do about it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::OsSecrets;
    use crate::signing_keys::{Algorithm, KeyState};
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

    fn generate(path: &Path) -> Result<String, KeyError> {
        change(path, NOW, |ring| ring.generate(Algorithm::EdDsa, &OsSecrets, NOW)).map(|made| made.kid)
    }

    #[test]
    fn what_was_changed_is_read_and_what_failed_changed_nothing() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("new/keys.json");
        let kids = [generate(&path).unwrap(), generate(&path).unwrap()];
        let names = |ring: &Ring| ring.keys().iter().map(|key| key.kid.clone()).collect::<Vec<_>>();
        assert_eq!(names(&read(&path).unwrap()), kids);
        let before = fs::read(&path).unwrap();
        assert!(matches!(generate(&path), Err(KeyError::Waiting(_))));
        assert!(matches!(change(&path, NOW, |ring| ring.retire("none")), Err(KeyError::Unknown(_))));
        assert_eq!(fs::read(&path).unwrap(), before);
        let files: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().map(|f| f.unwrap().file_name()).collect();
        assert_eq!(files, ["keys.json"], "no draft stays");
    }

    #[test]
    fn two_commands_never_change_the_keys_at_a_time() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("keys.json");
        let inner = change(&path, NOW, |_| generate(&path)).unwrap_err();
        assert!(matches!(inner, KeyError::Busy { path } if path.ends_with("keys.json.new")));
        generate(&path).unwrap();
    }

    #[test]
    fn keys_whose_tokens_have_ended_are_gone_with_the_next_change() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("keys.json");
        let kids = [generate(&path).unwrap(), generate(&path).unwrap()];
        let life = time::Duration::HOUR;
        let until = change(&path, NOW, |ring| ring.rotate(NOW, life, true)).unwrap().until;
        let gone = change(&path, until, |ring| ring.retire(&kids[0]));
        assert!(matches!(gone, Err(KeyError::Unknown(_))));
        assert_eq!(read(&path).unwrap().keys()[0].state, KeyState::RetiringUntil(until), "nothing else removes it");
        change(&path, until, |ring| ring.generate(Algorithm::Hs256, &OsSecrets, until)).unwrap();
        assert_eq!(read(&path).unwrap().keys()[0].kid, kids[1]);
    }

    #[test]
    fn a_file_that_holds_no_keys_is_refused_without_a_word_of_it() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("keys.json");
        generate(&path).unwrap();
        let good = fs::read_to_string(&path).unwrap();
        let secret = good.split('"').find(|part| part.len() == 64).unwrap();
        for bad in [
            String::new(),
            "{}".into(),
            good.replace("active", secret),
            good.replace("EdDSA", "none"),
            good.replace(secret, &secret[1..]),
            good.replace("\"alg\"", &format!("\"{secret}\": 1, \"alg\"")),
            good[..good.len() - 4].to_owned(),
            good.replace("active", "next"),
            "{\"keys\": []}".into(),
        ] {
            assert_ne!(bad, good);
            fs::write(&path, &bad).unwrap();
            let error = read(&path).unwrap_err();
            assert!(matches!(error, KeyError::Malformed { .. }), "{bad}: {error:?}");
            assert!(!format!("{error} {error:?}").contains(&secret[1..]), "{error:?}");
            assert!(generate(&path).is_err(), "what cannot be read is not written over");
            assert_eq!(fs::read_to_string(&path).unwrap(), bad);
        }
        assert!(matches!(read(&home.path().join("none")), Err(KeyError::Unreadable { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused_and_a_new_one_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("keys.json");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        let set = |mode| fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        generate(&path).unwrap();
        assert_eq!(mode(), 0o600);
        for open in [0o644, 0o604, 0o602, 0o601, 0o620, 0o660] {
            set(open);
            assert!(matches!(read(&path), Err(KeyError::Open { mode, .. }) if mode == open), "{open:o}");
        }
        for closed in [0o400, 0o440, 0o640] {
            set(closed);
            read(&path).unwrap();
        }
        generate(&path).unwrap();
        assert_eq!(mode(), 0o640, "as it was");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_the_file_stays_one() {
        let home = tempfile::tempdir().unwrap();
        let (path, link) = (home.path().join("keys.json"), home.path().join("link.json"));
        generate(&path).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        generate(&link).unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(read(&path).unwrap().keys().len(), 2);
    }
}
