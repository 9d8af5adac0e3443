//! Whatever faults there are.

use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use system::{Admin, ConfChange, NodeSet, Transition};
use trace::{
    CrashHow, CrashPoint, Direction, DiskStrike, DiskWhat, EffectClass, Fault, LinkFault,
    LinkRange, MemberDraw, MemberKind, MemberSwarm, Place, ScriptedFault, SetupChoices, Shape,
    Swarm, SwarmFault, Target, VoterBounds,
};

use crate::{INT_MAX, NODES, delay, nanos, positive, ppm};

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        (1..=NODES).prop_map(Target::Node),
        Just(Target::Leader),
        Just(Target::Follower),
        Just(Target::Any),
        Just(Target::All),
    ]
}

fn groups() -> impl Strategy<Value = Shape> {
    (btree_set(1..=NODES, 2..6), 1..2_usize).prop_map(|(nodes, cut)| {
        let nodes: Vec<u64> = nodes.into_iter().collect();
        let (left, right) = nodes.split_at(cut);
        let set = |ids: &[u64]| ids.iter().copied().collect::<NodeSet>();
        Shape::Groups(vec![set(left), set(right)])
    })
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        groups(),
        Just(Shape::Halves),
        Just(Shape::MajorityRing),
        Just(Shape::Bridge),
        Just(Shape::Pair),
        Just(Shape::OneWay),
        target().prop_map(Shape::Isolate),
        target().prop_map(Shape::Mute),
        target().prop_map(Shape::Deaf),
    ]
}

fn crash_how() -> impl Strategy<Value = CrashHow> {
    prop_oneof![Just(CrashHow::Power), Just(CrashHow::Kill), Just(CrashHow::Stop)]
}

fn links() -> impl Strategy<Value = LinkFault> {
    let rest = (option::of(ppm()), option::of(1..1_u64 << 40), option::of(any::<bool>()));
    (option::of(delay()), option::of(ppm()), option::of(ppm()), option::of(ppm()), rest).prop_map(
        |(delay, loss, duplicate, reorder, (corrupt, bandwidth, in_order))| LinkFault {
            delay,
            loss,
            duplicate,
            reorder,
            corrupt,
            bandwidth,
            in_order,
        },
    )
}

fn range<T: Ord + Copy + std::fmt::Debug>(
    of: impl Strategy<Value = T> + Clone,
) -> impl Strategy<Value = (T, T)> {
    (of.clone(), of).prop_map(|(a, b)| (a.min(b), a.max(b)))
}

fn link_ranges() -> impl Strategy<Value = LinkRange> {
    (links(), option::of(range(0..=1_000_000_u32)), option::of(range(1..1_u64 << 40)))
        .prop_map(|(links, loss, bandwidth)| LinkRange { loss, bandwidth, ..links.into() })
}

fn directions() -> impl Strategy<Value = Vec<Direction>> {
    vec(prop_oneof![Just(Direction::Ahead), Just(Direction::Behind)], 1..3)
}

fn setup() -> impl Strategy<Value = SetupChoices> {
    let ints = || vec(512..=INT_MAX, 0..3);
    let flags = || vec(any::<bool>(), 0..3);
    (ints(), ints(), ints(), flags(), flags()).prop_map(|(a, b, c, pre_vote, forward)| {
        SetupChoices { snapshot_every: a, catch_up_entries: b, segment_bytes: c, pre_vote, forward }
    })
}

fn up() -> impl Strategy<Value = (u64, u64)> {
    range(1_000_000..10_000_000_000_u64)
}

fn drawn_storm() -> impl Strategy<Value = SwarmFault> {
    let targets = || vec(target(), 1..3);
    let how = || vec(crash_how(), 1..3);
    prop_oneof![
        vec(shape(), 1..4).prop_map(SwarmFault::Clog),
        (vec(shape(), 1..4), up()).prop_map(|(shapes, period)| SwarmFault::Flap { shapes, period }),
        targets().prop_map(SwarmFault::Pause),
        targets().prop_map(SwarmFault::TickStall),
        (targets(), how(), up()).prop_map(|(targets, how, up)| SwarmFault::CrashLoop {
            targets,
            how,
            up
        }),
        (targets(), how(), setup()).prop_map(|(targets, how, setup)| SwarmFault::Restart {
            targets,
            how,
            setup
        }),
        (targets(), range(0..=900_000_u32), directions()).prop_map(
            |(targets, rate, directions)| SwarmFault::Drift { targets, rate, directions }
        ),
        (targets(), range(0..3_600_000_000_000_u64), directions())
            .prop_map(|(targets, by, directions)| SwarmFault::Jump { targets, by, directions }),
    ]
}

fn scripted_storm() -> impl Strategy<Value = Fault> {
    prop_oneof![
        shape().prop_map(Fault::Clog),
        (shape(), positive()).prop_map(|(shape, period)| Fault::Flap { shape, period }),
        target().prop_map(Fault::Pause),
        target().prop_map(Fault::TickStall),
        (target(), crash_how(), up()).prop_map(|(target, how, up)| Fault::CrashLoop {
            target,
            how,
            up
        }),
        (target(), crash_how(), setup()).prop_map(|(target, how, setup)| Fault::Restart {
            target,
            how,
            setup: setup.choose(|_| 0)
        }),
        (target(), range(0..=900_000_u32), directions())
            .prop_map(|(target, rate, directions)| Fault::Drift { target, rate, directions }),
        (target(), range(0..3_600_000_000_000_u64), directions())
            .prop_map(|(target, by, directions)| Fault::Jump { target, by, directions }),
    ]
}

fn effect_class() -> impl Strategy<Value = EffectClass> {
    use EffectClass::{Any, Name, Send, Sync, Write};
    select(vec![Any, Write, Sync, Name, Send])
}

/// Options of strikes, of which each kind takes those that belong to it.
fn strike() -> impl Strategy<Value = DiskStrike> {
    (select(DiskWhat::ALL.to_vec()), ppm(), 0..1_u64 << 40, 1..=1_000_u32, any::<bool>()).prop_map(
        |(what, chance, room, count, unnoticed)| DiskStrike {
            what,
            chance,
            room,
            count,
            unnoticed,
        },
    )
}

fn one(what: DiskWhat, like: DiskStrike) -> DiskStrike {
    use DiskWhat::{
        BitRot, Full, IoError, LyingSync, Misdirect, SyncDrops, SyncKeeps, Unreadable, Wipe,
    };
    let usual = DiskStrike::of(what);
    match what {
        IoError | SyncDrops | SyncKeeps | LyingSync | Misdirect => {
            DiskStrike { chance: like.chance, ..usual }
        }
        Full => DiskStrike { room: like.room, ..usual },
        BitRot | Unreadable => DiskStrike { count: like.count, ..usual },
        Wipe => DiskStrike { unnoticed: like.unnoticed, ..usual },
        DiskWhat::Stall => usual,
    }
}

pub(crate) fn swarm() -> impl Strategy<Value = Swarm> {
    let fault = prop_oneof![
        vec(shape(), 1..4).prop_map(SwarmFault::Partition),
        ((vec(target(), 1..3), vec(crash_how(), 1..3), ppm()), vec(effect_class(), 0..3)).prop_map(
            |((targets, how, at_effect), of)| SwarmFault::Crash { targets, how, at_effect, of }
        ),
        (vec(target(), 1..3), subsequence(DiskWhat::ALL.to_vec(), 1..5), strike()).prop_map(
            |(targets, whats, like)| SwarmFault::Disk {
                targets,
                strikes: whats.into_iter().map(|what| one(what, like)).collect(),
            }
        ),
        link_ranges().prop_map(SwarmFault::Links),
        (vec(member_kind(), 1..4), ppm(), voters()).prop_map(|(kinds, joint, voters)| {
            SwarmFault::Membership(MemberSwarm { kinds, joint, voters })
        }),
        drawn_storm(),
    ];
    let every = (positive(), positive()).prop_map(|(a, b)| (a.min(b), a.max(b)));
    (ppm(), every, nanos(), nanos(), fault).prop_map(|(on, every, a, b, fault)| Swarm {
        on,
        every,
        lasts: (a.min(b), a.max(b)),
        fault,
    })
}

fn member_kind() -> impl Strategy<Value = MemberKind> {
    (0..MemberKind::ALL.len()).prop_map(|place| MemberKind::ALL[place].1)
}

fn voters() -> impl Strategy<Value = VoterBounds> {
    (1..=63_u64, 1..=63_u64).prop_map(|(a, b)| VoterBounds { least: a.min(b), most: a.max(b) })
}

fn admin() -> impl Strategy<Value = Admin> {
    let change = (0..3, 1..=NODES).prop_map(|(kind, id)| match kind {
        0 => ConfChange::AddVoter(id),
        1 => ConfChange::AddLearner(id),
        _ => ConfChange::Remove(id),
    });
    prop_oneof![
        (1..=NODES).prop_map(|to| Admin::Transfer { to }),
        (vec(change, 1..5), any::<bool>()).prop_map(|(changes, joint)| Admin::Reconfigure {
            changes,
            transition: if joint { Transition::Joint } else { Transition::Auto },
        }),
    ]
}

pub(crate) fn fault() -> impl Strategy<Value = ScriptedFault> {
    let place = prop_oneof![Just(Place::Before), Just(Place::Inside), Just(Place::After)];
    let point = prop_oneof![
        Just(CrashPoint::Now),
        (1..=u32::MAX, effect_class(), place).prop_map(|(n, of, place)| CrashPoint::Effect {
            n,
            of,
            place
        }),
    ];
    let fault = prop_oneof![
        shape().prop_map(Fault::Partition),
        (target(), crash_how(), point).prop_map(|(target, how, point)| {
            let point = if how == CrashHow::Stop { CrashPoint::Now } else { point };
            Fault::Crash { target, how, point }
        }),
        links().prop_map(Fault::Links),
        (target(), strike())
            .prop_map(|(target, like)| Fault::Disk { target, strike: one(like.what, like) }),
        admin().prop_map(Fault::Admin),
        (member_kind(), any::<u64>(), any::<bool>(), voters()).prop_map(
            |(kind, draw, joint, voters)| {
                Fault::Membership(MemberDraw { kind, draw, joint, voters })
            }
        ),
        scripted_storm(),
    ];
    (nanos(), nanos(), any::<bool>(), fault).prop_map(|(at, lasts, optional, fault)| {
        ScriptedFault { id: String::new(), at, lasts, optional, fault }
    })
}
