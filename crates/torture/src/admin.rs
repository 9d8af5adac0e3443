//! Changes of the cluster that the nemesis asks for, again and again until they are done or their
//! time is up.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use system::{Admin, ConfChange, Nanos};
use trace::{FaultId, Kind, OpId};

use crate::api::{Answer, Api};
use crate::cluster::Cluster;
use crate::recorder::Recorder;

/// Between attempts.
const RETRY: Duration = Duration::from_millis(100);

/// How long a process may take to answer.
const ASK: Duration = Duration::from_secs(2);

/// Asks for changes.
#[derive(Debug)]
pub(crate) struct Administrator<'a> {
    pub(crate) cluster: &'a Mutex<Cluster>,
    pub(crate) recorder: &'a Arc<Recorder>,
    pub(crate) api: Api,
    /// When everything stops.
    pub(crate) over: &'a AtomicBool,
    /// Changes asked for.
    pub(crate) number: AtomicU64,
}

impl Administrator<'_> {
    /// Asks for changes that follow each other. Together they have this long.
    pub(crate) fn ask(&self, fault: FaultId, steps: &[Admin], lasts: Nanos, cause: u64) {
        let deadline = self.recorder.now() + lasts;
        for step in single(steps) {
            if !self.ask_one(&step, deadline, cause) {
                break;
            }
        }
        self.recorder.record(cause, Kind::FaultEnd { fault, name: "admin" });
    }

    /// Whether the change is made, as far as anybody can tell.
    pub(crate) fn ask_one(&self, admin: &Admin, deadline: Nanos, cause: u64) -> bool {
        let number = self.number.fetch_add(1, Ordering::Relaxed) + 1;
        let id = OpId { client: 0, number };
        let invoke = Kind::AdminInvoke { id, admin: Box::new(admin.clone()) };
        let cause = self.recorder.record(cause, invoke);
        let mut attempts = 0;
        let error = loop {
            let left = Duration::from_nanos(deadline.saturating_sub(self.recorder.now()));
            if left.is_zero() || self.over.load(Ordering::Relaxed) {
                break Some("gave up");
            }
            attempts += 1;
            match self.attempt(admin, left.min(ASK)) {
                Answer::Done(()) => break None,
                // An earlier attempt may have made the change; then it makes no sense any more.
                Answer::Refused { why: "invalid-change" | "bad-request", .. } if attempts > 1 => {
                    break None;
                }
                Answer::Refused { why, .. }
                    if matches!(why, "invalid-change" | "unsupported" | "bad-request") =>
                {
                    break Some(why);
                }
                _ => std::thread::sleep(RETRY.min(left)),
            }
        };
        self.recorder.record(cause, Kind::AdminReturn { id, error });
        error.is_none()
    }

    /// One attempt, at whoever leads or else at anybody. Who is added is started first.
    fn attempt(&self, admin: &Admin, within: Duration) -> Answer<()> {
        let mut cluster = self.cluster();
        let leader = cluster.roster().map_or(0, |roster| roster.leader);
        let Some(asked) = Some(leader).filter(|id| *id > 0).or(cluster.up().iter().next()) else {
            return Answer::Lost("nobody is up");
        };
        for id in joiners(admin) {
            use crate::process::Life;
            if matches!(cluster.process(id).life, Life::Unborn | Life::Left) {
                // If it cannot be started, it is missing like one that crashed.
                let _ = cluster.start(id);
            }
        }
        let server = cluster.process(asked).url();
        let addresses: Vec<String> =
            cluster.processes.iter().map(|process| cluster.address(process.id)).collect();
        drop(cluster);
        self.api.change(&server, admin, |id| addresses[id as usize - 1].clone(), within)
    }

    fn cluster(&self) -> MutexGuard<'_, Cluster> {
        self.cluster.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Changes of several nodes as changes of one: the public interface has no others. Who comes
/// comes before who goes.
fn single(steps: &[Admin]) -> Vec<Admin> {
    let mut all = Vec::new();
    for step in steps {
        let Admin::Reconfigure { changes, transition } = step else {
            all.push(step.clone());
            continue;
        };
        let mut changes = changes.clone();
        changes.sort_by_key(|change| match change {
            ConfChange::AddVoter(_) => 0,
            ConfChange::AddLearner(_) => 1,
            ConfChange::Remove(_) => 2,
        });
        let transition = *transition;
        all.extend(
            changes.into_iter().map(|one| Admin::Reconfigure { changes: vec![one], transition }),
        );
    }
    all
}

/// The nodes that a change makes members.
fn joiners(admin: &Admin) -> impl Iterator<Item = u64> {
    let changes = match admin {
        Admin::Reconfigure { changes, .. } => &changes[..],
        Admin::Transfer { .. } => &[],
    };
    let joins = changes.iter().filter(|change| !matches!(change, ConfChange::Remove(_)));
    joins.map(|change| change.node())
}

#[cfg(test)]
mod tests {
    use super::*;
    use system::Transition;

    #[test]
    fn a_joint_change_becomes_single_ones_and_who_comes_is_first() {
        use ConfChange::{AddLearner, AddVoter, Remove};
        let step = |changes: &[ConfChange]| Admin::Reconfigure {
            changes: changes.to_vec(),
            transition: Transition::Auto,
        };
        let steps = [step(&[Remove(1), AddLearner(2), AddVoter(4)]), Admin::Transfer { to: 3 }];
        let expected = [
            step(&[AddVoter(4)]),
            step(&[AddLearner(2)]),
            step(&[Remove(1)]),
            Admin::Transfer { to: 3 },
        ];
        assert_eq!(single(&steps), expected);
    }
}
