//! Random faults: what a seed makes of a `[[swarm]]` entry.
//!
//! A seed first turns each kind on or off and draws its strengths, the *knobs* (*Groce et al.
//! 2012, swarm testing*: what is left out of a run lets the rest go further); then it draws the
//! occurrences, as strong as that.

use sim::{Chance, Stream, StreamName};
use system::Nanos;
use trace::{
    CrashHow, CrashPoint, EffectClass, Fault, LinkFault, LinkRange, MemberDraw, Place,
    ScriptedFault, Swarm, SwarmFault, Target,
};

/// Among so many effects after the fault's start a crash at an effect falls.
pub(crate) const CRASH_EFFECTS: u64 = 40;

/// The same, if only effects of one class count.
const CRASH_EFFECTS_OF: u64 = 10;

/// What a seed makes of one kind of random fault.
pub(crate) struct Drawn {
    /// Whether it has the kind at all.
    pub(crate) on: bool,
    /// The strengths, with their names; none if it is off.
    pub(crate) strengths: Vec<(&'static str, u64)>,
    /// The occurrences within the storm, in order.
    pub(crate) faults: Vec<ScriptedFault>,
}

/// Draws one kind of random fault.
pub(crate) fn draw(swarm: &Swarm, kind: u64, chance: &Chance, storm: Nanos) -> Drawn {
    let mut stream = chance.stream(StreamName::Nemesis(kind));
    let mut drawn =
        Drawn { on: stream.chance(swarm.on), strengths: Vec::new(), faults: Vec::new() };
    if !drawn.on {
        return drawn;
    }
    let mut knobs = chance.stream(StreamName::Knob(kind));
    let every = knobs.between(swarm.every.0, swarm.every.1);
    let fault = turn(&swarm.fault, &mut knobs, &mut drawn.strengths);
    drawn.strengths.push(("every", every));
    let mut at = 0;
    loop {
        at += stream.between(every / 2, every + every / 2).max(1);
        let lasts = stream.between(swarm.lasts.0, swarm.lasts.1);
        if at >= storm {
            return drawn;
        }
        let fault = occurrence(&fault, &mut stream);
        drawn.faults.push(ScriptedFault { id: String::new(), at, lasts, optional: true, fault });
        at += lasts;
    }
}

/// The same kind of fault with what the seed draws settled.
fn turn(
    fault: &SwarmFault,
    knobs: &mut Stream,
    strengths: &mut Vec<(&'static str, u64)>,
) -> SwarmFault {
    let mut fault = fault.clone();
    let mut most = |name, range: &mut (u64, u64)| {
        range.1 = knobs.between(range.0, range.1);
        strengths.push((name, range.1));
    };
    match &mut fault {
        SwarmFault::Links(links) => turn_links(links, knobs, strengths),
        SwarmFault::Flap { period, .. } => most("period", period),
        SwarmFault::CrashLoop { up, .. } => most("up", up),
        SwarmFault::Jump { by, .. } => most("by", by),
        SwarmFault::Drift { rate, .. } => {
            let mut wide = (u64::from(rate.0), u64::from(rate.1));
            most("rate", &mut wide);
            rate.1 = wide.1 as u32;
        }
        _ => {}
    }
    fault
}

/// Each quality takes a word, whether it is there or not.
fn turn_links(links: &mut LinkRange, knobs: &mut Stream, strengths: &mut Vec<(&'static str, u64)>) {
    let chances = [
        ("loss", &mut links.loss),
        ("duplicate", &mut links.duplicate),
        ("reorder", &mut links.reorder),
        ("corrupt", &mut links.corrupt),
    ];
    for (name, range) in chances {
        let (least, most) = range.unwrap_or_default();
        let value = knobs.between(least.into(), most.into());
        if let Some(range) = range {
            *range = (value as u32, value as u32);
            strengths.push((name, value));
        }
    }
    let (least, most) = links.bandwidth.unwrap_or_default();
    let value = knobs.between(least, most);
    if let Some(range) = &mut links.bandwidth {
        *range = (value, value);
        strengths.push(("bandwidth", value));
    }
}

fn occurrence(fault: &SwarmFault, stream: &mut Stream) -> Fault {
    match fault {
        SwarmFault::Partition(shapes) => Fault::Partition(pick(shapes, stream).clone()),
        SwarmFault::Crash { targets, how, at_effect, of } => {
            let target: Target = *pick(targets, stream);
            let how: CrashHow = *pick(how, stream);
            let point = if stream.chance(*at_effect) {
                let among = if of.is_empty() { CRASH_EFFECTS } else { CRASH_EFFECTS_OF };
                let n = 1 + stream.below(among) as u32;
                let place = *pick(&[Place::Before, Place::Inside, Place::After], stream);
                let of = if of.is_empty() { EffectClass::Any } else { *pick(of, stream) };
                CrashPoint::Effect { n, of, place }
            } else {
                CrashPoint::Now
            };
            let point = if how == CrashHow::Stop { CrashPoint::Now } else { point };
            Fault::Crash { target, how, point }
        }
        SwarmFault::Disk { targets, strikes } => {
            let target = *pick(targets, stream);
            Fault::Disk { target, strike: *pick(strikes, stream) }
        }
        SwarmFault::Links(range) => Fault::Links(quality(range)),
        SwarmFault::Membership(swarm) => Fault::Membership(MemberDraw {
            kind: *pick(&swarm.kinds, stream),
            draw: stream.next_u64() >> 16,
            joint: stream.chance(swarm.joint),
            voters: swarm.voters,
        }),
        SwarmFault::Clog(shapes) => Fault::Clog(pick(shapes, stream).clone()),
        SwarmFault::Flap { shapes, period } => Fault::Flap {
            shape: pick(shapes, stream).clone(),
            period: stream.between(period.0, period.1),
        },
        SwarmFault::Pause(targets) => Fault::Pause(*pick(targets, stream)),
        SwarmFault::TickStall(targets) => Fault::TickStall(*pick(targets, stream)),
        SwarmFault::CrashLoop { targets, how, up } => {
            Fault::CrashLoop { target: *pick(targets, stream), how: *pick(how, stream), up: *up }
        }
        SwarmFault::Restart { targets, how, setup } => Fault::Restart {
            target: *pick(targets, stream),
            how: *pick(how, stream),
            setup: setup.choose(|count| stream.below(count as u64) as usize),
        },
        SwarmFault::Drift { targets, rate, directions } => {
            let target = *pick(targets, stream);
            Fault::Drift { target, rate: *rate, directions: directions.clone() }
        }
        SwarmFault::Jump { targets, by, directions } => {
            let target = *pick(targets, stream);
            Fault::Jump { target, by: *by, directions: directions.clone() }
        }
    }
}

/// The quality that is left when each range has shrunk to one value.
fn quality(range: &LinkRange) -> LinkFault {
    LinkFault {
        delay: range.delay,
        loss: range.loss.map(|range| range.0),
        duplicate: range.duplicate.map(|range| range.0),
        reorder: range.reorder.map(|range| range.0),
        corrupt: range.corrupt.map(|range| range.0),
        bandwidth: range.bandwidth.map(|range| range.0),
        in_order: range.in_order,
    }
}

pub(crate) fn pick<'a, T>(from: &'a [T], stream: &mut Stream) -> &'a T {
    assert!(!from.is_empty(), "nothing to choose from");
    &from[stream.below(from.len() as u64) as usize]
}
