//! What is wrong with a lock: two who hold it, or one who releases what nobody holds.

use trace::Operation;
use trace::foreign::lock::{is_acquire, is_release};

use super::claim::Claim;
use super::origin::{failed, swapped_from};

/// How many of the latest holders are looked at.
const HOLDERS_MAX: usize = 64;

/// What contradicts the last answer of a history of a lock. `known` is who may be named.
pub(super) fn claim(last: &Operation, known: &[&Operation], all: &[&Operation]) -> Option<Claim> {
    swapped_from(last)?;
    let is_same = |o: &&&Operation| {
        o.id != last.id
            && o.returned_seq < last.returned_seq
            && swapped_from(o).is_some()
            && is_acquire(&o.op) == is_acquire(&last.op)
    };
    let changes_back = |o: &&&Operation| !failed(o) && is_acquire(&o.op) != is_acquire(&last.op);
    // Until here somebody can have changed it back in time.
    let back = all.iter().filter(changes_back).filter(|o| o.invoked_seq < last.returned_seq);
    let until = back.map(|o| o.returned_seq).max();
    let is_sure = |other: &&Operation| {
        let first = other.invoked_seq.min(last.invoked_seq);
        until.is_none_or(|until| first > until)
    };
    let latest = |operations: &[&Operation]| {
        operations.iter().filter(is_same).max_by_key(|o| o.returned_seq).copied().cloned()
    };
    let sure: Vec<&Operation> = all.iter().copied().filter(|o| is_sure(o)).collect();
    if is_release(&last.op) {
        return Some(Claim::NotHeld(latest(&sure)));
    }
    if let Some(holder) = latest(&sure) {
        return Some(Claim::Held(holder));
    }
    // Who acquired it last, and did not try to release it since.
    let keeps = |holder: &&Operation| {
        let mine = |o: &&&Operation| o.id.client == holder.id.client && !failed(o);
        let later = |o: &&&Operation| {
            o.invoked_seq > holder.invoked_seq && o.invoked_seq < last.returned_seq
        };
        !all.iter().filter(mine).filter(later).any(|o| is_release(&o.op))
    };
    let mut holders: Vec<&Operation> = known.iter().filter(is_same).copied().collect();
    holders.sort_by_key(|o| o.returned_seq);
    let holder = holders.into_iter().rev().take(HOLDERS_MAX).find(keeps);
    holder.cloned().map(Claim::Held)
}
