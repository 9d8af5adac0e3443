//! Histories with damage: each is decided, or refused with its line and a reason. Never a panic,
//! never a hang, never a verdict of "linearizable" that a simpler judge does not share.

use std::panic::catch_unwind;

use checker::linearizability::{Limits, Road, Verdict, decide};
use checker::synthetic::{Draw, Mix, Shape, history};
use trace::foreign::{self, Known};

/// What an answer may cost.
const CONFIGURATIONS_MAX: u64 = 2_000_000;

/// Judges so many damaged files of every format.
///
/// # Errors
///
/// If one makes the reader or the judge panic, or roads to an answer disagree.
pub(crate) fn mutate(files: u64) -> Result<String, String> {
    let (mut decided, mut refused, mut open) = (0, 0, 0);
    for seed in 0..files {
        let bytes = damaged(seed);
        let judged = catch_unwind(|| judge(&bytes));
        match judged.map_err(|_| format!("seed {seed}: a panic"))? {
            Ok(true) => decided += 1,
            Ok(false) => open += 1,
            Err(complaint) if complaint.is_empty() => {
                return Err(format!("seed {seed}: refused without a reason"));
            }
            Err(complaint) if complaint.starts_with('!') => {
                return Err(format!("seed {seed}: {complaint}"));
            }
            Err(_) => refused += 1,
        }
    }
    Ok(format!(
        "mutate: {files} files: {decided} decided, {open} unknown, {refused} refused with a reason"
    ))
}

/// Whether the file was decided. Complaints of the judge itself begin with `!`.
fn judge(bytes: &[u8]) -> Result<bool, String> {
    let found = foreign::read(bytes, &Known::default()).map_err(|problem| problem.to_string())?;
    let answer = |road| decide(&found.history, Limits { road, ..Limits::new(CONFIGURATIONS_MAX) });
    let (both, search) = (answer(Road::Both), answer(Road::Search));
    match (&both, &search) {
        (Verdict::Unknown(_), _) | (_, Verdict::Unknown(_)) => Ok(false),
        (Verdict::Yes, Verdict::Yes) | (Verdict::No(_), Verdict::No(_)) => Ok(true),
        _ => Err(format!("! {both:?} by both roads, {search:?} by the search alone")),
    }
}

/// A small history in one of the formats, with some damage.
fn damaged(seed: u64) -> Vec<u8> {
    let mut draw = Draw::new(seed);
    let shape = Shape {
        operations: 4 + draw.below(60),
        clients: 1 + draw.below(6),
        keys: 1 + draw.below(3),
        values: draw.below(4),
        // Porcupine's key-value lines have no word for an unknown outcome.
        unknown: if seed % 5 == 4 { 0 } else { draw.below(200_000) },
        mix: if draw.chance(500_000) { Mix::STORE } else { Mix::REGISTER },
        seed,
    };
    let history = history(&shape);
    let mut bytes = Vec::new();
    let written = match seed % 5 {
        0 => foreign::write_history_lines(&history, &mut bytes),
        1 => foreign::write_jepsen_edn(&history, &mut bytes),
        2 => foreign::write_porcupine_json(&history, &mut bytes),
        3 => foreign::samples::write_jepsen_log(&history, &mut bytes),
        _ => foreign::samples::write_porcupine_kv(&history, &mut bytes),
    };
    written.expect("a Vec takes everything");
    for _ in 0..draw.below(4) {
        damage(&mut bytes, &mut draw);
    }
    bytes
}

fn damage(bytes: &mut Vec<u8>, draw: &mut Draw) {
    if bytes.is_empty() {
        return;
    }
    let length = bytes.len() as u64;
    let at = draw.below(length) as usize;
    let end = (at + 1 + draw.below(40) as usize).min(bytes.len());
    match draw.below(8) {
        0 => bytes[at] ^= 1 << draw.below(8),
        1 => bytes[at] = b"{}[]()\":;,\\#0n\n\0"[draw.below(16) as usize],
        2 => drop(bytes.drain(at..end)),
        3 => bytes.truncate(at),
        4 => {
            let copy = bytes[at..end].to_vec();
            let to = draw.below(length) as usize;
            drop(bytes.splice(to..to, copy));
        }
        5 => {
            // A line stands twice, or elsewhere.
            let mut lines: Vec<Vec<u8>> =
                bytes.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
            let (one, other) = (draw.below(lines.len() as u64), draw.below(lines.len() as u64));
            let line = lines[one as usize].clone();
            if draw.chance(500_000) {
                lines.remove(one as usize);
            }
            lines.insert((other as usize).min(lines.len()), line);
            *bytes = lines.join(&b'\n');
        }
        6 => {
            // A digit becomes another one: a value, a process, a time.
            if let Some(digit) = bytes[at..].iter_mut().find(|byte| byte.is_ascii_digit()) {
                *digit = b'0' + draw.below(10) as u8;
            }
        }
        _ => {
            let swap = draw.below(length) as usize;
            bytes.swap(at, swap);
        }
    }
}
