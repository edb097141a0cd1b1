use std::fmt::Write as _;
use std::process::ExitCode;

use cotenant_infrastructure::doctor::{Check, Status};
use serde_json::{Value, json};

/// Every check, in the order in which they are told.
pub(super) struct Report(pub(super) Vec<Check>);

impl Report {
    fn count(&self, status: Status) -> usize {
        self.0.iter().filter(|check| check.status == status).count()
    }

    /// 0 where every rule holds, 1 where one does not, 2 where one could not be looked at.
    pub(super) fn exit_code(&self) -> ExitCode {
        match (self.count(Status::Unchecked), self.count(Status::Failed)) {
            (0, 0) => ExitCode::SUCCESS,
            (0, _) => ExitCode::FAILURE,
            _ => ExitCode::from(2),
        }
    }

    /// For people: a line for each rule, below it what was found and how to mend it; at the end the sum.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for Check { rule, status, findings } in &self.0 {
            let word = match status {
                Status::Ok => "ok",
                Status::Warning => "warning",
                Status::Failed => "FAILED",
                Status::Unchecked => "UNKNOWN",
            };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{word:7}  {}: {}", rule.name, rule.about);
            for finding in findings {
                let _ = writeln!(text, "           {} {}", finding.place, finding.what);
            }
            if !findings.is_empty() {
                let _ = writeln!(text, "         mend: {}", rule.mend);
            }
        }
        let [failed, warnings, unchecked] = [Status::Failed, Status::Warning, Status::Unchecked].map(|s| self.count(s));
        let _ = write!(text, "\n{} rules: {} ok, {failed} failed", self.0.len(), self.count(Status::Ok));
        for (count, what) in [(warnings, "with a warning"), (unchecked, "could not be checked")] {
            if count > 0 {
                let _ = write!(text, ", {count} {what}");
            }
        }
        text.push('\n');
        text
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let check = |Check { rule, status, findings }: &Check| {
            let status = match status {
                Status::Ok => "ok",
                Status::Warning => "warning",
                Status::Failed => "failed",
                Status::Unchecked => "unchecked",
            };
            let findings: Vec<_> =
                findings.iter().map(|finding| json!({ "where": finding.place, "what": finding.what })).collect();
            json!({ "name": rule.name, "about": rule.about, "mend": rule.mend, "status": status, "findings": findings })
        };
        let ok = self.count(Status::Failed) + self.count(Status::Unchecked) == 0;
        json!({ "ok": ok, "checks": self.0.iter().map(check).collect::<Vec<_>>() })
    }
}
