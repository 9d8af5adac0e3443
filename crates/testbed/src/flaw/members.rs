//! Flaws in elections and membership (*Raft §5.2, §6, thesis §4*).

use super::Flaw;

pub(super) static FLAWS: &[Flaw] = &[];
