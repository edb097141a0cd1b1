//! Processor time and memory of processes, from `/proc`. Elsewhere than on Linux there is none, and the answer is `None`.

use std::fs;

/// Linux counts processor time for user space in hundredths of a second, whatever the kernel's own tick.
const TICKS_PER_SECOND: f64 = 100.0;

const MEBIBYTE_IN_KIB: f64 = 1024.0;

/// The fields of `/proc/PID/stat` after the process's name, which can hold anything (proc(5): the first is field 3).
fn stat(pid: u32) -> Option<Vec<u64>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    Some(fields.split_ascii_whitespace().map(|field| field.parse().unwrap_or(0)).collect())
}

const PARENT: usize = 1;
const USED: std::ops::Range<usize> = 11..13;
const USED_BY_ENDED_CHILDREN: std::ops::Range<usize> = 13..15;

fn seconds(stat: &[u64], fields: std::ops::Range<usize>) -> f64 {
    stat.get(fields).map_or(0, |used| used.iter().sum()) as f64 / TICKS_PER_SECOND
}

/// Processor time that a process has used so far, in seconds.
pub fn cpu(pid: u32) -> Option<f64> {
    Some(seconds(&stat(pid)?, USED))
}

/// Processor time that a process and its children have used so far, in seconds: those that have ended too.
pub fn cpu_with_children(pid: u32) -> Option<f64> {
    let own = stat(pid)?;
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let pids = processes.filter_map(|process| process.file_name().to_str()?.parse().ok());
    let children = pids.filter_map(stat).filter(|child| child.get(PARENT) == Some(&u64::from(pid)));
    let running: f64 = children.map(|child| seconds(&child, USED)).sum();
    Some(seconds(&own, USED) + seconds(&own, USED_BY_ENDED_CHILDREN) + running)
}

/// The parent of a process that runs the program `name`.
pub fn parent_of(pid: u32, name: &str) -> Option<u32> {
    let runs = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    let parent = stat(pid)?.get(PARENT).copied()?;
    (runs.trim_end() == name).then(|| u32::try_from(parent).ok()).flatten()
}

/// Memory of a process, in MiB.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// What is resident, pages shared with others included.
    pub resident: f64,
    /// The same, shared pages divided among those who share them.
    pub proportional: f64,
}

/// The memory that a process has now.
pub fn memory(pid: u32) -> Option<Memory> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let field = |name| -> Option<f64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim().trim_end_matches("kB").trim().parse::<f64>().ok()? / MEBIBYTE_IN_KIB)
    };
    Some(Memory { resident: field("Rss:")?, proportional: field("Pss:")? })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn this_process_uses_time_and_memory() {
        let own = std::process::id();
        let before = cpu(own).unwrap();
        let began = std::time::Instant::now();
        while cpu(own).unwrap() <= before {
            assert!(began.elapsed().as_secs() < 20, "no tick was counted");
        }
        assert!(cpu_with_children(own).unwrap() > before);
        let memory = memory(own).unwrap();
        assert!(memory.resident >= memory.proportional && memory.proportional > 0.0, "{memory:?}");
    }

    #[test]
    fn a_parent_is_found_only_under_the_right_name() {
        let piped = std::process::Stdio::piped;
        let mut child = std::process::Command::new("cat").stdin(piped()).stdout(piped()).spawn().unwrap();
        // A child that answers runs its own program; one just spawned may still go by its parent's name.
        child.stdin.as_mut().unwrap().write_all(b"x").unwrap();
        child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        let (right, wrong) = (parent_of(child.id(), "cat"), parent_of(child.id(), "postgres"));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!((right, wrong), (Some(std::process::id()), None));
    }
}
