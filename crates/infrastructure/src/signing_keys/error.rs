use std::io;
use std::path::PathBuf;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Why keys cannot be read, or not changed in this way. No text carries anything of a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The file, or the one that is to take its place, cannot be written.
    #[error("cannot write {}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Somebody else is changing the file, or was when the machine stopped.
    #[error("{} is there: another command changes the keys; delete it if there is none", path.display())]
    Busy {
        /// The file that is to take the keys' place.
        path: PathBuf,
    },
    /// Others than the owner can read or change the file.
    #[error("{} is open to others ({mode:o}): chmod 600 it, and replace its keys if somebody may have read them", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file does not hold keys.
    #[error("{} is no file of keys: {flaw}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        flaw: Flaw,
    },
    /// There is no key of this name.
    #[error("there is no key {0}; `cotenant keys list` shows those there are")]
    Unknown(String),
    /// A successor is waiting already.
    #[error("the key {0} waits already: `cotenant keys rotate` lets it sign, `cotenant keys retire {0}` removes it")]
    Waiting(String),
    /// No key is there to take the place of the one that signs.
    #[error("no key waits to take the place of the one that signs: make one with `cotenant keys generate`")]
    NoSuccessor,
    /// The successor is so young that not everybody may know it.
    #[error(
        "the key {kid} is so new that servers, and whoever keeps a copy of /.well-known/jwks.json, may not know it and refuse \
         its tokens: rotate after {}, or now with --at-once",
        to_the_second(*from)
    )]
    Young {
        /// The successor.
        kid: String,
        /// From when on everybody knows it.
        from: OffsetDateTime,
    },
}

/// What is wrong with a set of keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// It cannot be parsed. The parser's own words quote what they stumbled over.
    #[error("line {line}, column {column}")]
    Syntax {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// Not exactly one key signs.
    #[error("{0} keys are active, and it takes one")]
    Active(usize),
    /// Two keys have the same name.
    #[error("the key {0} is there twice")]
    Twice(String),
    /// A name that is not one.
    #[error("a kid has 1 to 64 letters, digits, hyphens and underscores")]
    Kid,
    /// The key itself is refused by its algorithm.
    #[error("the key {0} is none of its algorithm")]
    Rejected(String),
}

/// An instant for people, by RFC 3339 without what is smaller than a second.
pub fn to_the_second(at: OffsetDateTime) -> String {
    let at = at.replace_nanosecond(0).unwrap_or(at);
    at.format(&Rfc3339).unwrap_or_else(|_| at.to_string())
}
