//! Faults of a process: who is struck, how, and on which of its effects.

use sim::{Stream, StreamName};
use system::{Nanos, NodeId, NodeSet, Setup, System};
use trace::{CrashHow, CrashPoint, EffectClass, FaultId, Place, Target};

use super::clock::names;
use super::missed::Why;
use crate::slot::{ArmedCrash, Life, Looping, Stopping};
use crate::swarm::{CRASH_EFFECTS, pick};
use crate::world::{Due, World};

/// Words of a fault's stream that belong to one turn of a crash loop.
const WORDS_PER_TURN: u64 = 8;

/// Turns of a crash loop that have words of their own, for each node.
const TURNS_MAX: u64 = 1 << 20;

impl<S: System> World<'_, S> {
    pub(super) fn strike(
        &mut self,
        number: FaultId,
        target: Target,
        how: CrashHow,
        point: CrashPoint,
        down: u64,
        stream: &mut Stream,
    ) -> Result<(), Why> {
        let victims = self.victims(target, Some(how), stream)?;
        let at = match point {
            CrashPoint::Now => String::new(),
            CrashPoint::Effect { n, of, place } => {
                format!(" at {}effect {n}, {}", class_name(of), place_name(place))
            }
        };
        let detail = format!("{} of {victims}{at}", way(how));
        let cause = self.fault_started(number, "crash", detail);
        for id in victims.iter() {
            match point {
                CrashPoint::Now => self.take_down(id, how, number, down, cause),
                CrashPoint::Effect { n, of, place } => {
                    self.slot(id).crash =
                        Some(ArmedCrash { left: n.max(1), of, place, how, fault: number, down });
                }
            }
        }
        Ok(())
    }

    /// The victims of a target that the budget bears, or why there are none. Who stops already is
    /// not asked to stop again.
    fn victims(
        &self,
        target: Target,
        how: Option<CrashHow>,
        stream: &mut Stream,
    ) -> Result<NodeSet, Why> {
        let mut meant = self.meant(target, stream)?;
        if how == Some(CrashHow::Stop) {
            let stopping = self.slots.iter().filter(|slot| slot.stopping.is_some());
            meant = meant.difference(stopping.map(|slot| slot.id).collect());
            if meant.is_empty() {
                return Err(Why::Stopping);
            }
        }
        let afforded = self.afford(meant, stream);
        if afforded.is_empty() { Err(Why::Budget) } else { Ok(afforded) }
    }

    /// Ends nodes and lets them come back with another setup.
    pub(super) fn restart_with(
        &mut self,
        number: FaultId,
        target: Target,
        how: CrashHow,
        setup: Setup,
        down: Nanos,
        stream: &mut Stream,
    ) -> Result<(), Why> {
        let victims = self.victims(target, Some(how), stream)?;
        let words = setup_words(&setup);
        let detail = format!("{} of {victims}, back with {words}", way(how));
        let cause = self.fault_started(number, "restart", detail);
        for id in victims.iter() {
            self.slot(id).setup = setup;
            self.take_down(id, how, number, down, cause);
        }
        Ok(())
    }

    /// Ends a node as `how` says; after `down` it starts again.
    fn take_down(&mut self, id: NodeId, how: CrashHow, number: FaultId, down: Nanos, cause: u64) {
        match how {
            CrashHow::Power | CrashHow::Kill => self.crash(id, how, number, down),
            CrashHow::Stop => self.ask_to_stop(id, Stopping { fault: number, down }, cause),
        }
    }

    /// Stops processes: they take nothing and do nothing until they are told to go on.
    pub(super) fn pause(
        &mut self,
        number: FaultId,
        target: Target,
        lasts: Nanos,
        stream: &mut Stream,
    ) -> Result<(), Why> {
        let victims = self.victims(target, None, stream)?;
        for id in victims.iter() {
            self.slot(id).paused = number;
        }
        self.fault_started(number, "pause", names(victims.iter()));
        self.end_later(number, lasts);
        Ok(())
    }

    /// Lets those go on that this fault stopped.
    pub(super) fn resume(&mut self, number: FaultId) {
        for id in 1..=self.slots.len() as NodeId {
            if self.slot(id).paused == number {
                self.slot(id).paused = 0;
                self.serve(id);
            }
        }
    }

    /// Nodes crash now, and after each restart again, until the fault ends.
    pub(super) fn begin_loop(
        &mut self,
        number: FaultId,
        target: Target,
        how: CrashHow,
        up: (Nanos, Nanos),
        lasts: Nanos,
        stream: &mut Stream,
    ) -> Result<(), Why> {
        let victims = self.victims(target, Some(how), stream)?;
        self.fault_started(number, "crash-loop", names(victims.iter()));
        let until = self.now() + lasts;
        for id in victims.iter() {
            self.slot(id).looping = Some(Looping { how, fault: number, up, until, turn: 0 });
            let down = stream.between(up.0, up.1);
            self.take_down(id, how, number, down, Self::NOTHING);
        }
        self.end_later(number, lasts);
        Ok(())
    }

    pub(super) fn end_loop(&mut self, number: FaultId) {
        for slot in &mut self.slots {
            if slot.looping.is_some_and(|looping| looping.fault == number) {
                slot.looping = None;
                slot.crash = slot.crash.filter(|armed| armed.fault != number);
            }
        }
    }

    /// Before a node in a crash loop starts: it crashes on one of its first effects, or when it
    /// has been up for a while, whichever comes first.
    pub(crate) fn prepare_loop(&mut self, id: NodeId) {
        let now = self.now();
        let Some(mut looping) = self.slot(id).looping.filter(|looping| now < looping.until) else {
            return;
        };
        looping.turn += 1;
        let Looping { how, fault, up, turn, .. } = looping;
        let mut stream = self.turn_stream(fault, id, turn);
        let again = now + stream.between(up.0, up.1);
        let down = stream.between(up.0, up.1);
        let left = 1 + stream.below(CRASH_EFFECTS) as u32;
        // A stop falls on no effect: it comes when the node has been up for a while.
        let left = if how == CrashHow::Stop { u32::MAX } else { left };
        let place = *pick(&[Place::Before, Place::Inside, Place::After], &mut stream);
        let slot = self.slot(id);
        slot.looping = Some(looping);
        slot.crash = Some(ArmedCrash { left, of: EffectClass::Any, place, how, fault, down });
        // The start that follows counts it up.
        let incarnation = slot.incarnation + 1;
        self.queue.push(again, Due::CrashAgain { node: id, incarnation });
    }

    /// A node in a crash loop has been up for long enough.
    pub(crate) fn crash_again(&mut self, id: NodeId, incarnation: u64) {
        let slot = self.slot(id);
        if slot.life != Life::Up || slot.incarnation != incarnation {
            return;
        }
        let (Some(looping), Some(armed)) = (slot.looping, slot.crash) else { return };
        if armed.fault == looping.fault {
            self.take_down(id, looping.how, looping.fault, armed.down, Self::NOTHING);
        }
    }

    fn turn_stream(&self, fault: FaultId, id: NodeId, turn: u64) -> Stream {
        let mut stream = self.chance.stream(StreamName::Target(u64::from(fault)));
        stream.seek((id * TURNS_MAX + turn % TURNS_MAX) * WORDS_PER_TURN);
        stream
    }
}

/// How a node ends, in words.
fn way(how: CrashHow) -> &'static str {
    match how {
        CrashHow::Power => "loss of power",
        CrashHow::Kill => "kill",
        CrashHow::Stop => "stop",
    }
}

/// A setup in words, without what stays as it is.
fn setup_words(setup: &Setup) -> String {
    let numbers = [
        ("snapshot-every", setup.snapshot_every),
        ("catch-up-entries", setup.catch_up_entries),
        ("segment-bytes", setup.segment_bytes),
    ];
    let flags = [("pre-vote", setup.pre_vote), ("forward", setup.forward)];
    let numbers = numbers.iter().filter_map(|(name, value)| Some(format!("{name} {}", (*value)?)));
    let flags = flags.iter().filter_map(|(name, value)| Some(format!("{name} {}", (*value)?)));
    numbers.chain(flags).collect::<Vec<_>>().join(", ")
}

fn class_name(class: EffectClass) -> &'static str {
    match class {
        EffectClass::Any => "",
        EffectClass::Write => "write ",
        EffectClass::Sync => "sync ",
        EffectClass::Name => "name ",
        EffectClass::Send => "send ",
    }
}

fn place_name(place: trace::Place) -> &'static str {
    match place {
        trace::Place::Before => "before",
        trace::Place::Inside => "inside",
        trace::Place::After => "after",
    }
}
