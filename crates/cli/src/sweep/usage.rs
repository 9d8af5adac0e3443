//! What the workers cost: processor time and memory, for people who tune a sweep. On systems
//! without `/proc` nothing is said.

use std::fs;
use std::time::Duration;

/// The unit of times in `/proc`: a hundredth of a second on every Linux.
const TICK_MILLIS: u64 = 10;

/// The unit of memory in `/proc/PID/statm`, on the machines that we know.
const PAGE_KIB: u64 = 4;

/// What a worker has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Processor time, with that of the processes it started.
    pub(crate) cpu: Duration,
    /// Memory after its first chunk, in KiB.
    pub(crate) first_kib: u64,
    /// Memory now.
    pub(crate) last_kib: u64,
}

impl Usage {
    /// Looks at a process, which is alive. `before` is what it had used earlier.
    pub(crate) fn of(pid: u32, before: Option<Usage>) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let statm = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
        let kib = statm.split(' ').nth(1)?.parse::<u64>().ok()? * PAGE_KIB;
        let first_kib = before.map_or(kib, |before| before.first_kib);
        Some(Usage { cpu: cpu(&stat)?, first_kib, last_kib: kib })
    }
}

/// Own time and that of children, in user and system mode: fields 14 to 17 of `/proc/PID/stat`.
/// The second field is a name in parentheses, which may hold anything.
fn cpu(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    let times = fields.split_whitespace().skip(11).take(4).map(|field| field.parse::<u64>().ok());
    let ticks = times.sum::<Option<u64>>()?;
    Some(Duration::from_millis(ticks * TICK_MILLIS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "17 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 100 20 3 7 20 0 1";
        assert_eq!(cpu(stat), Some(Duration::from_millis(1300)));
        assert_eq!(cpu("17 (a) S 1 2 3 x"), Some(Duration::ZERO));
        assert_eq!(cpu(""), None);
    }
}
