//! Scripts that show what a disk keeps and loses: one idea each, in `tests/scripts`.
//!
//! To record the outputs again, set `UPDATE_GOLDENFILES=1` and read the difference.

use std::error::Error;
use std::fmt::Write;

use goldenscript::Command;
use sim::{Chance, Delay, Disk, DiskOptions, Loss, Rates, StreamName, Struck};
use system::{DiskError, Effect};

/// The commands:
///
/// * `disk [survive=PPM] [tear=PPM] [seed=N]`: a new disk with sectors of four bytes;
/// * `append PATH DATA`, `write PATH OFFSET DATA`, `truncate PATH LEN`, `sync PATH`,
///   `rename FROM TO`, `remove PATH`, `sync-dir DIR`: an effect; with the tag `[inside]`, the
///   node crashes inside it;
/// * `fault [io-error=PPM] [sync-drops=PPM] [sync-keeps=PPM] [lying-sync=PPM] [misdirect=PPM]
///   [room=BYTES]`: turns fault 7 on; `clear`: turns it off;
/// * `rot [seed=N]`, `lose-sector [seed=N]`: damages one place; `wipe`: all;
/// * `power-loss`: prints what is lost;
/// * `show`: prints all files, zeros as dots.
///
/// Whatever strikes is printed with a `!` in front.
struct Script {
    disk: Disk,
    has_lost: bool,
}

fn disk(survive: u32, tear: u32, seed: u64) -> Disk {
    let [write, sync] = [Delay::Fixed(1), Delay::Fixed(2)];
    Disk::new(DiskOptions::sound(write, sync, 4, survive, tear), 1, &Chance::new(seed))
}

impl Script {
    fn show(&mut self) -> Result<String, DiskError> {
        let mut text = String::new();
        for dir in ["", "d"] {
            for path in self.disk.list(dir)? {
                let content = match self.disk.read(&path) {
                    Ok(content) => content.expect("a listed file is there"),
                    Err(error) => {
                        writeln!(text, "{path}: {}", error.name()).expect("text takes text");
                        continue;
                    }
                };
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
        let mut text = self.command(command)?;
        for Struck { what, fault, path, bytes } in self.disk.take_struck() {
            writeln!(text, "! {} f{fault} {path} {bytes} bytes", what.name())?;
        }
        if self.disk.has_lost_silently() && !self.has_lost {
            text.push_str("! something is lost silently\n");
        }
        self.has_lost = self.disk.has_lost_silently();
        Ok(text)
    }
}

impl Script {
    fn command(&mut self, command: &Command) -> Result<String, Box<dyn Error>> {
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
                let Loss { lost_bytes, torn_writes, lost_names, .. } = self.disk.power_loss();
                return Ok(format!("{lost_bytes} bytes, {torn_writes} torn, {lost_names} names\n"));
            }
            "fault" => {
                let mut rate = |name| args.lookup_parse(name).map(Option::unwrap_or_default);
                let rates = Rates {
                    io_error: rate("io-error")?,
                    sync_drops: rate("sync-drops")?,
                    sync_keeps: rate("sync-keeps")?,
                    lying_sync: rate("lying-sync")?,
                    misdirect: rate("misdirect")?,
                };
                self.disk.set_fault(7, rates, args.lookup_parse("room")?);
                args.reject_rest()?;
                return Ok(String::new());
            }
            "clear" => {
                self.disk.clear_fault(7);
                return Ok(String::new());
            }
            "wipe" => {
                self.disk.wipe();
                return Ok(String::new());
            }
            "rot" | "lose-sector" => {
                let chance = Chance::new(args.lookup_parse("seed")?.unwrap_or(0));
                let mut stream = chance.stream(StreamName::Target(1));
                match command.name.as_str() {
                    "rot" => self.disk.rot(&mut stream, 1),
                    _ => self.disk.lose_sectors(&mut stream, 1),
                }
                return Ok(String::new());
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
        let mut script = Script { disk: disk(0, 0, 0), has_lost: false };
        goldenscript::run(&mut script, &path).expect("a script is readable");
    }
}
