//! The luck of one operation, and what it means: how much of it takes place, and what a loss of
//! power leaves of it.

use super::DiskOptions;
use crate::chance::{Stream, hits, mix, scale};

/// The words of one operation. Those that decide after a loss of power stay with the change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Luck {
    /// Whether the change survives a loss of power, and else, whether it is torn.
    pub(super) survive: u64,
    /// Which sectors of a torn write survive.
    pub(super) sectors: u64,
    /// How far the operation gets if a crash falls inside it.
    pub(super) inside: u64,
    /// Which faults strike it.
    pub(super) fault: u64,
}

/// How much of an operation takes place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    /// All of it.
    Whole,
    /// Some of it, as these bits say; then the node crashes.
    Inside(u64),
    /// An error of the medium; of a write, perhaps a prefix, as these bits say.
    Fails(u64),
    /// A sync fails: what was dirty stays so.
    Keeps,
    /// A sync fails: what was dirty counts as clean, and is perhaps no longer shown.
    Drops { evicts: bool },
    /// A sync does nothing.
    Lies,
    /// A write goes elsewhere, as these bits say.
    Misdirected(u64),
}

/// What a loss of power does to one change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Survival {
    Whole,
    /// These bits choose the sectors.
    Torn(u64),
    Vanished,
}

impl Luck {
    /// Takes four words.
    #[inline]
    pub(super) fn draw(stream: &mut Stream) -> Self {
        let [survive, sectors] = [stream.next_u64(), stream.next_u64()];
        let [inside, fault] = [stream.next_u64(), stream.next_u64()];
        Luck { survive, sectors, inside, fault }
    }

    /// The luck of the name that a write creates: it and the content survive by themselves.
    pub(super) fn of_name(self) -> Self {
        Luck { survive: mix(self.survive), sectors: mix(self.sectors), ..self }
    }

    pub(super) fn survival(self, options: &DiskOptions) -> Survival {
        if hits((self.survive >> 32) as u32, options.survive) {
            Survival::Whole
        } else if hits(self.survive as u32, options.tear) {
            Survival::Torn(self.sectors)
        } else {
            Survival::Vanished
        }
    }
}

impl Fate {
    /// How many of `len` bytes are written.
    #[inline]
    pub(super) fn prefix(self, len: usize) -> usize {
        match self {
            Fate::Inside(bits) => scale(bits, len as u64 + 1) as usize,
            // Mostly nothing is done, else some of it.
            Fate::Fails(bits) if bits & 3 == 0 => scale(mix(bits), len as u64) as usize,
            Fate::Fails(_) => 0,
            _ => len,
        }
    }

    /// Whether an operation that cannot be done in part is done.
    #[inline]
    pub(super) fn happens(self) -> bool {
        match self {
            Fate::Inside(bits) => bits & 1 == 1,
            Fate::Fails(_) => false,
            _ => true,
        }
    }
}
