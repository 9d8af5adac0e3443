//! The program under test of this binary.

use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use system::System;
use testbed::{Flaw, Planted, Report};
use trace::{Event, Plan, Scenario};

use crate::interrupt;
use crate::output::Stop;

type Options = dyn Fn(&Scenario) -> String + Send + Sync;
type Run = dyn Fn(&Plan, &mut dyn FnMut(&Event)) -> Report + Send + Sync;

/// A system under test, by name and version, as traces record it.
pub struct Program {
    name: &'static str,
    version: &'static str,
    /// Whether it is one in which [`testbed::flaws`] can be planted.
    takes_flaws: bool,
    options: Box<Options>,
    run: Box<Run>,
}

impl Program {
    /// A system and what a scenario means for the options of its nodes.
    ///
    /// Options may come from elsewhere, such as the environment: as [`Debug`] prints them they are
    /// part of the identity of a sweep, so that results of one mode are never taken for those of
    /// another. So `Debug` must print all of them, and the same text in every process: no address,
    /// no order of a hash table.
    pub fn new<S: System>(
        name: &'static str,
        version: &'static str,
        config: impl Fn(&Scenario) -> S::Config + Send + Sync + 'static,
    ) -> Self
    where
        S::Config: Debug,
    {
        let config = Arc::new(config);
        let same = Arc::clone(&config);
        let options = move |scenario: &Scenario| format!("{:?}", same(scenario));
        let run = move |plan: &Plan, observer: &mut dyn FnMut(&Event)| {
            testbed::run_system::<S>(plan, &config(&plan.scenario), observer)
        };
        let (options, run) = (Box::new(options), Box::new(run));
        Program { name, version, takes_flaws: false, options, run }
    }

    /// The key-value store of this project, in which flaws can be planted.
    #[must_use]
    pub fn store() -> Self {
        let program = Program::new::<Planted>("raft-rs", "0.7.0", testbed::planted_config);
        // All of its options are in the scenario.
        Program { takes_flaws: true, options: Box::new(|_| String::new()), ..program }
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

/// The options that the program has in a scenario, in its own words.
pub(crate) fn options(scenario: &Scenario) -> String {
    (get().options)(scenario)
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
    (get().run)(plan, &mut |event| {
        interrupt::observe(event);
        observer(event);
    })
}
