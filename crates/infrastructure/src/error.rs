use cotenant_domain::shared::RepositoryError;
use cotenant_scoped::Error;

/// The wrapper's error in the domain's words.
pub(crate) fn repository(error: Error) -> RepositoryError {
    match error {
        Error::Conflict(rule) => RepositoryError::Conflict(rule),
        Error::MissingReference => RepositoryError::MissingReference,
        Error::OutOfScope => RepositoryError::OutOfScope,
        error @ Error::RightsVersion => RepositoryError::Failed(error.into()),
        Error::Unavailable(source) => RepositoryError::Unavailable(source.into()),
        Error::Database(source) => RepositoryError::Failed(source.into()),
    }
}

/// A stored value that the domain refuses: somebody else wrote into the database.
#[derive(Debug, thiserror::Error)]
#[error("the stored {column} is not valid")]
pub(crate) struct Corrupt {
    /// Which column; never the value.
    pub(crate) column: &'static str,
}

/// For stored values that do not parse.
pub(crate) fn corrupt(column: &'static str) -> RepositoryError {
    RepositoryError::Failed(Box::new(Corrupt { column }))
}

/// Parses a stored text.
pub(crate) fn parsed<T: std::str::FromStr>(column: &'static str, text: &str) -> Result<T, RepositoryError> {
    text.parse().map_err(|_| corrupt(column))
}

/// One row was to be met: none means that it changed or went meanwhile.
pub(crate) fn met(rows: u64) -> Result<(), RepositoryError> {
    if rows == 1 { Ok(()) } else { Err(RepositoryError::Stale) }
}
