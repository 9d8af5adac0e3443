//! Appends as what they come to: a relation between the values that matter, found backwards from
//! what was seen, and a plain swap or write where only one reading is possible.

use super::model::{Effect, JUNK, Model, State, Values};

/// A value, a suffix, and what appending makes of them.
pub(super) type Edge = (State, u32, State);

/// Finds, backwards from what matters, the values that appends could have made it of, and adds
/// them. The longest results come first.
pub(super) fn trace_appends(values: &mut Values<'_>) -> Vec<Edge> {
    let count = values.suffixes.len() as u32;
    let mut lengths: Vec<usize> =
        (0..count).map(|suffix| values.suffixes.get(suffix).map_or(0, <[u8]>::len)).collect();
    lengths.sort_unstable();
    lengths.dedup();
    let mut edges = Vec::new();
    let mut place = 0;
    while !lengths.is_empty() && place < values.states.len() {
        let result = place as State + 1;
        let seen = values.states.get(place as u32);
        place += 1;
        let Some(bytes) = seen else { continue };
        for &length in lengths.iter().take_while(|&&length| length <= bytes.len()) {
            let (front, back) = bytes.split_at(bytes.len() - length);
            let Some(suffix) = values.suffixes.find(0, Some(back)) else { continue };
            edges.push((values.add(Some(front)), suffix, result));
            if front.is_empty() {
                edges.push((values.add(None), suffix, result));
            }
        }
    }
    edges.sort_by_key(|&(from, suffix, to)| {
        let length = values.states.get(to - 1).map_or(0, <[u8]>::len);
        (std::cmp::Reverse(length), to, from, suffix)
    });
    edges
}

/// How a state can come about.
#[derive(Clone, Debug, Default)]
struct Origin {
    /// Writes, swaps and the beginning.
    direct: u32,
    /// Places of edges to it.
    edges: Vec<u32>,
}

/// Drops the edges that nothing leads to, and turns appends into swaps and writes where there is
/// no choice:
///
/// * an append that can make no value that matters is a write of one that does not;
/// * an append that alone can have made a value that somebody must have seen, of one other value
///   alone, is a swap of these two.
pub(super) fn settle_appends(
    model: &mut Model,
    edges: &mut Vec<Edge>,
    states: usize,
    suffixes: usize,
) {
    if suffixes == 0 {
        return;
    }
    let origins = drop_dead(model, edges, states);
    let mut asked = vec![0u32; suffixes];
    let mut edge_count = vec![0u32; suffixes];
    let mut edge_of = vec![0u32; suffixes];
    for step in &model.steps {
        if let Effect::Append(suffix) = step.effect {
            asked[suffix as usize] += 1;
        }
    }
    for (place, &(_, suffix, _)) in edges.iter().enumerate() {
        edge_count[suffix as usize] += 1;
        edge_of[suffix as usize] = place as u32;
    }
    let seen = must_be_seen(model, edges, &origins);
    let is_settled = |suffix: u32| {
        let to = edges.get(edge_of[suffix as usize] as usize).map_or(JUNK, |edge| edge.2);
        let origin = &origins[to as usize];
        asked[suffix as usize] == 1
            && edge_count[suffix as usize] == 1
            && origin.direct == 0
            && origin.edges.len() == 1
            && seen[to as usize]
    };
    for step in &mut model.steps {
        let Effect::Append(suffix) = step.effect else { continue };
        if edge_count[suffix as usize] == 0 {
            step.effect = Effect::Write(JUNK);
        } else if is_settled(suffix) {
            let (from, _, to) = edges[edge_of[suffix as usize] as usize];
            step.effect = if from == to { Effect::Read(from) } else { Effect::Swap(from, to) };
        }
    }
    let settled: Vec<bool> = (0..suffixes as u32).map(is_settled).collect();
    edges.retain(|&(_, suffix, _)| !settled[suffix as usize]);
}

/// Keeps the edges whose beginning can come about.
fn drop_dead(model: &Model, edges: &mut Vec<Edge>, states: usize) -> Vec<Origin> {
    let mut origins = vec![Origin::default(); states];
    origins[model.initial as usize].direct += 1;
    for step in &model.steps {
        if let Effect::Write(to) | Effect::Swap(_, to) = step.effect {
            origins[to as usize].direct += 1;
        }
    }
    let mut leaving: Vec<Vec<State>> = vec![Vec::new(); states];
    for &(from, _, to) in &*edges {
        leaving[from as usize].push(to);
    }
    let mut alive: Vec<bool> = origins.iter().map(|origin| origin.direct > 0).collect();
    let mut work: Vec<State> = (0..states as State).filter(|&s| alive[s as usize]).collect();
    while let Some(state) = work.pop() {
        for &to in &leaving[state as usize] {
            if !std::mem::replace(&mut alive[to as usize], true) {
                work.push(to);
            }
        }
    }
    edges.retain(|&(from, _, _)| alive[from as usize]);
    for (place, &(_, _, to)) in edges.iter().enumerate() {
        origins[to as usize].edges.push(place as u32);
    }
    origins
}

/// The states that the key must have held at some time: somebody saw them, or the only way to one
/// that somebody saw leads through them.
fn must_be_seen(model: &Model, edges: &[Edge], origins: &[Origin]) -> Vec<bool> {
    let mut seen = vec![false; origins.len()];
    let mut work: Vec<State> = Vec::new();
    for step in &model.steps {
        match step.effect {
            Effect::Read(state) => work.push(state),
            Effect::Swap(from, to) if step.deadline != u32::MAX => work.extend([from, to]),
            _ => {}
        }
    }
    while let Some(state) = work.pop() {
        if std::mem::replace(&mut seen[state as usize], true) {
            continue;
        }
        let origin = &origins[state as usize];
        if let (0, [edge]) = (origin.direct, origin.edges.as_slice()) {
            work.push(edges[*edge as usize].0);
        }
    }
    seen
}
