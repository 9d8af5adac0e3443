//! Runs the scripts in `scripts/store`: what a store asks of the disk, and what it makes of what a
//! crash or damage leaves.
//!
//! ```text
//! open [segment=BYTES] [mark-first] [state-first]   reads the files; `!` expects a refusal
//! found VOTER...                                    begins the life of a founding member
//! save [INDEX@TERM=DATA...] [hs=TERM/VOTE/COMMIT] [sync]
//! take INDEX@TERM                                   a snapshot of the own state
//! install INDEX@TERM [INDEX@TERM=DATA...] [hs=...]  a snapshot of the leader
//! compact FIRST
//! power-loss [keep=N...] [even=N...] [odd=N...]     of the unsynced changes, by number
//! kill                                              what was unsynced is kept, still unsynced
//! rot PATH BYTE                                     flips a bit
//! cut PATH BYTES                                    takes the end of a file away
//! lose PATH                                         takes a file away
//! files, state                                      what is there
//! ```
//!
//! `effects=N` stops before the N+1st effect. DATA like `a*600` is repeated.

mod store_support;

use std::error::Error;
use std::fmt::Write as _;

use goldenscript::{ArgumentConsumer, Command};
use node::semantics::CommitMemory;
use node::store::{Effects, Store, StoreOptions};
use raft::eraftpb::{Entry, HardState, Message};
use store_support::disk::{Fate, SharedDisk};
use store_support::{conf_state, entry, hard_state, snapshot_file, snapshot_message};
use system::Effect;

#[derive(Default)]
struct Runner {
    disk: SharedDisk,
    life: Option<(Store, Effects)>,
}

type Answer = Result<String, Box<dyn Error>>;

impl goldenscript::Runner for Runner {
    fn run(&mut self, command: &Command) -> Answer {
        let mut args = command.consume_args();
        let effects_max = args.lookup_parse("effects")?.unwrap_or(usize::MAX);
        let mut out = String::new();
        match command.name.as_str() {
            "open" => out += &self.open(&mut args)?,
            "power-loss" => self.power_loss(&mut args)?,
            "kill" => self.life = None,
            "rot" => {
                let path = args.next_pos().ok_or("a path")?.value.clone();
                let byte: usize = args.next_pos().ok_or("a byte")?.parse()?;
                self.disk.0.borrow_mut().damage(&path, |bytes| bytes[byte] ^= 1);
            }
            "cut" => {
                let path = args.next_pos().ok_or("a path")?.value.clone();
                let len: usize = args.next_pos().ok_or("a length")?.parse()?;
                self.disk.0.borrow_mut().damage(&path, |bytes| bytes.truncate(len));
            }
            "lose" => self.disk.0.borrow_mut().lose(&args.next_pos().ok_or("a path")?.value),
            "files" => {
                for (path, bytes) in self.disk.0.borrow().files() {
                    writeln!(out, "{path} {} bytes", bytes.len())?;
                }
            }
            "state" => out += &self.state(),
            _ => self.change(command, &mut args)?,
        }
        args.reject_rest()?;
        if let Some((_, effects)) = &self.life {
            out += &perform(&self.disk, effects, effects_max)?;
        }
        Ok(out)
    }
}

impl Runner {
    fn open(&mut self, args: &mut ArgumentConsumer<'_>) -> Answer {
        let mut options = StoreOptions::default();
        options.segment_bytes = args.lookup_parse("segment")?.unwrap_or(options.segment_bytes);
        let most = args.lookup_parse("record")?;
        options.record_bytes_max = most.unwrap_or(options.record_bytes_max);
        for flag in args.rest_pos() {
            match flag.value.as_str() {
                "commit-with-entries" => options.commit = CommitMemory::WithEntries,
                "commit-of-snapshot" => options.commit = CommitMemory::Snapshot,
                "mark-first" => options.mark_before_snapshot = true,
                "state-first" => options.hard_state_first = true,
                other => return Err(format!("an unknown flag {other}").into()),
            }
        }
        let effects = self.disk.effects();
        let (store, recovered) = Store::open(options, &effects)
            .map_err(|halt| format!("{}: {}", halt.reason.name(), halt.detail))?;
        let mut out = String::new();
        if recovered.is_new {
            writeln!(out, "new")?;
        }
        if let Some(snapshot) = recovered.snapshot {
            writeln!(out, "snapshot {}@{}", snapshot.index, snapshot.term)?;
        }
        if recovered.cut_bytes > 0 {
            writeln!(out, "cut {} bytes", recovered.cut_bytes)?;
        }
        self.life = Some((store, effects));
        Ok(out + &self.state())
    }

    fn change(
        &mut self,
        command: &Command,
        args: &mut ArgumentConsumer<'_>,
    ) -> Result<(), Box<dyn Error>> {
        let (store, _) = self.life.as_mut().ok_or("no store is open")?;
        let hard = args.lookup("hs").map(|arg| parse_hard_state(&arg.value)).transpose()?;
        match command.name.as_str() {
            "found" => {
                let voters: Result<Vec<u64>, _> =
                    args.rest_pos().iter().map(|voter| voter.parse()).collect();
                store.found(conf_state(&voters?));
            }
            "save" => {
                let sync = args.rest_pos().iter().any(|flag| flag.value == "sync");
                store.save(parse_entries(args)?, hard.as_ref(), sync);
            }
            "take" => {
                let (index, term) = parse_place(&args.next_pos().ok_or("a place")?.value)?;
                store.take_snapshot(&snapshot_file(index, term));
            }
            "install" => {
                let (index, term) = parse_place(&args.next_pos().ok_or("a place")?.value)?;
                let entries = parse_entries(args)?;
                store.install_snapshot(&snapshot_message(index, term), entries, hard.as_ref());
            }
            "compact" => store.compact(args.next_pos().ok_or("an index")?.parse()?),
            other => return Err(format!("an unknown command {other}").into()),
        }
        Ok(())
    }

    fn power_loss(&mut self, args: &mut ArgumentConsumer<'_>) -> Result<(), Box<dyn Error>> {
        let mut disk = self.disk.0.borrow_mut();
        let mut fates = vec![Fate::Vanishes; disk.dirty()];
        for arg in args.rest_key() {
            let fate = match arg.key.as_deref() {
                Some("keep") => Fate::Survives,
                Some("even") => Fate::Even,
                Some("odd") => Fate::Odd,
                _ => return Err(format!("an unknown fate {:?}", arg.key).into()),
            };
            let number: usize = arg.parse()?;
            *fates.get_mut(number).ok_or(format!("no change {number}"))? = fate;
        }
        disk.crash(&fates);
        self.life = None;
        Ok(())
    }

    fn state(&self) -> String {
        let Some((store, _)) = &self.life else { return "down\n".to_owned() };
        let hard = store.hard_state();
        let base = store.first_index() - 1;
        let mut out = format!(
            "term {} vote {} commit {} base {base}@{} entries",
            hard.term,
            hard.vote,
            hard.commit,
            store.term(base).expect("the base's term")
        );
        for index in store.first_index()..=store.last_index() {
            let entry = store.entry(index).expect("an entry");
            let data = String::from_utf8_lossy(&entry.data);
            let data =
                if data.len() > 8 { format!("{}*{}", &data[..1], data.len()) } else { data.into() };
            write!(out, " {index}@{}={data}", entry.term).expect("a string");
        }
        out + "\n"
    }
}

/// Performs and tells the pending effects, at most so many; the others never happen.
fn perform(disk: &SharedDisk, effects: &Effects, max: usize) -> Answer {
    let mut out = String::new();
    for _ in 0..max {
        let Some(effect) = effects.pop() else { break };
        writeln!(out, "{}", render(&effect))?;
        disk.0.borrow_mut().perform(effect);
    }
    effects.clear();
    Ok(out)
}

fn render(effect: &Effect<Box<Message>>) -> String {
    let name = effect.name();
    match effect {
        Effect::Append { path, data } => format!("{name} {path} {} bytes", data.len()),
        Effect::Write { path, offset, data } => {
            format!("{name} {path} {} bytes at {offset}", data.len())
        }
        Effect::Truncate { path, len } => format!("{name} {path} to {len}"),
        Effect::Sync { path } | Effect::Remove { path } => format!("{name} {path}"),
        Effect::Rename { from, to } => format!("{name} {from} {to}"),
        Effect::SyncDir { dir } => format!("{name} {dir}"),
        _ => name.to_owned(),
    }
}

fn parse_place(text: &str) -> Result<(u64, u64), Box<dyn Error>> {
    let (index, term) = text.split_once('@').ok_or("a place is INDEX@TERM")?;
    Ok((index.parse()?, term.parse()?))
}

fn parse_entries(args: &mut ArgumentConsumer<'_>) -> Result<Vec<Entry>, Box<dyn Error>> {
    let mut entries = Vec::new();
    for arg in args.rest_key() {
        let (index, term) = parse_place(arg.key.as_deref().expect("a key"))?;
        let data = match arg.value.split_once('*') {
            Some((text, count)) => text.repeat(count.parse()?),
            None => arg.value.clone(),
        };
        entries.push(entry(index, term, data.into_bytes()));
    }
    Ok(entries)
}

fn parse_hard_state(text: &str) -> Result<HardState, Box<dyn Error>> {
    let numbers: Vec<u64> = text.split('/').map(str::parse).collect::<Result<_, _>>()?;
    let [term, vote, commit] = numbers[..] else { return Err("hs is TERM/VOTE/COMMIT".into()) };
    Ok(hard_state(term, vote, commit))
}

macro_rules! scripts {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            let path = concat!("tests/scripts/store/", stringify!($name), ".txt");
            goldenscript::run(&mut Runner::default(), path).expect("a script");
        }
    )*};
}

scripts! {
    a_long_record_is_refused
    commit_is_kept_or_not
    restart_from_log
    restart_from_snapshot
    torn_tail_is_cut
    hole_is_refused
    conflicting_tail_is_replaced
    segments_are_cut
    segments_are_released
    unfinished_segment_is_removed
    newest_segment_is_missed
    segment_without_records_is_told_again
    damaged_snapshot_falls_back
    unnoted_snapshot_never_happened
    leaders_snapshot_replaces_the_log
    mark_before_snapshot_loses_the_log
    hard_state_before_snapshot_is_refused
}
