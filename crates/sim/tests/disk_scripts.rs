//! Scripts that show what a disk keeps and loses: one idea each, in `tests/scripts`.
//!
//! To record the outputs again, set `UPDATE_GOLDENFILES=1` and read the difference.

use std::error::Error;
use std::fmt::Write;

use goldenscript::Command;
use sim::{Chance, Delay, Disk, DiskOptions, Loss};
use system::{DiskError, Effect};

/// The commands:
///
/// * `disk [survive=PPM] [tear=PPM] [seed=N]`: a new disk with sectors of four bytes;
/// * `append PATH DATA`, `write PATH OFFSET DATA`, `truncate PATH LEN`, `sync PATH`,
///   `rename FROM TO`, `remove PATH`, `sync-dir DIR`: an effect; with the tag `[inside]`, the
///   node crashes inside it;
/// * `power-loss`: prints what is lost;
/// * `show`: prints all files, zeros as dots.
struct Script {
    disk: Disk,
}

fn disk(survive: u32, tear: u32, seed: u64) -> Disk {
    let [write, sync] = [Delay::Fixed(1), Delay::Fixed(2)];
    let options = DiskOptions { write, sync, sector_bytes: 4, survive, tear };
    Disk::new(options, 1, &Chance::new(seed))
}

impl Script {
    fn show(&self) -> Result<String, DiskError> {
        let mut text = String::new();
        for dir in ["", "d"] {
            for path in self.disk.list(dir)? {
                let content = self.disk.read(&path)?.expect("a listed file is there");
                let content = String::from_utf8_lossy(&content).replace('\0', ".");
                writeln!(text, "{path} = \"{content}\"").expect("text takes text");
            }
        }
        if text.is_empty() {
            text.push_str("no files\n");
        }
        Ok(text)
    }

    fn perform(&mut self, effect: &Effect<()>, inside: bool) -> String {
        if inside {
            return format!("{} bytes\n", self.disk.perform_inside(effect));
        }
        match self.disk.perform(effect) {
            Ok(_) => String::new(),
            Err(error) => format!("{}\n", error.name()),
        }
    }
}

impl goldenscript::Runner for Script {
    fn run(&mut self, command: &Command) -> Result<String, Box<dyn Error>> {
        let mut args = command.consume_args();
        let effect = match command.name.as_str() {
            "disk" => {
                let survive = args.lookup_parse("survive")?.unwrap_or(0);
                let tear = args.lookup_parse("tear")?.unwrap_or(0);
                self.disk = disk(survive, tear, args.lookup_parse("seed")?.unwrap_or(0));
                args.reject_rest()?;
                return Ok(String::new());
            }
            "show" => return self.show().map_err(|error| error.name().into()),
            "power-loss" => {
                let Loss { lost_bytes, torn_writes, lost_names } = self.disk.power_loss();
                return Ok(format!("{lost_bytes} bytes, {torn_writes} torn, {lost_names} names\n"));
            }
            "sync-dir" => {
                Effect::SyncDir { dir: args.next_pos().map_or("", |dir| &dir.value).into() }
            }
            name => {
                let path = args.next_pos().ok_or("a path is missing")?.value.as_str().into();
                let mut next = || args.next_pos().ok_or("an argument is missing");
                match name {
                    "append" => Effect::Append { path, data: next()?.value.clone().into() },
                    "write" => {
                        let offset = next()?.parse()?;
                        Effect::Write { path, offset, data: next()?.value.clone().into() }
                    }
                    "truncate" => Effect::Truncate { path, len: next()?.parse()? },
                    "sync" => Effect::Sync { path },
                    "rename" => Effect::Rename { from: path, to: next()?.value.as_str().into() },
                    "remove" => Effect::Remove { path },
                    other => return Err(format!("no such command: {other}").into()),
                }
            }
        };
        args.reject_rest()?;
        Ok(self.perform(&effect, command.tags.contains("inside")))
    }
}

#[test]
fn scripts() {
    let folder = std::fs::read_dir("tests/scripts").expect("the scripts are there");
    let mut paths: Vec<_> = folder.map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    assert!(paths.len() > 5, "scripts are missing");
    for path in paths {
        let mut script = Script { disk: disk(0, 0, 0) };
        goldenscript::run(&mut script, &path).expect("a script is readable");
    }
}
