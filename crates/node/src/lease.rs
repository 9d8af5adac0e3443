//! When a leader may answer reads without asking anybody (*thesis §6.4.1*).
//!
//! A quorum that answered a round of heartbeats has heard this leader no earlier than the round
//! began. Every node that heard a leader, or has just started, gives no vote for `election_ticks`
//! of its own clock, unless leadership is being transferred. So nobody else leads before that
//! time has passed, counted from the beginning of the round.
//!
//! The lease is shorter than that promise: one tick, because the other's ticks do not begin with
//! the heartbeat; and a fifth of the rest, for clocks that drift. It is safe while no clock runs
//! faster than another by a quarter.
//!
//! There is no lease in a term in which a transfer was tried, since the message that makes the
//! other campaign may arrive late; and a round that began before the configuration changed
//! counts for nothing, since its quorum may have no member in common with the next but one.

use system::Nanos;

use crate::config::Config;
use crate::reads::Question;
use crate::semantics::LeaseScope;

/// A leader's lease.
pub(crate) struct Lease {
    span: Nanos,
    term: u64,
    start: Nanos,
    is_held: bool,
    /// No lease in this term; 0 for none.
    barred_term: u64,
    /// Questions up to this one count for nothing.
    void_number: u64,
    scope: LeaseScope,
}

impl Lease {
    pub(crate) fn new(config: &Config) -> Self {
        let sound = config.leases && config.check_quorum;
        let promise = config.tick * u64::from(config.election_ticks.saturating_sub(1));
        let span = if sound { promise / 5 * 4 } else { 0 };
        let scope = config.semantics.lease;
        Lease { span, term: 0, start: 0, is_held: false, barred_term: 0, void_number: 0, scope }
    }

    /// A quorum answered a question that this node asked as the leader.
    pub(crate) fn renew(&mut self, question: Question) {
        if !question.leads || question.number <= self.void_number {
            return;
        }
        if !self.is_held || question.term > self.term {
            (self.is_held, self.term, self.start) = (true, question.term, question.at);
        } else if question.term == self.term {
            self.start = self.start.max(question.at);
        }
    }

    /// A transfer is tried in this term.
    pub(crate) fn bar(&mut self, term: u64) {
        if self.scope == LeaseScope::Configuration {
            self.barred_term = term;
        }
    }

    /// The configuration changed; `number` was the last question before.
    pub(crate) fn forget(&mut self, number: u64) {
        if self.scope == LeaseScope::Configuration {
            (self.is_held, self.void_number) = (false, number);
        }
    }

    /// Whether a leader of `term` holds the lease at `now`.
    pub(crate) fn holds(&self, now: Nanos, term: u64) -> bool {
        self.is_held
            && self.term == term
            && self.barred_term != term
            && now < self.start + self.span
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(number: u64, at: Nanos, term: u64) -> Question {
        Question { number, at, term, leads: true }
    }

    #[test]
    fn a_lease_counts_from_the_beginning_of_the_round_and_ends_early() {
        let config = Config { tick: 10, election_ticks: 11, ..Config::default() };
        let mut lease = Lease::new(&config);
        assert!(!lease.holds(0, 1));
        lease.renew(question(1, 1_000, 1));
        assert!(lease.holds(1_079, 1));
        assert!(!lease.holds(1_080, 1));
        assert!(!lease.holds(1_001, 2));
        lease.bar(1);
        assert!(!lease.holds(1_001, 1));
    }

    #[test]
    fn a_change_of_the_configuration_voids_the_rounds_before_it() {
        let mut lease = Lease::new(&Config::default());
        lease.renew(question(1, 0, 1));
        lease.forget(2);
        lease.renew(question(2, 0, 1));
        assert!(!lease.holds(1, 1));
        lease.renew(question(3, 0, 1));
        assert!(lease.holds(1, 1));
    }
}
