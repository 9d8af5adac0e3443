//! The words of scenario files, in both directions.

use system::{NodeId, NodeSet, ReadMode};

use crate::scenario::{CrashHow, Direction, EffectClass, Heal, Place, Profile, Shape, Target};

/// The profiles.
pub(crate) const PROFILES: &[(&str, Profile)] =
    &[("correct", Profile::Correct), ("raftexample", Profile::Raftexample)];

/// How reads are served.
pub(crate) const READ_MODES: &[(&str, ReadMode)] = &[
    ("read-index", ReadMode::ReadIndex),
    ("lease", ReadMode::Lease),
    ("log", ReadMode::Log),
    ("local", ReadMode::Local),
];

/// How a node ends.
pub(crate) const CRASH_HOWS: &[(&str, CrashHow)] =
    &[("power", CrashHow::Power), ("kill", CrashHow::Kill), ("stop", CrashHow::Stop)];

/// What is healed after the storm.
pub(crate) const HEALS: &[(&str, Heal)] = &[("all", Heal::All), ("quorum", Heal::Quorum)];

/// Where in an effect a crash falls.
pub(crate) const PLACES: &[(&str, Place)] =
    &[("before", Place::Before), ("inside", Place::Inside), ("after", Place::After)];

/// Which way a clock goes wrong.
pub(crate) const DIRECTIONS: &[(&str, Direction)] =
    &[("ahead", Direction::Ahead), ("behind", Direction::Behind)];

/// Which effects a crash may wait for.
pub(crate) const EFFECTS: &[(&str, EffectClass)] = &[
    ("any", EffectClass::Any),
    ("write", EffectClass::Write),
    ("sync", EffectClass::Sync),
    ("name", EffectClass::Name),
    ("send", EffectClass::Send),
];

/// The shapes without a target.
pub(crate) const SHAPES: &[(&str, Shape)] = &[
    ("halves", Shape::Halves),
    ("majority-ring", Shape::MajorityRing),
    ("bridge", Shape::Bridge),
    ("pair", Shape::Pair),
    ("one-way", Shape::OneWay),
];

/// The shapes with a target, which is written behind them: `isolate-leader`, `mute-n2`.
pub(crate) const AIMED_SHAPES: &[AimedShape] =
    &[("isolate-", Shape::Isolate), ("mute-", Shape::Mute), ("deaf-", Shape::Deaf)];

/// The word in front of the target, and the shape with it.
type AimedShape = (&'static str, fn(Target) -> Shape);

/// The targets without a number.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("leader", Target::Leader),
    ("follower", Target::Follower),
    ("any", Target::Any),
    ("all", Target::All),
];

/// The word for a value of one of the tables above.
pub(crate) fn word_for<T: PartialEq>(words: &[(&'static str, T)], value: &T) -> &'static str {
    words.iter().find(|(_, known)| known == value).expect("the table is complete").0
}

/// `n2`: 2. Only form is checked, not whether there is such a node.
pub(crate) fn parse_node(text: &str) -> Option<NodeId> {
    let digits = text.strip_prefix('n')?;
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain && !digits.starts_with('0') || digits == "0")
}

/// A node or a role.
pub(crate) fn parse_target(text: &str) -> Option<Target> {
    let role = TARGETS.iter().find(|(word, _)| *word == text);
    role.map(|(_, target)| *target).or_else(|| parse_node(text).map(Target::Node))
}

/// The text of a target.
pub(crate) fn write_target(target: Target) -> String {
    match target {
        Target::Node(id) => format!("n{id}"),
        role => word_for(TARGETS, &role).to_owned(),
    }
}

/// The text of a shape; `None` for groups, which are a list.
pub(crate) fn write_shape(shape: &Shape) -> Option<String> {
    match shape {
        Shape::Groups(_) => None,
        Shape::Isolate(target) => Some(format!("isolate-{}", write_target(*target))),
        Shape::Mute(target) => Some(format!("mute-{}", write_target(*target))),
        Shape::Deaf(target) => Some(format!("deaf-{}", write_target(*target))),
        plain => Some(word_for(SHAPES, plain).to_owned()),
    }
}

/// The names of the nodes of a set.
pub(crate) fn node_names(set: NodeSet) -> Vec<String> {
    set.iter().map(|id| format!("n{id}")).collect()
}

/// The known word that was probably meant, if one is close enough.
#[must_use]
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let limit = match word.chars().count() {
        0..=3 => 1,
        4..=8 => 2,
        _ => 3,
    };
    let distances = known.iter().map(|candidate| (distance(word, candidate), *candidate));
    distances.filter(|(distance, _)| *distance <= limit).min().map(|(_, candidate)| candidate)
}

/// Levenshtein's: how many letters must be added, removed or replaced.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_words_find_their_neighbour() {
        let known = ["partition", "crash", "links"];
        assert_eq!(nearest("partiton", &known), Some("partition"));
        assert_eq!(nearest("crahs", &known), Some("crash"));
        assert_eq!(nearest("crush", &known), Some("crash"));
        assert_eq!(nearest("disk", &known), None);
    }

    #[test]
    fn nodes_are_written_in_one_way() {
        assert_eq!(parse_node("n12"), Some(12));
        for text in ["n", "n+1", "n01", "1", "N1", "n1 "] {
            assert_eq!(parse_node(text), None, "{text}");
        }
    }
}
