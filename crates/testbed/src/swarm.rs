//! Random faults: what a seed makes of a `[[swarm]]` entry.

use sim::{Chance, Stream, StreamName};
use system::Nanos;
use trace::{
    CrashHow, CrashPoint, Fault, MemberDraw, Place, ScriptedFault, Swarm, SwarmFault, Target,
};

/// Among so many effects after the fault's start a crash at an effect falls.
const CRASH_EFFECTS: u64 = 40;

/// The occurrences of one kind of random fault within the storm, in order.
pub(crate) fn draw(swarm: &Swarm, kind: u64, chance: &Chance, storm: Nanos) -> Vec<ScriptedFault> {
    let mut stream = chance.stream(StreamName::Nemesis(kind));
    let mut faults = Vec::new();
    if !stream.chance(swarm.on) {
        return faults;
    }
    let mut at = 0;
    loop {
        at += stream.between(swarm.every / 2, swarm.every + swarm.every / 2).max(1);
        let lasts = stream.between(swarm.lasts.0, swarm.lasts.1);
        if at >= storm {
            return faults;
        }
        let fault = occurrence(&swarm.fault, &mut stream);
        faults.push(ScriptedFault { id: String::new(), at, lasts, fault });
        at += lasts;
    }
}

fn occurrence(fault: &SwarmFault, stream: &mut Stream) -> Fault {
    match fault {
        SwarmFault::Partition(shapes) => Fault::Partition(pick(shapes, stream).clone()),
        SwarmFault::Crash { targets, how, at_effect } => {
            let target: Target = *pick(targets, stream);
            let how: CrashHow = *pick(how, stream);
            let point = if stream.chance(*at_effect) {
                let n = 1 + stream.below(CRASH_EFFECTS) as u32;
                let place = [Place::Before, Place::Inside, Place::After];
                CrashPoint::Effect { n, place: *pick(&place, stream) }
            } else {
                CrashPoint::Now
            };
            Fault::Crash { target, how, point }
        }
        SwarmFault::Links(quality) => Fault::Links(*quality),
        SwarmFault::Membership(swarm) => Fault::Membership(MemberDraw {
            kind: *pick(&swarm.kinds, stream),
            draw: stream.next_u64() >> 16,
            joint: stream.chance(swarm.joint),
            voters: swarm.voters,
        }),
    }
}

pub(crate) fn pick<'a, T>(from: &'a [T], stream: &mut Stream) -> &'a T {
    assert!(!from.is_empty(), "nothing to choose from");
    &from[stream.below(from.len() as u64) as usize]
}
