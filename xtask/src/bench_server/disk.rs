//! The disk's own rate: what nobody can beat who keeps a promise for each request alone.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{micros, shown};

/// Appends and syncs for a while; the rate and the latencies, as text.
///
/// # Errors
///
/// If the file cannot be written.
pub(super) fn syncs(directory: &Path, time: Duration) -> Result<String, String> {
    let path = directory.join("syncs");
    let fail = |error: std::io::Error| format!("{}: {error}", shown(&path));
    let mut file = File::create(&path).map_err(fail)?;
    let mut taken = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < time {
        let one = Instant::now();
        file.write_all(&[7; 128]).and_then(|()| file.sync_data()).map_err(fail)?;
        taken.push(one.elapsed());
    }
    let elapsed = begun.elapsed();
    std::fs::remove_file(&path).map_err(fail)?;
    taken.sort_unstable();
    let at = |percent: usize| micros(taken[(taken.len() - 1) * percent / 100]);
    let rate = taken.len() as f64 / elapsed.as_secs_f64();
    Ok(format!("{rate:.0} fsyncs/s, p50 {}, p99 {}", at(50), at(99)))
}
