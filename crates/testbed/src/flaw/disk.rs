//! Flaws in what becomes of errors of the disk, and in what a start makes of what it finds.

use super::Flaw;

pub(super) static FLAWS: &[Flaw] = &[];
