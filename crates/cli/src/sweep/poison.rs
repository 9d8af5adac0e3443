//! Mistakes planted in a worker, so that the engine itself can be tested. They are part of the
//! plan, which gives them a name of their own: no record of a poisoned plan is taken for a real
//! one.

use std::process::{Command, abort};

/// What happens at which seed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Poison(Option<(How, u64)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// The process aborts.
    Abort,
    /// The process is killed, as one that takes too much memory is.
    Kill,
    /// The run never ends.
    Hang,
    /// The testbed panics.
    Panic,
    /// The run depends on the process.
    Differ,
}

impl Poison {
    /// Reads `HOW:SEED`.
    ///
    /// # Errors
    ///
    /// If it is not that.
    pub(crate) fn read(text: Option<&str>) -> Result<Self, String> {
        let Some(text) = text else { return Ok(Poison(None)) };
        let expected =
            || format!("`{text}` is not abort:, kill:, hang:, panic: or differ: and a seed");
        let (how, seed) = text.split_once(':').ok_or_else(expected)?;
        let how = match how {
            "abort" => How::Abort,
            "kill" => How::Kill,
            "hang" => How::Hang,
            "panic" => How::Panic,
            "differ" => How::Differ,
            _ => return Err(expected()),
        };
        Ok(Poison(Some((how, seed.parse().map_err(|_| expected())?))))
    }

    /// Strikes, if this is the seed.
    pub(crate) fn strike(&self, seed: u64) {
        match self.0 {
            Some((How::Abort, at)) if at == seed => abort(),
            Some((How::Kill, at)) if at == seed => {
                let id = std::process::id().to_string();
                let _ = Command::new("kill").args(["-KILL", &id]).status();
            }
            Some((How::Hang, at)) if at == seed => loop {
                std::thread::park();
            },
            Some((How::Panic, at)) if at == seed => panic!("poisoned at seed {seed}"),
            _ => {}
        }
    }

    /// The hash of a run, which may depend on the process.
    pub(crate) fn hash(&self, seed: u64, hash: u64) -> u64 {
        match self.0 {
            Some((How::Differ, at)) if at == seed => !hash,
            _ => hash,
        }
    }
}
