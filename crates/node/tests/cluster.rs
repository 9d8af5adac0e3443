//! Runs the scripts in `tests/scripts/cluster`: what a few nodes do, told in a few lines.
//!
//! Requests name the node that is asked, and are numbered from `r1`: `put n1 a 1`. Recorded with `UPDATE_GOLDENFILES=1 cargo test -p node --test cluster`.

mod cluster_support;

use std::error::Error;
use std::fmt::Write as _;

use cluster_support::World;
use goldenscript::{Argument, ArgumentConsumer, Command};
use node::Config;
use node::semantics::{Acknowledge, Apply, ReadWait};
use system::{
    Admin, ConfChange, NodeId, NodeSet, Op, ReadMode, Request, SessionSeq, Start, System as _,
    Transition,
};

#[test]
fn scripts() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts/cluster");
    let mut scripts: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    scripts.sort();
    assert!(!scripts.is_empty(), "there are scripts");
    for script in scripts {
        let mut runner = Runner { world: World::new(config()) };
        goldenscript::run(&mut runner, &script)
            .unwrap_or_else(|error| panic!("{}: {error}", script.display()));
    }
}

/// What a script starts from: leases off, because with them a node that has just started does
/// not vote, and scripts are shorter when it does.
fn config() -> Config {
    Config {
        tick: 10,
        election_ticks: 10,
        heartbeat_ticks: 2,
        snapshot_every: 0,
        leases: false,
        ..Config::default()
    }
}

struct Runner {
    world: World,
}

impl goldenscript::Runner for Runner {
    fn run(&mut self, command: &Command) -> Result<String, Box<dyn Error>> {
        let mut args = command.consume_args();
        self.world.tells_all = command.tags.contains("all");
        match command.name.as_str() {
            "config" => self.configure(&mut args)?,
            "cluster" => self.cluster(&mut args)?,
            "join" => self.world.add(next_id(&mut args)?, Start::Join),
            "tick" => (0..next_or(&mut args, 1)?).for_each(|_| self.world.tick()),
            "deliver" => self.world.deliver(next_or(&mut args, u64::MAX)?),
            "run" => {
                for _ in 0..next_or(&mut args, 1)? {
                    self.world.tick();
                    self.world.deliver(u64::MAX);
                }
            }
            "drop" => {
                for link in self.world.busy_links() {
                    while self.world.busy_links().contains(&link) {
                        self.world.drop_one(link);
                    }
                }
            }
            "partition" => self.partition(&mut args)?,
            "heal" => self.world.cut.clear(),
            "crash" => {
                let id = next_id(&mut args)?;
                let power = args.next_pos().is_some_and(|how| how.value == "power");
                self.world.crash(id, power);
            }
            "restart" => self.world.boot(next_id(&mut args)?),
            "status" => self.status()?,
            "conf" => self.conf(&mut args)?,
            "transfer" => {
                let asked = next_id(&mut args)?;
                let admin = Admin::Transfer { to: next_id(&mut args)? };
                self.world.request(asked, Request::Admin(admin));
            }
            "open" => {
                self.world.request(next_id(&mut args)?, Request::OpenSession);
            }
            name => {
                let asked = next_id(&mut args)?;
                let request = op_request(name, &mut args)?;
                self.world.request(asked, request);
            }
        }
        args.reject_rest()?;
        Ok(std::mem::take(&mut self.world.story))
    }
}

impl Runner {
    fn configure(&mut self, args: &mut ArgumentConsumer<'_>) -> Result<(), Box<dyn Error>> {
        for arg in args.rest_key() {
            let config = &mut self.world.config;
            match arg.name() {
                "snapshot_every" => config.snapshot_every = arg.parse()?,
                "catch_up_entries" => config.catch_up_entries = arg.parse()?,
                "sessions_max" => config.sessions_max = arg.parse()?,
                "leases" => config.leases = arg.parse()?,
                "forward" => config.forward = arg.parse()?,
                "acknowledge_committed" if arg.parse()? => {
                    config.semantics.acknowledge = Acknowledge::Committed;
                }
                "apply_with_tick" if arg.parse()? => config.semantics.apply = Apply::WithTick,
                "read_at_once" if arg.parse()? => config.semantics.read = ReadWait::Nothing,
                "raftexample" => config.semantics = Config::raftexample().semantics,
                name => return Err(format!("unknown option {name}").into()),
            }
        }
        Ok(())
    }

    fn cluster(&mut self, args: &mut ArgumentConsumer<'_>) -> Result<(), Box<dyn Error>> {
        let count = next_or(args, 3)?;
        let learners: u64 = args.lookup_parse("learners")?.unwrap_or(0);
        let voters = NodeSet::first(count);
        let learners: NodeSet = (count + 1..=count + learners).collect();
        for id in voters.union(learners).iter() {
            self.world.add(id, Start::Found { voters, learners });
        }
        self.world.story.clear();
        if !args.lookup_parse("idle")?.unwrap_or(false) {
            (0..11).for_each(|_| self.world.tick());
            self.world.deliver(u64::MAX);
            (0..2).for_each(|_| self.world.tick());
            self.world.deliver(u64::MAX);
            self.world.story.clear();
        }
        Ok(())
    }

    /// Cuts the links between groups; each argument is a group, as in `12 3`.
    fn partition(&mut self, args: &mut ArgumentConsumer<'_>) -> Result<(), Box<dyn Error>> {
        let mut groups = Vec::new();
        for arg in args.rest_pos() {
            let ids = arg.value.chars().map(|digit| digit.to_digit(10).map(u64::from));
            groups.push(ids.collect::<Option<Vec<_>>>().ok_or("a group is digits")?);
        }
        for group in &groups {
            for other in groups.iter().filter(|other| *other != group) {
                for from in group {
                    self.world.cut.extend(other.iter().map(|to| (*from, *to)));
                }
            }
        }
        Ok(())
    }

    fn conf(&mut self, args: &mut ArgumentConsumer<'_>) -> Result<(), Box<dyn Error>> {
        let asked = next_id(args)?;
        let joint = args.lookup_parse("joint")?.unwrap_or(false);
        let transition = if joint { Transition::Joint } else { Transition::Auto };
        let mut changes = Vec::new();
        for arg in args.rest_key() {
            let id = node_id(&arg.value)?;
            changes.push(match arg.name() {
                "voter" => ConfChange::AddVoter(id),
                "learner" => ConfChange::AddLearner(id),
                "remove" => ConfChange::Remove(id),
                name => return Err(format!("unknown change {name}").into()),
            });
        }
        let admin = Admin::Reconfigure { changes, transition };
        self.world.request(asked, Request::Admin(admin));
        Ok(())
    }

    fn status(&mut self) -> Result<(), Box<dyn Error>> {
        for id in self.world.ids() {
            let Some(view) = self.world.view(id) else {
                writeln!(self.world.story, "n{id} down")?;
                continue;
            };
            let node = self.world.node(id).expect("it is up");
            let terms: Vec<String> = (view.first_index..=view.last_index)
                .filter_map(|index| node.entry(index))
                .map(|mark| mark.term.to_string())
                .collect();
            writeln!(
                self.world.story,
                "n{id} {} t{} commit={} applied={} log {}:[{}] state={:04x}",
                view.role.name(),
                view.term,
                view.commit,
                view.applied,
                view.first_index,
                terms.join(" "),
                view.digest & 0xffff,
            )?;
        }
        Ok(())
    }
}

fn op_request(name: &str, args: &mut ArgumentConsumer<'_>) -> Result<Request, Box<dyn Error>> {
    let session = match args.lookup_parse("session")? {
        Some(session) => Some(SessionSeq { session, seq: args.lookup_parse("seq")?.unwrap_or(1) }),
        None => None,
    };
    let read = match args.lookup("read").map(|arg| arg.value.as_str()) {
        None | Some("index") => ReadMode::ReadIndex,
        Some("lease") => ReadMode::Lease,
        Some("log") => ReadMode::Log,
        Some("local") => ReadMode::Local,
        Some(mode) => return Err(format!("unknown read mode {mode}").into()),
    };
    let expect = args.lookup("expect").map(text);
    let mut next = || args.next_pos().map(text).ok_or("an argument is missing");
    let key = next()?;
    let op = match name {
        "get" => Op::Get { key },
        "put" => Op::Put { key, value: next()? },
        "append" => Op::Append { key, value: next()? },
        "delete" => Op::Delete { key },
        "cas" => Op::Cas { key, expect, value: next()? },
        _ => return Err(format!("unknown command {name}").into()),
    };
    Ok(Request::Op { op, read, session })
}

fn text(arg: &Argument) -> system::Value {
    arg.value.clone().into_bytes().into()
}

fn node_id(text: &str) -> Result<NodeId, Box<dyn Error>> {
    Ok(text.trim_start_matches('n').parse()?)
}

fn next_id(args: &mut ArgumentConsumer<'_>) -> Result<NodeId, Box<dyn Error>> {
    node_id(&args.next_pos().ok_or("which node?")?.value)
}

fn next_or(args: &mut ArgumentConsumer<'_>, default: u64) -> Result<u64, Box<dyn Error>> {
    args.next_pos().map_or(Ok(default), Argument::parse)
}
