//! Which mistakes can be planted in the nodes? One [`Flaw`] for each mistake that a real system
//! shipped: the testbed's own test, for what it cannot find here it will not find elsewhere.
//!
//! `flaw = "ID"` in a scenario plants one in every node. The node knows nothing of it: a flaw is a
//! [`Filter`] around the node, or other options for it, or a careless transport.
//!
//! * [`planted`]: the node with what is planted around it.
//! * `order`: what is written, synced, sent and answered, in which order.
//! * `disk`: errors of the disk, and what recovery makes of it.
//! * `reads`: how reads are served.
//! * `snapshots`: how they are written, marked, sent and installed.
//! * `members`: elections and membership.
//! * `client`: what clients are told.
//! * `apply`: when a committed entry is applied, acknowledged and read.
//! * `questions`: what a read asks.
//! * `recovery`: what is kept of a life, and what the next one makes of it.
//! * `reigns`: how one leader and one configuration make way for the next.
//! * `transport`: what happens to messages between nodes.
//!
//! **Not done here:** how long it takes to find one; that is `squall gauntlet`.

pub mod planted;

mod apply;
mod client;
mod disk;
mod members;
mod order;
mod questions;
mod reads;
mod recovery;
mod reigns;
mod snapshots;
mod transport;

use trace::Scenario;

use planted::Filter;

/// A mistake that can be planted, and what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct Flaw {
    /// Its name in scenarios and on the command line.
    pub id: &'static str,
    /// What is wrong, in a sentence.
    pub about: &'static str,
    /// Who made it.
    pub origin: &'static str,
    /// What must befall the cluster before it does harm.
    pub trigger: &'static str,
    /// The checks that are expected to find it, or whole signatures (`durability`,
    /// `liveness/no-progress`); any of them will do.
    pub expected: &'static [&'static str],
    /// The stock scenario that fits it best, after `swarm`, which must do.
    pub scenario: &'static str,
    /// Within so many seeds of `swarm` or of [`Flaw::scenario`] it must be found.
    pub ceiling: u64,
    /// How it is planted.
    pub plant: Plant,
}

/// How a flaw is planted.
#[derive(Clone, Copy, Debug)]
pub enum Plant {
    /// Something stands between host and node.
    Filter(fn() -> Box<dyn Filter>),
    /// The node has other options.
    Options(fn(&mut node::Config)),
    /// The transport between nodes does not look at checksums.
    Unchecked,
}

impl Flaw {
    /// A flaw that is in no list: what stands between host and node.
    #[must_use]
    pub const fn unlisted(filter: fn() -> Box<dyn Filter>) -> Flaw {
        Flaw {
            id: "unlisted",
            about: "",
            origin: "",
            trigger: "",
            expected: &[],
            scenario: "",
            ceiling: 0,
            plant: Plant::Filter(filter),
        }
    }

    /// Whether a signature is one of those that are expected.
    #[must_use]
    pub fn expects(&self, signature: &str) -> bool {
        self.expected.iter().any(|expected| {
            let rest = signature.strip_prefix(expected);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '#']))
        })
    }
}

/// Every flaw there is, family by family.
pub fn flaws() -> impl Iterator<Item = &'static Flaw> {
    let families = [
        order::FLAWS,
        disk::FLAWS,
        reads::FLAWS,
        snapshots::FLAWS,
        members::FLAWS,
        client::FLAWS,
        apply::FLAWS,
        questions::FLAWS,
        recovery::FLAWS,
        reigns::FLAWS,
        transport::FLAWS,
    ];
    families.into_iter().flatten()
}

/// Whether the transport between nodes refuses what was damaged on the way.
pub(crate) fn checks_messages(scenario: &Scenario) -> bool {
    let trusts = matches!(flaw_of(scenario), Ok(Some(Flaw { plant: Plant::Unchecked, .. })));
    scenario.net.checksum && !trusts
}

/// The flaw that a scenario plants.
///
/// # Errors
///
/// If there is none with this id; says which one may have been meant.
pub fn flaw_of(scenario: &Scenario) -> Result<Option<&'static Flaw>, String> {
    scenario.flaw.as_deref().map(flaw_named).transpose()
}

/// The flaw with this id.
///
/// # Errors
///
/// If there is none; says which one may have been meant.
pub fn flaw_named(id: &str) -> Result<&'static Flaw, String> {
    flaws().find(|flaw| flaw.id == id).ok_or_else(|| {
        let ids: Vec<&str> = flaws().map(|flaw| flaw.id).collect();
        let help = match trace::nearest(id, &ids) {
            Some(near) => format!("there is one named `{near}`"),
            None => "`squall list flaws` shows what there is".to_owned(),
        };
        format!("no flaw `{id}`; {help}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_apart_and_found() {
        let ids: Vec<&str> = flaws().map(|flaw| flaw.id).collect();
        for id in &ids {
            assert_eq!(flaw_named(id).map(|flaw| flaw.id), Ok(*id));
            assert_eq!(ids.iter().filter(|other| *other == id).count(), 1, "{id} is there twice");
        }
        assert_eq!(flaw_named("no-fsnyc").unwrap_err(), {
            "no flaw `no-fsnyc`; there is one named `no-fsync`"
        });
    }

    #[test]
    fn a_check_is_expected_with_every_kind_and_a_kind_alone() {
        let flaw = Flaw { expected: &["durability", "liveness/no-leader"], ..order::FLAWS[0] };
        assert!(flaw.expects("durability/acknowledged-lost"));
        assert!(flaw.expects("liveness/no-leader"));
        assert!(!flaw.expects("liveness/no-progress"));
        assert!(!flaw.expects("durability-of-another-kind/x"));
        let flaw = Flaw { expected: &["sut/halt"], ..order::FLAWS[0] };
        assert!(flaw.expects("sut/halt#corrupt") && !flaw.expects("sut/halted"));
    }
}
