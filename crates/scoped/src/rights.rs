//! What is remembered of rights stays true because nothing that changes rights commits unless their version rises.
//!
//! # Why the wrapper watches
//!
//! Rights are read at every request. To read them cheaply, a caller may remember what they came to at a version, and ask
//! only for the version. That is as good as reading them if, and only if, the version rises with every change; a rule that
//! each feature has to remember is forgotten by one. So tables say which of their writes decide, one column counts, and a
//! transaction that does the first without the second is refused at its commit.
//!
//! What else may be kept at a version (a tenant's own record, its roles) is watched in the same way.

use std::sync::atomic::{AtomicBool, Ordering};

/// Which writes to a table change what somebody may do, or what else is kept at the version of rights; each holds those before
/// it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decides {
    /// None.
    Nothing,
    /// Deleting rows and restoring them.
    Liveness,
    /// Changing them.
    Contents,
    /// Adding them and taking them away.
    Rows,
}

/// What a transaction has done to rights so far.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    changed: AtomicBool,
    raised: AtomicBool,
}

impl Watch {
    /// Something of this kind was written to a table where `decides` decides.
    pub(crate) fn wrote(&self, kind: Decides, decides: Decides) {
        if kind <= decides {
            self.changed.store(true, Ordering::Relaxed);
        }
    }

    /// The version rose.
    pub(crate) fn raised(&self) {
        self.raised.store(true, Ordering::Relaxed);
    }

    /// Whether rights changed and their version did not.
    pub(crate) fn broken(&self) -> bool {
        self.changed.load(Ordering::Relaxed) && !self.raised.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_decides_needs_the_version_to_rise() {
        let watch = Watch::default();
        watch.wrote(Decides::Contents, Decides::Nothing);
        watch.wrote(Decides::Rows, Decides::Contents);
        watch.wrote(Decides::Contents, Decides::Liveness);
        assert!(!watch.broken(), "none of these decides");
        watch.wrote(Decides::Liveness, Decides::Contents);
        assert!(watch.broken());
        watch.raised();
        assert!(!watch.broken(), "before or after the write, in one transaction");
    }
}
