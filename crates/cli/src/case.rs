//! Cases on the command line: read from a file, run, and compared with what they expect.

use std::path::Path;

use testbed::Report;
use trace::{Case, CaseExpect, Verdict, Violation, is_signature};

use crate::find::Source;
use crate::output::{Color, Stop};
use crate::{exit, find, fresh, program, record};

/// What became of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It ended as it expects.
    Held,
    /// It should have failed, and passed or failed in another way.
    Gone,
    /// It should have passed, and failed.
    Failed,
    /// Nobody can tell.
    Unknown,
    /// Two processes came to different events.
    Differs,
}

impl Outcome {
    /// The exit code of a command that verifies.
    pub(crate) fn exit(self) -> u8 {
        match self {
            Outcome::Held => exit::PASS,
            Outcome::Gone => exit::GONE,
            Outcome::Failed => exit::FAIL,
            Outcome::Unknown => exit::UNKNOWN,
            Outcome::Differs => exit::NONDETERMINISM,
        }
    }

    /// A word for JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Outcome::Held => "held",
            Outcome::Gone => "gone",
            Outcome::Failed => "failed",
            Outcome::Unknown => "unknown",
            Outcome::Differs => "differs",
        }
    }
}

/// Reads a case file.
///
/// # Errors
///
/// If it cannot be read, or is wrong; says where, and what was expected.
pub(crate) fn load(
    path: &Path,
    overrides: &[(String, String)],
    color: Color,
) -> Result<Case, Stop> {
    parse(&path.display().to_string(), &find::read(path)?, overrides, color)
}

/// Checks a case, given its bytes.
///
/// # Errors
///
/// If it is wrong.
pub(crate) fn parse(
    file: &str,
    bytes: &[u8],
    overrides: &[(String, String)],
    color: Color,
) -> Result<Case, Stop> {
    let mut scenario = |name: &str| {
        let words = |stop: Stop| stop.message.trim_start_matches("error: ").to_owned();
        let Source { file, bytes, .. } = find::source(name).map_err(words)?;
        if trace::is_case(&file, &bytes) {
            return Err(format!("{file} is a case itself"));
        }
        Ok((file, bytes))
    };
    let case = trace::parse_case_bytes(file, bytes, overrides, &mut scenario);
    let case = case.map_err(|problems| Stop {
        code: exit::BAD_INPUT,
        message: problems.render(color.on_stderr()).trim_end().to_owned(),
    })?;
    program::check(&case.scenario)?;
    Ok(case)
}

/// Runs a case here and in a fresh process, and says what became of it.
///
/// # Errors
///
/// If the process cannot be started.
pub(crate) fn run(case: &Case) -> Result<(Outcome, Report), Stop> {
    let plan = testbed::plan(&case.scenario, case.seed);
    let report = program::run(&plan, &mut |_| {});
    let outcome = match fresh::hash(&record::header(&plan, &[]))? == report.hash {
        true => judge(&case.expect, &report.verdict),
        false => Outcome::Differs,
    };
    Ok((outcome, report))
}

/// Compares a verdict with what was expected. One run may break several promises; the one that is
/// meant need not be the first.
pub(crate) fn judge(expect: &CaseExpect, verdict: &Verdict) -> Outcome {
    match (expect, verdict) {
        (_, Verdict::Unknown(_)) => Outcome::Unknown,
        (CaseExpect::Pass { .. }, Verdict::Pass) => Outcome::Held,
        (CaseExpect::Pass { .. }, Verdict::Fail(_)) => Outcome::Failed,
        (CaseExpect::Fail { signature }, Verdict::Fail(violations)) => {
            let found = |violation: &Violation| is_signature(signature, &violation.signature());
            if violations.iter().any(found) { Outcome::Held } else { Outcome::Gone }
        }
        (CaseExpect::Fail { .. }, Verdict::Pass) => Outcome::Gone,
    }
}

/// `fail linearizable/stale-read`, or `pass`.
pub(crate) fn expectation(expect: &CaseExpect) -> String {
    match expect {
        CaseExpect::Pass { .. } => "pass".to_owned(),
        CaseExpect::Fail { signature } => format!("fail {signature}"),
    }
}

/// The signature of a run, or `pass` or `unknown`.
pub(crate) fn ending(report: &Report) -> String {
    report.verdict.signature().unwrap_or_else(|| report.verdict.name().to_owned())
}

/// If the run has other events than the one that was recorded: a note in parentheses.
pub(crate) fn moved(case: &Case, report: &Report) -> String {
    let now = trace::hash_text(report.hash);
    match &case.recorded {
        Some(recorded) if recorded.hash != now => format!(
            "  (other events than recorded with squall {}: hash {}, now {now})",
            recorded.squall, recorded.hash
        ),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(kinds: &[&str]) -> Verdict {
        let violation = |kind: &&str| Violation {
            check: "linearizable",
            kind: (*kind).to_owned(),
            message: String::new(),
            ops: Vec::new(),
            nodes: Vec::new(),
            core: Vec::new(),
        };
        Verdict::Fail(kinds.iter().map(violation).collect())
    }

    #[test]
    fn a_case_holds_if_it_ends_as_it_says() {
        let fail = |signature: &str| CaseExpect::Fail { signature: signature.to_owned() };
        let pass = CaseExpect::Pass { was: None };
        let stale = fail("linearizable/stale-read");
        assert_eq!(judge(&stale, &failure(&["lost-update", "stale-read"])), Outcome::Held);
        assert_eq!(judge(&fail("linearizable/*"), &failure(&["lost-update"])), Outcome::Held);
        assert_eq!(judge(&stale, &failure(&["lost-update"])), Outcome::Gone);
        assert_eq!(judge(&stale, &Verdict::Pass), Outcome::Gone);
        assert_eq!(judge(&pass, &Verdict::Pass), Outcome::Held);
        assert_eq!(judge(&pass, &failure(&["stale-read"])), Outcome::Failed);
        assert_eq!(judge(&pass, &Verdict::Unknown(String::new())), Outcome::Unknown);
    }
}
