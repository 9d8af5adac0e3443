//! Which rare things must a good sweep have seen? The names that scenarios require and summaries
//! count; what is looked for stands in the `checker` crate, under the same names.
//!
//! A sweep that never saw a leader die between writing and syncing has not tested what happens
//! then, however many seeds passed (*FoundationDB: code probes; Antithesis: "sometimes"*). Each
//! situation says what it needs, because one that is impossible in a scenario is not a gap of it.
//!
//! **Invariant:** a name once given keeps its meaning: scenarios and summaries of others hold it.

mod need;

pub use need::Need;

use crate::scenario::Scenario;
use Need::{
    CheckQuorum, Clock, Crash, Damage, Disk, IndexReads, Joint, Learners, LeaseReads, Membership,
    Net, Partition, Pause, Power, PreVote, Reads, Sessions, Snapshots, Stir, Transfer, Voters,
};

macro_rules! situations {
    ($($variant:ident = $name:literal, [$($need:expr),*], $about:literal;)*) => {
        /// One thing that can come about in a run.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Situation { $(#[doc = $about] $variant,)* }

        impl Situation {
            /// All of them, in the order in which they are listed.
            pub const ALL: &[Situation] = &[$(Situation::$variant,)*];

            /// How many there are.
            pub const COUNT: usize = Situation::ALL.len();

            /// Its name in scenarios and summaries.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Situation::$variant => $name,)* }
            }

            /// What it is, in one sentence.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Situation::$variant => $about,)* }
            }

            /// What a scenario must have for it to be possible; all of this.
            #[must_use]
            pub fn needs(self) -> &'static [Need] {
                match self { $(Situation::$variant => &[$($need),*],)* }
            }
        }
    };
}

situations! {
    // Elections.
    TwoCandidatesOneTerm = "two-candidates-one-term", [Voters(2), Stir],
        "Two nodes ask for votes in the same term.";
    TermWithoutLeader = "term-without-leader", [Voters(2), Stir],
        "A term in which votes were asked for ends without a leader.";
    PreVoteRefused = "pre-vote-refused", [Voters(2), PreVote, Stir],
        "A pre-vote fails, and its node follows again without having raised the term.";
    TwoLeadersAtOnce = "two-leaders-at-once", [Voters(2), Stir],
        "A leader is elected while one of an earlier term still believes that it leads.";
    LeaderDeposed = "leader-deposed", [Voters(2), Stir],
        "A leader hears of a higher term and steps down.";
    LeaderLosesQuorum = "leader-loses-quorum", [Voters(2), CheckQuorum, Stir],
        "A leader steps down in its own term, because no quorum answers it.";
    CandidateCrashes = "candidate-crashes", [Voters(2), Crash],
        "A candidate crashes after it voted for itself.";
    CrashBetweenVoteAndSync = "crash-between-vote-and-sync", [Voters(2), Crash],
        "A node crashes after it decided to vote and before the vote is durable.";
    RestartInElection = "restart-in-election", [Voters(2), Crash],
        "A node restarts in a term that has no leader yet.";
    CrashedLeaderLeadsAgain = "crashed-leader-leads-again", [Crash],
        "A leader crashes, restarts, and is the next one to be elected.";

    // The log.
    TailTruncated = "tail-truncated", [Voters(2), Stir],
        "A node drops entries that contradict the leader's.";
    RestartedTailTruncated = "restarted-tail-truncated", [Voters(2), Crash],
        "A node drops entries that it had kept over a restart.";
    OwnEntriesTruncated = "own-entries-truncated", [Voters(2), Stir],
        "A deposed leader drops entries that it had itself put into its log.";
    EarlierTermCommitted = "earlier-term-committed", [Voters(2), Stir],
        "Entries of an earlier term become committed by the first entry of a new leader.";
    LeaderCrashesBeforeSync = "leader-crashes-before-sync", [Crash],
        "The leader crashes between writing entries and syncing them.";
    LeaderCrashesWithCommit = "leader-crashes-with-commit", [Voters(2), Crash],
        "The leader crashes when it alone knows that an entry is committed.";
    QuorumDown = "quorum-down", [Crash],
        "So many voters are down that nothing can be committed.";
    AllDown = "all-down", [Crash],
        "All voters are down at once.";
    CrashBeforeRejoining = "crash-before-rejoining", [Crash],
        "A node that has restarted crashes again before it knows of a leader.";

    // Snapshots.
    SnapshotSent = "snapshot-sent", [Voters(2), Snapshots, Stir],
        "A leader sends a snapshot, because the log no longer reaches back far enough.";
    SnapshotLost = "snapshot-lost", [Voters(2), Snapshots, Stir],
        "A snapshot is lost on its way.";
    SnapshotDoubled = "snapshot-doubled", [Voters(2), Snapshots, Net],
        "A snapshot arrives twice.";
    SnapshotInstalled = "snapshot-installed", [Voters(2), Snapshots, Stir],
        "A leader's snapshot replaces a node's log and state.";
    SnapshotInstalledInPartition = "snapshot-installed-in-partition",
        [Voters(2), Snapshots, Partition],
        "A node installs a snapshot while the network is partitioned.";
    SnapshotInstalledTwice = "snapshot-installed-twice", [Voters(2), Snapshots, Stir],
        "A node installs a second snapshot without having restarted.";
    SnapshotReplacesTail = "snapshot-replaces-tail", [Voters(2), Snapshots, Stir],
        "A snapshot replaces a log that holds entries which the node does not know to be committed.";
    SnapshotSenderCrashes = "snapshot-sender-crashes", [Voters(2), Snapshots, Crash],
        "A leader crashes while a snapshot of it is on its way.";
    CrashInSnapshotFile = "crash-in-snapshot-file", [Snapshots, Crash],
        "A node crashes while it writes the file of a snapshot.";
    CrashBeforeSnapshotMark = "crash-before-snapshot-mark", [Snapshots, Crash],
        "A node crashes when a snapshot's file is durable and the log does not tell of it yet.";
    RestartFromSnapshot = "restart-from-snapshot", [Snapshots, Crash],
        "A node restarts from a snapshot and the log behind it.";
    SegmentReleased = "segment-released", [Snapshots],
        "A segment of the write-ahead log is removed, because a snapshot holds what it held.";

    // Disks.
    WriteTorn = "write-torn", [Power],
        "A loss of power tears a write: some of its sectors survive.";
    UnsyncedLost = "unsynced-lost", [Power],
        "A loss of power takes bytes that were written and not synced.";
    TornTailCut = "torn-tail-cut", [Power],
        "Recovery cuts a torn record off the end of the write-ahead log.";
    CrashInSync = "crash-in-sync", [Crash],
        "A node crashes while a sync is under way.";
    CrashInRename = "crash-in-rename", [Snapshots, Crash],
        "A node crashes between a rename and the moment in which it is durable.";
    HaltedByDisk = "halted-by-disk", [Disk],
        "A node ends itself, because its disk answered with an error.";
    DamageFound = "damage-found", [Disk],
        "A node refuses to start on files that hold damage.";
    DiskFull = "disk-full", [Disk],
        "A disk has no room for a write.";

    // Reads and clients.
    ReadAcrossLeaders = "read-across-leaders", [Voters(2), IndexReads, Stir],
        "A node answers a read in a later term than it was asked in.";
    FollowerRead = "follower-read", [Voters(2), IndexReads],
        "A follower answers a read at an index that the leader confirmed.";
    ReadBeforeFirstCommit = "read-before-first-commit", [Reads],
        "A new leader is asked to read before it has committed an entry of its term.";
    LeaseRead = "lease-read", [LeaseReads],
        "A leader answers a read by its lease.";
    LeaseRefused = "lease-refused", [LeaseReads],
        "A leader without a lease is asked to read by it.";
    RetryRemembered = "retry-remembered", [Sessions],
        "A retry is answered from the session table: the first attempt had happened.";
    ProposalAtDeposedLeader = "proposal-at-deposed-leader", [Voters(2), Stir],
        "A leader takes a proposal while another one leads in a later term.";

    // Membership.
    JointEntered = "joint-entered", [Joint],
        "A joint configuration comes into force.";
    JointLeft = "joint-left", [Joint],
        "A joint configuration is left.";
    JointSurvivesLeader = "joint-survives-leader", [Joint],
        "A joint configuration loses its leader, and is left under another one.";
    LeaderRemoved = "leader-removed", [Membership],
        "A leader applies a change that takes its own vote.";
    LearnerPromoted = "learner-promoted", [Learners],
        "A learner becomes a voter.";
    LaggingLearnerPromoted = "lagging-learner-promoted", [Learners],
        "A learner becomes a voter while its log ends ten entries or more before the change.";
    ChangeTruncated = "change-truncated", [Membership, Voters(2), Stir],
        "A change of the configuration is dropped with the tail that holds it.";
    LeaderCrashesInChange = "leader-crashes-in-change", [Membership, Crash],
        "The leader crashes while a change of the configuration is not committed.";
    ChangeInPartition = "change-in-partition", [Membership, Partition],
        "A configuration comes into force while the network is partitioned.";
    NewcomerInstallsSnapshot = "newcomer-installs-snapshot", [Membership, Snapshots],
        "A node whose log is empty is taught by a snapshot.";
    TransferCompleted = "transfer-completed", [Transfer],
        "Leadership is handed over to the node that was named.";
    TransferFailed = "transfer-failed", [Transfer],
        "A transfer of leadership ends without the named node leading.";

    // Network, processes and clocks.
    CorruptMessageRefused = "corrupt-message-refused", [Damage],
        "A damaged message is refused by its receiver's checksum.";
    MailboxFull = "mailbox-full", [Stir],
        "A message is dropped, because its receiver's mailbox is full.";
    ElectedInPause = "elected-in-pause", [Voters(2), Pause],
        "A leader is elected while a node is paused.";
    ElectedUnderClockFault = "elected-under-clock-fault", [Voters(2), Clock],
        "A leader is elected while a clock runs wrong.";
}

impl Situation {
    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Situation> {
        Situation::ALL.iter().copied().find(|situation| situation.name() == name)
    }

    /// The first need that a scenario does not meet; `None` if the situation is possible in it.
    #[must_use]
    pub fn unmet(self, scenario: &Scenario) -> Option<Need> {
        self.needs().iter().copied().find(|need| !need.is_met(scenario))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_that_stand_once_and_lead_back() {
        for (place, situation) in Situation::ALL.iter().enumerate() {
            let name = situation.name();
            assert_eq!(*situation as usize, place, "{name}");
            assert_eq!(Situation::named(name), Some(*situation), "{name} stands twice");
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{name}");
            let about = situation.about();
            assert!(about.ends_with('.') && about.matches(". ").count() == 0, "{about}");
        }
    }
}
