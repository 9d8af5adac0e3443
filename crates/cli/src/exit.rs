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

/// What `squall --help` says of them. 101, a panic of squall itself, is the runtime's.
pub(crate) const HELP: &str = "\
Exit codes:
    0  passed
    1  the environment failed (a file, a process)
    2  bad arguments, scenario, case or trace; nothing was written
    4  nothing was run
    5  inconclusive: a budget was spent, or there was nothing to judge
    6  a sweep is blind: the scenario that must fail did not
    7  the recorded failure is gone, or is another one
    8  non-determinism: one plan, two different runs
   75  not all is done; the same command goes on where it was
  100  a failure was found
  101  squall itself panicked
  130  SIGINT ended it (143: SIGTERM)

Environment (SQUALL_...): ARTIFACTS BUDGET COLOR FORMAT GITHUB JOBS JUNIT OUT PROGRESS RAFTKV SEED
SUMMARY_MD TRACE WALL_LIMIT. Human output may change; flags, exit codes, JSON and files are stable.";
