//! Which directed links hold their messages, and until when.

use system::Nanos;

use super::cuts::Cuts;

/// The clogs of all faults that are on.
///
/// * A link that several faults clog is free when the last of them ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Clogs {
    /// Which links: the same bits as of cuts.
    links: Cuts,
    /// When each fault ends.
    ends: Vec<(u32, Nanos)>,
}

impl Clogs {
    /// When the link is free again; 0 if it is free.
    #[inline]
    pub(super) fn free_at(&self, from: u64, to: u64) -> Nanos {
        if self.ends.is_empty() {
            return 0;
        }
        let clogging = self.ends.iter().filter(|(fault, _)| self.links.holds(*fault, from, to));
        clogging.map(|&(_, end)| end).max().unwrap_or(0)
    }

    pub(super) fn add(
        &mut self,
        fault: u32,
        pairs: impl IntoIterator<Item = (u64, u64)>,
        end: Nanos,
    ) {
        self.ends.push((fault, end));
        self.links.add(fault, pairs);
    }

    pub(super) fn remove(&mut self, fault: u32) {
        self.ends.retain(|&(other, _)| other != fault);
        self.links.remove(fault);
    }
}
