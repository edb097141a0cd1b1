//! What a rule says when it has looked.

/// A rule: its name for programs, what it demands, and what to do where it does not hold.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its name, which stays.
    pub name: &'static str,
    /// What holds where it is kept, in a sentence.
    pub about: &'static str,
    /// How to mend what it finds.
    pub mend: &'static str,
}

/// How a rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It holds.
    Ok,
    /// It does not hold, which is allowed here and would not be in production.
    Warning,
    /// It does not hold.
    Failed,
    /// Nobody could look.
    Unchecked,
}

/// One place where a rule does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The offender.
    pub place: String,
    /// What is wrong with it.
    pub what: String,
}

impl Finding {
    /// Names the offender and what is wrong with it.
    pub fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

/// A rule and what it found.
#[derive(Debug, Clone)]
pub struct Check {
    /// The rule.
    pub rule: Rule,
    /// How it stands.
    pub status: Status,
    /// Where it does not hold, or why nobody could look.
    pub findings: Vec<Finding>,
}

impl Rule {
    /// The rule holds where nothing was found.
    pub fn found(self, findings: Vec<Finding>) -> Check {
        let status = if findings.is_empty() { Status::Ok } else { Status::Failed };
        Check { rule: self, status, findings }
    }

    /// Nobody could look, for this reason.
    pub fn unchecked(self, place: impl Into<String>, reason: impl Into<String>) -> Check {
        Check { rule: self, status: Status::Unchecked, findings: vec![Finding::new(place, reason)] }
    }
}

impl Check {
    /// The same where what was found is allowed.
    #[must_use]
    pub fn as_warning(mut self) -> Self {
        if self.status == Status::Failed {
            self.status = Status::Warning;
        }
        self
    }
}
