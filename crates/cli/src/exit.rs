//! The exit codes: part of what scripts may rely on.
//!
//! When several apply, the first of 101, 1, 8, 100, 75, 7, 5, 6, 4, 0 is taken. Codes
//! from 126 up are the shell's.

/// Every run passed.
pub(crate) const PASS: u8 = 0;
/// The environment failed: a file could not be written, a process could not be started.
pub(crate) const ENVIRONMENT: u8 = 1;
/// An argument, a scenario or a trace is bad. Nothing was written.
pub(crate) const BAD_INPUT: u8 = 2;
/// There was nothing to run.
pub(crate) const NOTHING: u8 = 4;
/// Nobody can tell: a budget was spent, or there was nothing to judge.
pub(crate) const UNKNOWN: u8 = 5;
/// A sweep is blind: the scenario that must fail did not.
pub(crate) const BLIND: u8 = 6;
/// A recorded failure is gone, or is another one.
pub(crate) const GONE: u8 = 7;
/// The same plan led to two different runs.
pub(crate) const NONDETERMINISM: u8 = 8;
/// Not all is done; the same command goes on where it was (`EX_TEMPFAIL`).
pub(crate) const INCOMPLETE: u8 = 75;
/// A promise was broken.
pub(crate) const FAIL: u8 = 100;

/// What an exit code means.
pub(crate) struct Code {
    /// The code.
    pub(crate) code: u8,
    /// The verdicts that lead to it, as they are printed.
    pub(crate) verdicts: &'static [&'static str],
    /// In words.
    pub(crate) about: &'static str,
}

const fn code(code: u8, verdicts: &'static [&'static str], about: &'static str) -> Code {
    Code { code, verdicts, about }
}

/// All exit codes. 101, a panic of squall itself, is the runtime's; the last two are the shell's.
pub(crate) const CODES: &[Code] = &[
    code(PASS, &["PASS", "held"], "passed"),
    code(ENVIRONMENT, &[], "the environment failed (a file, a process)"),
    code(BAD_INPUT, &[], "bad arguments, scenario, case or trace; nothing was written"),
    code(NOTHING, &["NOTHING"], "nothing was run"),
    code(UNKNOWN, &["UNKNOWN"], "inconclusive: a budget was spent, or there was nothing to judge"),
    code(BLIND, &["BLIND"], "a sweep is blind: the scenario that must fail did not"),
    code(GONE, &["GONE"], "the recorded failure is gone, or is another one"),
    code(
        NONDETERMINISM,
        &["NONDET", "NONDETERMINISTIC"],
        "non-determinism: one plan, two different runs",
    ),
    code(INCOMPLETE, &["INCOMPLETE"], "not all is done; the same command goes on where it was"),
    code(FAIL, &["FAIL"], "a failure was found"),
    code(101, &[], "squall itself panicked"),
    code(130, &[], "SIGINT ended it"),
    code(143, &[], "SIGTERM ended it"),
];

/// The end of `squall --help`.
pub(crate) fn help() -> String {
    let mut text = String::from("Exit codes:\n");
    for Code { code, about, .. } in CODES {
        text.push_str(&format!("  {code:>3}  {about}\n"));
    }
    text + "\nEnvironment (SQUALL_...): ARTIFACTS BUDGET COLOR FORMAT GITHUB JOBS JUNIT OUT PROGRESS \
            RAFTKV SEED\nSUMMARY_MD TRACE WALL_LIMIT. Human output may change; flags, exit codes, JSON \
            and files are stable."
}
