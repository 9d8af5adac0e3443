//! Flaws in what carries messages between nodes.

use super::{Flaw, Plant};

pub(super) static FLAWS: &[Flaw] = &[Flaw {
    id: "wrong-crc-accepted",
    about: "messages that were damaged on the way are taken for good ones",
    origin: "common; Stone and Partridge, When The CRC and TCP Checksum Disagree, 2000",
    trigger: "bits flip on the way",
    expected: &["log-matching", "state-machine-safety", "sut", "commit-quorum", "linearizable"],
    scenario: "network-storm",
    ceiling: 5,
    plant: Plant::Unchecked,
}];
