use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The moment in which an access was read, kept open by the adapter that read it.
///
/// A unit that begins with the actor's scope goes on in it: what is shown or done is of the very transaction in which the
/// right to it was checked, and the database is not asked to begin a second time. To this crate it is opaque. There is one
/// of it however often it is cloned; whoever takes it has it, and dropping the last clone ends it.
#[derive(Clone, Default)]
pub struct Snapshot(Arc<Mutex<Option<Box<dyn Any + Send>>>>);

impl Snapshot {
    /// Keeps what an adapter wants back.
    pub fn keep(moment: impl Any + Send) -> Self {
        Self(Arc::new(Mutex::new(Some(Box::new(moment)))))
    }

    /// Gives it back, once; `None` where there is nothing or something of another adapter.
    pub fn take<T: Any>(&self) -> Option<T> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        kept.downcast().ok().map(|moment| *moment)
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Snapshot(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_given_back_once_whichever_clone_asks() {
        let snapshot = Snapshot::keep(7_u8);
        assert_eq!(snapshot.clone().take::<u8>(), Some(7));
        assert_eq!(snapshot.take::<u8>(), None);
    }

    #[test]
    fn a_foreign_moment_is_nothing() {
        assert_eq!(Snapshot::keep("another adapter's").take::<u8>(), None);
        assert_eq!(Snapshot::default().take::<u8>(), None);
    }
}
