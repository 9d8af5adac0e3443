//! What only a nemesis that draws needs: ranges, choices, and how far it may go.

use system::{Nanos, Setup};

use super::{Delay, LinkFault, Ppm};

/// How much the nemesis may take away at the same time. What would go beyond it does not happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// Nodes that may be down, stopped, or without a connection to a majority at the same time.
    /// `None`: any number.
    pub unavailable: Option<u64>,
    /// Nodes that may be struck by what takes durable data, in the whole run. One of them that
    /// knows what it lost stays down; one that may not know is kept down, unless `silent_loss`
    /// has room for it.
    pub data_loss: u64,
    /// Nodes that may come back without something that they had promised, and take part. Raft
    /// survives none (*Raft §5.1: stable storage*).
    pub silent_loss: u64,
}

/// Which way a clock goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// It runs fast, or jumps forward.
    Ahead,
    /// It runs slowly, or jumps back.
    Behind,
}

/// Ranges from which a seed draws a quality of links; what is `None` stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkRange {
    /// Time on the way.
    pub delay: Option<Delay>,
    /// Chance of loss.
    pub loss: Option<(Ppm, Ppm)>,
    /// Chance of duplication.
    pub duplicate: Option<(Ppm, Ppm)>,
    /// Chance of reordering.
    pub reorder: Option<(Ppm, Ppm)>,
    /// Chance of flipped bits.
    pub corrupt: Option<(Ppm, Ppm)>,
    /// Bytes per second of each directed link.
    pub bandwidth: Option<(u64, u64)>,
    /// Whether messages keep their order.
    pub in_order: Option<bool>,
}

impl From<LinkFault> for LinkRange {
    /// The range that holds only this quality.
    fn from(fault: LinkFault) -> Self {
        let only = |value: Option<Ppm>| value.map(|value| (value, value));
        LinkRange {
            delay: fault.delay,
            loss: only(fault.loss),
            duplicate: only(fault.duplicate),
            reorder: only(fault.reorder),
            corrupt: only(fault.corrupt),
            bandwidth: fault.bandwidth.map(|value| (value, value)),
            in_order: fault.in_order,
        }
    }
}

/// Values of which a restart draws one each; none: the option stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetupChoices {
    /// See [`Setup::snapshot_every`].
    pub snapshot_every: Vec<u64>,
    /// See [`Setup::catch_up_entries`].
    pub catch_up_entries: Vec<u64>,
    /// See [`Setup::segment_bytes`].
    pub segment_bytes: Vec<u64>,
    /// See [`Setup::pre_vote`].
    pub pre_vote: Vec<bool>,
    /// See [`Setup::forward`].
    pub forward: Vec<bool>,
}

impl SetupChoices {
    /// A setup; `choose` picks a place among so many.
    pub fn choose(&self, mut choose: impl FnMut(usize) -> usize) -> Setup {
        fn one<T: Copy>(of: &[T], choose: &mut impl FnMut(usize) -> usize) -> Option<T> {
            (!of.is_empty()).then(|| of[choose(of.len())])
        }
        Setup {
            snapshot_every: one(&self.snapshot_every, &mut choose),
            catch_up_entries: one(&self.catch_up_entries, &mut choose),
            segment_bytes: one(&self.segment_bytes, &mut choose),
            pre_vote: one(&self.pre_vote, &mut choose),
            forward: one(&self.forward, &mut choose),
        }
    }
}

/// The largest drift that is asked for: a clock never stands still.
pub(crate) const RATE_MAX: Ppm = 900_000;

/// The longest jump that is asked for: an hour.
pub(crate) const JUMP_MAX: Nanos = 3_600_000_000_000;
