//! The program under test of this binary.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use system::System;
use testbed::{Flaw, Planted, Report};
use trace::{Event, Plan, Scenario};

use crate::output::Stop;

type Run = dyn Fn(&Plan, &mut dyn FnMut(&Event)) -> Report + Send + Sync;

/// A system under test, by name and version, as traces record it.
pub struct Program {
    name: &'static str,
    version: &'static str,
    /// Whether it is one in which [`testbed::flaws`] can be planted.
    takes_flaws: bool,
    run: Box<Run>,
}

impl Program {
    /// A system and what a scenario means for the options of its nodes.
    pub fn new<S: System>(
        name: &'static str,
        version: &'static str,
        config: impl Fn(&Scenario) -> S::Config + Send + Sync + 'static,
    ) -> Self {
        let run = move |plan: &Plan, observer: &mut dyn FnMut(&Event)| {
            testbed::run_system::<S>(plan, &config(&plan.scenario), observer)
        };
        Program { name, version, takes_flaws: false, run: Box::new(run) }
    }

    /// The key-value store of this project, in which flaws can be planted.
    #[must_use]
    pub fn store() -> Self {
        let program = Program::new::<Planted>("raft-rs", "0.7.0", testbed::planted_config);
        Program { takes_flaws: true, ..program }
    }
}

/// Set once, first of all: which program a binary tests is as fixed as its version.
static PROGRAM: OnceLock<Program> = OnceLock::new();

pub(crate) fn set(program: Program) {
    assert!(PROGRAM.set(program).is_ok(), "one binary tests one program");
}

fn get() -> &'static Program {
    PROGRAM.get().expect("main begins with the program")
}

/// The program's name and version.
pub(crate) fn name() -> (&'static str, &'static str) {
    (get().name, get().version)
}

/// Checks that the flaw which a scenario plants, if it does, is one that the program can have.
///
/// # Errors
///
/// If there is no such flaw.
pub(crate) fn check(scenario: &Scenario) -> Result<(), Stop> {
    match &scenario.flaw {
        Some(flaw) if !get().takes_flaws => {
            let (name, _) = name();
            Err(Stop::bad_input(format!("no flaw `{flaw}`: none can be planted in {name}")))
        }
        _ => testbed::flaw_of(scenario).map(|_| ()).map_err(Stop::bad_input),
    }
}

/// The flaw that a scenario plants, if it does.
pub(crate) fn flaw(scenario: &Scenario) -> Option<&'static Flaw> {
    testbed::flaw_of(scenario).ok().flatten()
}

/// What people type to start this binary.
pub(crate) fn command() -> String {
    let path = std::env::args_os().next().map(PathBuf::from);
    let stem = path.as_deref().and_then(Path::file_stem);
    stem.map_or("squall".into(), |stem| stem.to_string_lossy().into_owned())
}

/// The file that this process runs. On Linux not its path but the file itself, which may have been
/// replaced by a newer build meanwhile.
pub(crate) fn path() -> io::Result<PathBuf> {
    let itself = PathBuf::from("/proc/self/exe");
    if itself.exists() { Ok(itself) } else { std::env::current_exe() }
}

/// The same program once more, as a process of its own.
pub(crate) fn again() -> io::Result<Command> {
    path().map(Command::new)
}

/// Runs a plan with the program; every event is shown to `observer` as it happens.
pub(crate) fn run(plan: &Plan, observer: &mut dyn FnMut(&Event)) -> Report {
    (get().run)(plan, observer)
}
