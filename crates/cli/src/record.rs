//! Running a plan with somebody who watches: a trace, or a recording to compare with.

use std::io::{self, ErrorKind, Write};
use std::path::Path;

use system::Nanos;
use testbed::Report;
use trace::{Build, Event, Footer, Header, Plan, Verdict, Writer};

use crate::output::Stop;
use crate::{program, runs};

/// The first line of the trace of a plan.
pub(crate) fn header(plan: &Plan, overrides: &[(String, String)]) -> Header {
    Header {
        scenario: plan.scenario.clone(),
        seed: plan.seed,
        faults: plan.faults.clone(),
        knobs: plan.knobs.clone(),
        overrides: overrides.to_vec(),
        build: build(),
    }
}

/// The plan that a trace was made from.
pub(crate) fn plan(header: &Header) -> Plan {
    Plan {
        scenario: header.scenario.clone(),
        seed: header.seed,
        faults: header.faults.clone(),
        knobs: header.knobs.clone(),
    }
}

/// What this program is.
pub(crate) fn build() -> Build {
    let (system, version) = program::name();
    Build {
        squall: crate::VERSION.to_owned(),
        system: system.to_owned(),
        system_version: version.to_owned(),
        profile: if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned(),
    }
}

/// Runs a plan, shows each event to `observer` and writes the trace.
///
/// # Errors
///
/// What `out` errs with; the run goes on to its end all the same.
pub(crate) fn traced<W: Write>(
    plan: &Plan,
    header: &Header,
    out: W,
    observer: &mut dyn FnMut(&Event),
) -> io::Result<(Report, W)> {
    let mut writer = Writer::new(out, header)?;
    let mut counts = std::collections::BTreeMap::new();
    let mut failed = None;
    let report = program::run(plan, &mut |event| {
        observer(event);
        trace::count(&mut counts, event);
        if failed.is_none() {
            failed = writer.event(event).err();
        }
    });
    if let Some(error) = failed {
        return Err(error);
    }
    let reason = match &report.verdict {
        Verdict::Pass => String::new(),
        Verdict::Fail(violations) => violations.first().map_or("", |v| &v.message).to_owned(),
        Verdict::Unknown(why) => why.clone(),
    };
    let footer = Footer {
        events: report.events,
        hash: report.hash,
        verdict: report.verdict.name().to_owned(),
        reason,
        signature: report.verdict.signature(),
        counts,
    };
    let out = writer.finish(&footer)?;
    Ok((report, out))
}

/// As [`traced`], into a file that is compressed if its name ends so.
///
/// # Errors
///
/// If the file cannot be written; then there is none.
pub(crate) fn traced_to(
    path: &Path,
    plan: &Plan,
    header: &Header,
    observer: &mut dyn FnMut(&Event),
) -> Result<Report, Stop> {
    let compress = path.extension().is_some_and(|extension| extension == "zst");
    runs::write_whole(path, |out| {
        if !compress {
            return traced(plan, header, out, observer).map(|(report, _)| report);
        }
        let (report, encoder) = traced(plan, header, trace::compressed(out)?, observer)?;
        encoder.finish()?;
        Ok(report)
    })
}

/// As [`traced`], to stdout. A reader that goes away is no error.
///
/// # Errors
///
/// If stdout fails in another way.
pub(crate) fn traced_to_stdout(
    plan: &Plan,
    header: &Header,
    observer: &mut dyn FnMut(&Event),
) -> Result<Report, Stop> {
    match traced(plan, header, Deaf(io::stdout().lock()), observer) {
        Ok((report, _)) => Ok(report),
        Err(error) => Err(Stop::environment(format!("cannot write to stdout: {error}"))),
    }
}

/// A writer that does not mind that nobody reads any more.
struct Deaf<W>(W);

impl<W: Write> Write for Deaf<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(bytes.len()),
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            flushed => flushed,
        }
    }
}

/// The first event in which a run differs from a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// The number of the event.
    pub(crate) seq: u64,
    /// Its virtual time, in this run or, if it is over, at its end.
    pub(crate) at: Nanos,
    /// The line of the recording; `None` if that is over.
    pub(crate) recorded: Option<String>,
    /// The line of this run; `None` if it is over.
    pub(crate) now: Option<String>,
}

/// Runs a plan beside the lines of a recording of it.
pub(crate) fn compared(
    plan: &Plan,
    recorded: &mut dyn Iterator<Item = String>,
    observer: &mut dyn FnMut(&Event),
) -> (Report, Option<Difference>) {
    let mut difference = None;
    let mut line = String::new();
    let report = program::run(plan, &mut |event| {
        observer(event);
        if difference.is_some() {
            return;
        }
        line.clear();
        trace::write_line(event, &mut line);
        let other = recorded.next();
        if other.as_deref() != Some(&line) {
            difference = Some(Difference {
                seq: event.seq,
                at: event.at,
                recorded: other,
                now: Some(line.clone()),
            });
        }
    });
    if difference.is_none()
        && let Some(rest) = recorded.next()
    {
        let (seq, at) = (report.events, report.at);
        difference = Some(Difference { seq, at, recorded: Some(rest), now: None });
    }
    (report, difference)
}
