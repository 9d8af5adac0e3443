//! The nemesis: faults begin, find their victims, and end.

use sim::{Stream, StreamName, partition};
use system::{NodeId, NodeSet, System};
use trace::{CrashHow, CrashPoint, Event, Fault, FaultId, Kind, Shape, Target};

use crate::phases::Phase;
use crate::slot::ArmedCrash;
use crate::world::{Due, World};
use crate::{options, plan};

impl<S: System> World<'_, S> {
    pub(crate) fn start_fault(&mut self, number: FaultId) {
        if self.phase != Phase::Storm {
            return;
        }
        let fault = plan::fault(self.plan, number);
        let (lasts, what) = (fault.lasts, &fault.fault);
        let mut stream = self.chance.stream(StreamName::Target(u64::from(number)));
        match what {
            Fault::Partition(shape) => {
                let (pairs, detail) = self.resolve(shape, &mut stream);
                self.network.cut(number, pairs);
                self.fault_started(number, "partition", detail);
                self.end_later(number, lasts);
            }
            Fault::Links(quality) => {
                self.network.set_quality(number, options::quality(*quality));
                self.fault_started(number, "links", "all links".to_owned());
                self.end_later(number, lasts);
            }
            Fault::Crash { target, how, point } => {
                self.strike(number, *target, *how, *point, lasts, &mut stream);
            }
            Fault::Admin(admin) => {
                let cause = self.fault_started(number, "admin", describe(admin));
                self.begin_admin(admin.clone(), number, lasts, cause);
            }
            Fault::DrawnAdmin(random) => {
                if let Some(admin) = self.drawn_admin(*random) {
                    let cause = self.fault_started(number, "admin", describe(&admin));
                    self.begin_admin(admin, number, lasts, cause);
                }
            }
        }
    }

    fn fault_started(&mut self, fault: FaultId, name: &'static str, detail: String) -> u64 {
        let detail = detail.into_boxed_str();
        self.record(Event::NO_CAUSE, Kind::FaultStart { fault, name, detail })
    }

    fn end_later(&mut self, number: FaultId, lasts: u64) {
        let at = self.now() + lasts;
        self.queue.push(at, Due::FaultEnd(number));
    }

    pub(crate) fn end_fault(&mut self, number: FaultId) {
        if self.phase != Phase::Storm {
            return;
        }
        let name = match plan::fault(self.plan, number).fault {
            Fault::Partition(_) => {
                self.network.heal(number);
                "partition"
            }
            Fault::Links(_) => {
                self.network.clear_quality(number);
                "links"
            }
            _ => return,
        };
        self.record(Event::NO_CAUSE, Kind::FaultEnd { fault: number, name });
    }

    fn strike(
        &mut self,
        number: FaultId,
        target: Target,
        how: CrashHow,
        point: CrashPoint,
        down: u64,
        stream: &mut Stream,
    ) {
        let victims = self.targets(target, stream);
        let power = if how == CrashHow::Power { "loss of power" } else { "kill" };
        let at = match point {
            CrashPoint::Now => String::new(),
            CrashPoint::Effect { n, place } => format!(" at effect {n}, {}", place_name(place)),
        };
        self.fault_started(number, "crash", format!("{power} of {victims}{at}"));
        for id in victims.iter() {
            match point {
                CrashPoint::Now => self.crash(id, how, number, down),
                CrashPoint::Effect { n, place } => {
                    self.slot(id).crash =
                        Some(ArmedCrash { left: n.max(1), place, how, fault: number, down });
                }
            }
        }
    }

    /// The nodes that a target means at this moment; none if all are down.
    fn targets(&self, target: Target, stream: &mut Stream) -> NodeSet {
        let up: NodeSet = self.slots.iter().filter(|s| s.is_up()).map(|s| s.id).collect();
        let one = |set: NodeSet, stream: &mut Stream| draw_one(set, stream).into_iter().collect();
        match target {
            Target::Node(id) => up.intersection([id].into_iter().collect()),
            Target::Leader => match self.leader() {
                Some(leader) => [leader].into_iter().collect(),
                None => one(up, stream),
            },
            Target::Follower => {
                let leader: NodeSet = self.leader().into_iter().collect();
                one(up.difference(leader), stream)
            }
            Target::Any => one(up, stream),
            Target::All => up,
        }
    }

    /// The directed links that a shape cuts at this moment, and the shape in words.
    fn resolve(&self, shape: &Shape, stream: &mut Stream) -> (Vec<(u64, u64)>, String) {
        let all: NodeSet = self.slots.iter().map(|slot| slot.id).collect();
        let mut order: Vec<NodeId> = all.iter().collect();
        for i in (1..order.len()).rev() {
            order.swap(i, stream.below(i as u64 + 1) as usize);
        }
        let set = |ids: &[NodeId]| ids.iter().copied().collect::<NodeSet>();
        let victim = |target, stream: &mut Stream| {
            self.targets(target, stream).iter().next().unwrap_or(order[0])
        };
        match shape {
            Shape::Groups(groups) => {
                let text = groups.iter().map(ToString::to_string).collect::<Vec<_>>().join("|");
                (partition::groups(groups, all), text)
            }
            Shape::Halves => {
                let small = 1 + stream.below((order.len() as u64 / 2).max(1)) as usize;
                let groups = [set(&order[..small]), set(&order[small..])];
                let text = format!("{}|{}", groups[0], groups[1]);
                (partition::groups(&groups, all), text)
            }
            Shape::Isolate(target) => {
                let node = victim(*target, stream);
                (partition::isolate(node, all), format!("n{node} alone"))
            }
            Shape::Mute(target) => {
                let node = victim(*target, stream);
                (partition::mute(node, all), format!("n{node} is not heard"))
            }
            Shape::Deaf(target) => {
                let node = victim(*target, stream);
                (partition::deaf(node, all), format!("n{node} does not hear"))
            }
            Shape::Pair => {
                let (a, b) = (order[0], order[order.len() - 1]);
                (partition::pair(a, b), format!("n{a} and n{b}"))
            }
            Shape::Bridge => {
                let middle = order.len() / 2;
                let (left, right) = (set(&order[..middle]), set(&order[middle + 1..]));
                let text = format!("{left}|{right}, bridge n{}", order[middle]);
                (partition::bridge(order[middle], left, right), text)
            }
            Shape::MajorityRing => (partition::majority_ring(&order), format!("ring {order:?}")),
        }
    }
}

fn draw_one(set: NodeSet, stream: &mut Stream) -> Option<NodeId> {
    if set.is_empty() {
        return None;
    }
    set.iter().nth(stream.below(set.len() as u64) as usize)
}

fn place_name(place: trace::Place) -> &'static str {
    match place {
        trace::Place::Before => "before",
        trace::Place::Inside => "inside",
        trace::Place::After => "after",
    }
}

/// A change in words.
pub(crate) fn describe(admin: &system::Admin) -> String {
    use system::{Admin, ConfChange};
    match admin {
        Admin::Transfer { to } => format!("transfer leadership to n{to}"),
        Admin::Reconfigure { changes, .. } => changes
            .iter()
            .map(|change| match change {
                ConfChange::AddVoter(id) => format!("add voter n{id}"),
                ConfChange::AddLearner(id) => format!("add learner n{id}"),
                ConfChange::Remove(id) => format!("remove n{id}"),
            })
            .collect::<Vec<_>>()
            .join(", "),
    }
}
