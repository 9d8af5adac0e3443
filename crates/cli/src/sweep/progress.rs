//! What is shown while a sweep runs: a bar on a terminal, a line now and then elsewhere.
//!
//! All of it goes to stderr. Failures are told at once, the first few of each kind; the rest are
//! in the summary.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sweep::{Finding, Record, Verdict};
use trace::Expect;

use super::args::ProgressArg;
use super::crew::Busy;
use crate::output::{self, Color, Style};
use crate::words;

/// The least time between two plain lines.
const LINE_EVERY: Duration = Duration::from_secs(30);

/// A seed that takes as long as this is named in the bar.
const SLOW: Duration = Duration::from_secs(3);

/// Slow seeds that are named.
const SLOW_MAX: usize = 3;

/// Whether a finding is one that its scenario names.
fn is_expected(expectations: &BTreeMap<String, Expect>, finding: &Finding) -> bool {
    expectations.get(&finding.scenario).is_some_and(|expect| finding.is_expected(expect))
}

/// Progress of a sweep.
pub(crate) struct Progress {
    shown: Shown,
    color: bool,
    started: Instant,
    /// Runs asked for, and those that were found done.
    total: u64,
    found: u64,
    /// Runs of chunks that are done.
    done: u64,
    /// How each scenario is expected to end.
    expectations: BTreeMap<String, Expect>,
    signatures: BTreeMap<String, u64>,
    failing: u64,
}

enum Shown {
    Bar(ProgressBar),
    Plain { at: Instant, share: u64 },
    None,
}

impl Progress {
    /// Nothing is done yet but what was found.
    pub(crate) fn begin(
        how: ProgressArg,
        color: Color,
        expectations: BTreeMap<String, Expect>,
        (total, found): (u64, u64),
    ) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let plain = Shown::Plain { at: Instant::now(), share: 0 };
        let shown = match how {
            ProgressArg::None => Shown::None,
            ProgressArg::Plain => plain,
            ProgressArg::Auto if !terminal => plain,
            ProgressArg::Auto | ProgressArg::Bar => Shown::Bar(bar(total)),
        };
        Progress {
            shown,
            color: color.on_stderr(),
            started: Instant::now(),
            total,
            found,
            done: found,
            expectations,
            signatures: BTreeMap::new(),
            failing: 0,
        }
    }

    /// A chunk is done; says what was found in it.
    pub(crate) fn chunk(&mut self, record: &Record, canary: bool) {
        if canary {
            return;
        }
        self.done += record.footer.run;
        for finding in &record.findings {
            self.finding(finding);
        }
    }

    /// Counts what an earlier incarnation found, and says nothing of it.
    pub(crate) fn earlier(&mut self, record: &Record) {
        let failed = record.findings.iter().filter(|found| found.verdict == Verdict::Fail);
        for finding in failed.filter(|found| !is_expected(&self.expectations, found)) {
            self.failing += 1;
            *self.signatures.entry(finding.sig.clone()).or_default() += 1;
        }
    }

    fn finding(&mut self, finding: &Finding) {
        let (word, style, what) = match finding.verdict {
            Verdict::Fail if is_expected(&self.expectations, finding) => return,
            Verdict::Fail => ("FAIL", Style::Bad, finding.sig.as_str()),
            Verdict::Nondeterministic => ("NONDET", Style::Bad, finding.message.as_str()),
            Verdict::Unknown => return,
        };
        let nth = self.signatures.entry(what.to_owned()).or_default();
        *nth += 1;
        let nth = *nth;
        self.failing += 1;
        if nth > 3 && !is_round(nth) {
            return;
        }
        let (scenario, seed) = (&finding.scenario, finding.seed);
        let label = output::label(word, style, self.color);
        let at = finding.t.map_or(String::new(), |t| format!("  sim {}", trace::text::time(t)));
        self.say(&format!("{label}  {scenario:<15} seed {seed}  {what}  {}{at}", ordinal(nth)));
    }

    /// A line that stays.
    pub(crate) fn say(&self, line: &str) {
        match &self.shown {
            Shown::Bar(bar) => bar.suspend(|| output::note(line)),
            _ => output::note(line),
        }
    }

    /// Shows how far it is. Called several times a second.
    pub(crate) fn tick(&mut self, busy: &[Busy]) {
        let begun: u64 = busy.iter().map(|worker| worker.begun.saturating_sub(1)).sum();
        let now = self.total.min(self.done + begun);
        let elapsed = self.started.elapsed();
        let rate = (now - self.found) as f64 / elapsed.as_secs_f64().max(0.001);
        let failing = self.failing_words();
        match &mut self.shown {
            Shown::None => {}
            Shown::Bar(bar) => {
                bar.set_position(now);
                let left = (self.total - now) as f64 / rate.max(0.001);
                let eta =
                    if rate > 0.0 { clock(Duration::from_secs_f64(left)) } else { "?".into() };
                let slow = slow(busy);
                bar.set_message(format!("{rate:.0} seeds/s  eta {eta}   {failing}{slow}"));
            }
            Shown::Plain { at, share } => {
                let tenth = (now * 10).checked_div(self.total).unwrap_or(10);
                if at.elapsed() < LINE_EVERY || (tenth <= *share && at.elapsed() < LINE_EVERY * 10)
                {
                    return;
                }
                (*at, *share) = (Instant::now(), tenth);
                let (total, elapsed) = (self.total, clock(elapsed));
                output::note(&format!(
                    "progress: {now}/{total} seeds, {rate:.0}/s, {failing}, elapsed {elapsed}"
                ));
            }
        }
    }

    fn failing_words(&self) -> String {
        match self.signatures.len() as u64 {
            0 => "0 failing".to_owned(),
            kinds => format!(
                "{} in {}",
                words::count(kinds, "signature", "signatures"),
                words::count(self.failing, "seed", "seeds")
            ),
        }
    }

    /// Takes the bar away; returns how many runs were done here, and in what time.
    pub(crate) fn end(self) -> (u64, Duration) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
        (self.done - self.found, self.started.elapsed())
    }
}

fn bar(total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("[{bar:30}] {pos}/{len}  {msg}")
        .expect("the template is right")
        .progress_chars("=> ");
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    bar.with_style(style)
}

/// Seeds that take long, in a line below the bar.
fn slow(busy: &[Busy]) -> String {
    let slow: Vec<String> = busy
        .iter()
        .filter_map(|worker| worker.at.as_ref())
        .filter(|(_, _, since)| since.elapsed() >= SLOW)
        .take(SLOW_MAX)
        .map(|(scenario, seed, since)| {
            format!("{scenario} {seed} ({}s, slow)", since.elapsed().as_secs())
        })
        .collect();
    if slow.is_empty() { String::new() } else { format!("\n          running {}", slow.join("  ")) }
}

/// 10, 100, 1000 and so on.
fn is_round(mut number: u64) -> bool {
    while number >= 10 && number.is_multiple_of(10) {
        number /= 10;
    }
    number == 1
}

fn ordinal(number: u64) -> String {
    let ending = match (number % 10, number % 100) {
        (1, n) if n != 11 => "st",
        (2, n) if n != 12 => "nd",
        (3, n) if n != 13 => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// `0:08`, `1:02:03`.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_read_well() {
        let ordinals: Vec<String> = [1, 2, 3, 4, 11, 12, 21, 112].map(ordinal).to_vec();
        assert_eq!(ordinals, ["1st", "2nd", "3rd", "4th", "11th", "12th", "21st", "112th"]);
        assert_eq!(clock(Duration::from_secs(8)), "0:08");
        assert_eq!(clock(Duration::from_secs(3723)), "1:02:03");
        assert!(is_round(100) && !is_round(20) && !is_round(101) && is_round(10));
    }
}
