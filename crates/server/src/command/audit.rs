use std::fs::File;
use std::io::{BufRead, BufReader, Read, stdin};

use clap::{Args, Subcommand};
use cotenant_domain::audit::{Anchors, Broken, ChainHash, Verified, Verifier};

use super::argument;
use crate::failure::Failure;

/// Longer than any line of an export; what has longer ones is none, and is not held in memory to find that out.
const LONGEST_LINE: u64 = 16 * 1024 * 1024;

#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Check that an export of an audit log is whole and unchanged; needs no database and no settings
    ///
    /// The export is one of GET /api/v1/audit-events/export as JSON lines. Each event's hash is computed anew from its
    /// content and the hash before it. Who owns the database can write a whole log anew, or cut its end, and the hashes
    /// will fit: only a hash that was kept elsewhere shows it. Keep the head that this prints, and give it the next time
    /// as --through.
    ///
    /// Exit status: 0 where everything holds, 1 where something does not; the first wrong line is told.
    Verify(Arguments),
}

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The file; - for standard input
    file: String,
    /// The hash after which the export begins, of an export of what was recorded since
    #[arg(long, value_name = "HASH")]
    after: Option<String>,
    /// A hash that the log has to pass through, such as the head of an earlier export; can be given several times
    #[arg(long, value_name = "HASH")]
    through: Vec<String>,
    /// The hash of the last event
    #[arg(long, value_name = "HASH")]
    head: Option<String>,
}

pub(super) fn execute(Audit::Verify(arguments): Audit) -> Result<(), Failure> {
    let hash = |name, text: &String| argument::<ChainHash>(name, text);
    let anchors = Anchors {
        after: arguments.after.as_ref().map(|text| hash("--after", text)).transpose()?,
        through: arguments.through.iter().map(|text| hash("--through", text)).collect::<Result<_, _>>()?,
        head: arguments.head.as_ref().map(|text| hash("--head", text)).transpose()?,
    };
    let anchored = anchors.after.is_some() || anchors.head.is_some() || !anchors.through.is_empty();
    let verified = if arguments.file == "-" {
        verify(stdin().lock(), anchors)?
    } else {
        verify(BufReader::new(File::open(&arguments.file).map_err(unreadable)?), anchors)?
    };
    println!("{}", told(&verified, anchored));
    Ok(())
}

fn unreadable(source: std::io::Error) -> Failure {
    Failure::Io { what: "cannot read the export".into(), source }
}

fn verify(mut export: impl BufRead, anchors: Anchors) -> Result<Verified, Failure> {
    let mut verifier = Verifier::new(anchors);
    let mut line = 0;
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        line += 1;
        let broken = |broken| Failure::Audit { line, broken };
        if export.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut bytes).map_err(unreadable)? == 0 {
            return verifier.finish().map_err(broken);
        }
        // Each line has its end: one without was cut.
        let text = bytes.strip_suffix(b"\n").and_then(|bytes| std::str::from_utf8(bytes).ok());
        verifier.line(text.ok_or(Broken::Unreadable).map_err(broken)?).map_err(broken)?;
    }
}

fn told(verified: &Verified, anchored: bool) -> String {
    let hash = |hash: Option<ChainHash>| hash.map_or("none".to_owned(), |hash| hash.to_string());
    let mut lines = vec![format!("The log of tenant {} is unbroken: {} events.", verified.tenant_id, verified.count)];
    for (what, event) in [("first", &verified.first), ("last", &verified.last)] {
        lines.extend(event.as_ref().map(|(seq, at)| format!("{what:<6}{seq}  {at}")));
    }
    if verified.unchained > 0 {
        lines.push(format!("{} of them are from before there was a chain, and were not verified.", verified.unchained));
    }
    if verified.after.seq > 0 {
        lines.push(format!("after {}  {}", verified.after.seq, hash(verified.after.hash)));
    }
    lines.push(format!("head  {}", hash(verified.head.hash)));
    if !anchored {
        lines.push(
            "No hash kept elsewhere was given: that the log was not written anew as a whole is not shown.".into(),
        );
    }
    lines.join("\n")
}
