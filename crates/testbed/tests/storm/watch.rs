//! A system that shows what reaches it: every 10 ms of its own clock it sends the time that it is
//! told to node 1, or node 2 if it is node 1.

use system::{
    Boot, Capabilities, Contract, Effects, Halt, Input, LinkContract, MessageKind, RestartContract,
    Summary, System, Timer, View,
};
use trace::{Event, Kind};

pub(crate) struct Watch {
    to: u64,
}

pub(crate) const TICK: u64 = 10_000_000;

impl System for Watch {
    type Config = ();
    type Message = u64;

    fn contract((): &()) -> Contract {
        Contract {
            link: LinkContract { loss: true, duplicates: true, reordering: true },
            restart: RestartContract::Volatile,
            capabilities: Capabilities {
                delete: false,
                cas: false,
                append: false,
                sessions: false,
                membership: false,
                joint: false,
                learners: false,
                transfer: false,
                lease_reads: false,
                answers: false,
            },
        }
    }

    fn boot((): &(), boot: Boot, effects: &Effects<u64>) -> Result<Self, Halt> {
        effects.set_timer(Timer("tick"), TICK, true);
        Ok(Watch { to: if boot.id == 1 { 2 } else { 1 } })
    }

    fn handle(&mut self, now: u64, input: Input<u64>, effects: &Effects<u64>) {
        if let Input::Timer(_) = input {
            effects.send(self.to, now);
        }
    }

    fn view(&self) -> View {
        View::default()
    }

    fn summary(message: &u64) -> Summary {
        Summary {
            kind: MessageKind::Other,
            reject: false,
            entries: 0,
            bytes: 8,
            term: *message,
            index: 0,
            log_term: 0,
            commit: 0,
        }
    }

    fn encode(message: &u64, out: &mut Vec<u8>) {
        out.extend_from_slice(&message.to_le_bytes());
    }

    fn decode(bytes: &[u8]) -> Result<u64, String> {
        let bytes = bytes.try_into().map_err(|_| format!("{} bytes, not 8", bytes.len()))?;
        Ok(u64::from_le_bytes(bytes))
    }
}

/// A world of three nodes for two seconds, with these lines of a scenario; what happened in it
/// before all was healed.
pub(crate) fn watch(lines: &str) -> Vec<Event> {
    watch_for("2s", lines)
}

/// As [`watch`], for another time.
pub(crate) fn watch_for(storm: &str, lines: &str) -> Vec<Event> {
    let text = format!(
        "about = 'watched'\n[cluster]\nnodes = 3\nclients = 0\n[limits]\nstorm = '{storm}'\n\
         settle = '100ms'\n{lines}"
    );
    let scenario = trace::parse_scenario("watch.toml", &text, &[])
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let mut events = Vec::new();
    let mut healed = false;
    testbed::run_system::<Watch>(&testbed::plan(&scenario, 1), &(), &mut |event| {
        healed |= event.kind == Kind::Phase { name: "settle" };
        if !healed {
            events.push(event.clone());
        }
    });
    events
}

/// When a node sent, and what it took for the time then, in nanoseconds.
pub(crate) fn clock_of(events: &[Event], node: u64) -> Vec<(u64, u64)> {
    let sent = events.iter().filter_map(|event| match &event.kind {
        Kind::Send { message, summary } if message.from == node => Some((event.at, summary.term)),
        _ => None,
    });
    sent.collect()
}
