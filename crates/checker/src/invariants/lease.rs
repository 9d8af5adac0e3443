//! While a leader answers reads by its lease, nobody leads a later term (*thesis §6.4.1*).
//!
//! That rests on clocks that differ by less than the lease allows for; a scenario that goes
//! beyond has to expect this.

use system::{Note, ReadPath};

use crate::asked::Moment;
use crate::findings::{Findings, Said};
use crate::replica::Replica;

/// Checks an answer of the node behind `replica`; `moment` is when it took the request, which is
/// when the lease counted.
pub(crate) fn observe(said: Said<'_>, moment: Moment, replica: &Replica, findings: &mut Findings) {
    let Note::Read { path: ReadPath::Lease, .. } = *said.note else { return };
    let led = moment.led;
    if led.value > replica.term {
        findings.report(
            "lease",
            "deposed",
            &[(led.node, led.seq), (said.node, said.seq)],
            format!(
                "n{} answered a read by its lease of term {}, and n{} had led term {} before it \
                 was asked",
                said.node, replica.term, led.node, led.value
            ),
        );
    }
}
