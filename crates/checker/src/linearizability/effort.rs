//! Two searches that share one budget: each decides what the other cannot.
//!
//! The frontier goes first. For as long as its second half of a turn explains about as many moments
//! as the first, it goes on alone. Where it gets slower and slower, the search in the depth gets a
//! turn as long, and so on in turns, each twice as long as the one before: whichever is quicker
//! decides, at no more than about four times its own cost. A search that needs more memory than
//! there is, or more slots, drops out, and the other goes on alone.

use super::Road;
use super::depth::Depth;
use super::model::Model;
use super::search::{Bounds, Search};

/// The answer for one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It can be explained.
    Yes,
    /// It cannot.
    No,
    /// The budget was spent.
    Spent,
    /// More memory was needed than there is.
    Full,
    /// More operations were open at once than a frontier has slots for.
    TooOpen,
    /// The watch ended it.
    Stopped,
}

/// Is called now and then with how many moments of how many are explained; false ends the search.
pub(super) type Watch<'a> = dyn FnMut(u64, u64) -> bool + 'a;

/// What may still be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Budget {
    /// Configurations that may be tried.
    pub(super) configurations: u64,
    /// Bytes that may be held at once.
    pub(super) bytes: u64,
}

impl Budget {
    fn spend(&mut self, configurations: u64) {
        self.configurations = self.configurations.saturating_sub(configurations);
    }
}

/// The first turn: so much, and so much more for each moment.
const FIRST_TURN: u64 = 50_000;
const FIRST_TURN_PER_MOMENT: u64 = 128;

/// Judges one key by the searches of a road. Takes what it tries from `budget`.
pub(super) fn search(
    model: &Model,
    budget: &mut Budget,
    road: Road,
    watch: &mut Watch<'_>,
) -> Answer {
    if !watch(0, model.moments.len() as u64) {
        return Answer::Stopped;
    }
    let mut frontier = road.has_frontier().then(|| Search::new(model));
    let mut depth: Option<Depth<'_>> = None;
    let mut can_go_deep = road.has_depth();
    let mut turn = FIRST_TURN + FIRST_TURN_PER_MOMENT * model.moments.len() as u64;
    while budget.configurations > 0 {
        let mut is_steady = false;
        if let Some(search) = &mut frontier {
            match take_turn(search, turn, budget, watch) {
                Ok(steady) => is_steady = steady,
                Err(Answer::TooOpen | Answer::Full) => frontier = None,
                Err(answer) => return answer,
            }
        }
        if can_go_deep && !is_steady {
            let held = frontier.as_ref().map_or(0, Search::bytes);
            let search = depth.get_or_insert_with(|| Depth::new(model));
            let bytes = budget.bytes.saturating_sub(held);
            let bounds = Bounds { cost: turn.min(budget.configurations), bytes };
            let answer = search.run(bounds, watch);
            budget.spend(search.cost());
            match answer {
                Some(Answer::Full) => (depth, can_go_deep) = (None, false),
                Some(answer) => return answer,
                None => {}
            }
        }
        if frontier.is_none() && !can_go_deep {
            return Answer::Full;
        }
        turn = turn.saturating_mul(2);
    }
    Answer::Spent
}

/// Gives the frontier a turn. Says whether it was about as quick in its second half as in its first.
///
/// # Errors
///
/// The answer, if there is one.
fn take_turn(
    search: &mut Search<'_>,
    turn: u64,
    budget: &mut Budget,
    watch: &mut Watch<'_>,
) -> Result<bool, Answer> {
    let mut explained = [0; 2];
    for explained in &mut explained {
        let before = search.done();
        let bounds = Bounds { cost: (turn / 2).min(budget.configurations), bytes: budget.bytes };
        let answer = search.run(bounds, watch);
        budget.spend(search.cost());
        if let Some(answer) = answer {
            return Err(answer);
        }
        *explained = search.done() - before;
    }
    Ok(explained[1] * 2 >= explained[0])
}
