//! `[[draw]]`: what each seed draws of the scenario itself. An entry has keys of the scenario with
//! a list of values each, as many for one as for the others; each seed takes the first of all, or
//! the second of all, and so on.
//!
//! Every choice alone must make a sound scenario, which is tried when the file is read. Where two
//! choices that a seed has drawn do not go together, the later one is not made.

use serde_json::{Map, Number, Value as Json};

use super::reader::{Reader, quoted};
use super::sections::scenario;
use super::source::{Field, Node, Span, Value};
use super::{parse_scenario, set};
use crate::scenario::{Draw, Scenario};

/// The sections of which something can be drawn.
pub(crate) const DRAWN: &[&str] =
    &["cluster", "node", "workload", "net", "disk", "budget", "limits"];

/// An entry as it is read: the key and the values of each line.
type Lines<'a> = Vec<(&'a Field, &'a [Node])>;

/// The entries of a scenario that is sound without them. What a flag has set is not drawn.
pub(super) fn draws(
    reader: &mut Reader,
    root: &Node,
    stem: &str,
    flags: &[(String, String)],
) -> Vec<Draw> {
    let Value::Table(fields) = &root.value else { return Vec::new() };
    let Some(field) = fields.iter().find(|field| field.name == "draw") else { return Vec::new() };
    let Value::List(entries) = &field.node.value else {
        reader.wrong_type(&field.node, "a list of tables, [[draw]]");
        return Vec::new();
    };
    let mut draws = Vec::new();
    for entry in entries {
        let Some(lines) = lines(reader, entry) else { continue };
        let draw = Draw {
            keys: lines.iter().map(|(key, _)| key.name.clone()).collect(),
            choices: (0..lines[0].1.len()).filter_map(|nth| choice(reader, &lines, nth)).collect(),
        };
        let set = flags.iter().any(|(key, _)| draw.concerns(key));
        if set || draw.choices.len() < lines[0].1.len() {
            continue;
        }
        try_each(reader, root, stem, &lines);
        draws.push(draw);
    }
    draws
}

/// The lines of an entry, if they fit together.
fn lines<'a>(reader: &mut Reader, entry: &'a Node) -> Option<Lines<'a>> {
    let Value::Table(fields) = &entry.value else {
        reader.wrong_type(entry, "a table");
        return None;
    };
    let mut lines = Lines::new();
    for field in fields {
        let section = field.name.split_once('.').map(|(section, _)| section);
        if !section.is_some_and(|section| DRAWN.contains(&section)) || field.name.ends_with('.') {
            let message = format!("`{}` cannot be drawn", field.name);
            let help = format!(
                "write a key such as \"node.snapshot-every\", in one of the sections {}",
                quoted(DRAWN)
            );
            reader.problem("S031", message, field.span, "").help = Some(help);
            return None;
        }
        match &field.node.value {
            Value::List(values) if !values.is_empty() => lines.push((field, values)),
            Value::List(_) => {
                let message = format!("`{}` has no value to draw", field.name);
                reader.problem("S024", message, field.node.span, "");
                return None;
            }
            _ => {
                reader.wrong_type(&field.node, "a list of values");
                return None;
            }
        }
    }
    // The order of keys in a table means nothing.
    lines.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    let Some(((first, values), rest)) = lines.split_first() else {
        reader.problem("S031", "[[draw]] without a key".to_owned(), entry.span, "");
        return None;
    };
    if let Some((other, theirs)) = rest.iter().find(|(_, theirs)| theirs.len() != values.len()) {
        let message = format!(
            "`{}` and `{}` have lists of {} and {} values",
            first.name,
            other.name,
            values.len(),
            theirs.len()
        );
        let label = "one list must be as long as the other";
        reader.problem("S031", message, other.node.span, label);
        return None;
    }
    Some(lines)
}

fn choice(reader: &mut Reader, lines: &Lines<'_>, nth: usize) -> Option<Vec<Json>> {
    let values = lines.iter().map(|(_, values)| match json(&values[nth].value) {
        Some(value) => Some(value),
        None => {
            reader.wrong_type(&values[nth], "a value that a scenario can have");
            None
        }
    });
    values.collect()
}

/// Whether each choice makes a sound scenario; the first thing that is wrong with one is said where
/// the choice stands.
fn try_each(reader: &mut Reader, root: &Node, stem: &str, lines: &Lines<'_>) {
    for nth in 0..lines[0].1.len() {
        let mut tree = root.clone();
        let mut trial = Reader::new();
        for (key, values) in lines {
            set::put(&mut trial, &mut tree, &key.name, key.span, values[nth].clone());
        }
        let _ = scenario(&mut trial, &tree, stem);
        if let Some(problem) = trial.problems.first() {
            let span: Span = lines[0].1[nth].span;
            let message = format!("this choice makes no scenario: {}", problem.message);
            reader.problem(problem.code, message, span, problem.label.clone());
        }
    }
}

fn json(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Text(text) => text.as_str().into(),
        Value::Int(number) => Json::Number(number.to_string().parse::<Number>().ok()?),
        Value::Decimal(digits) => Json::Number(digits.parse::<Number>().ok()?),
        Value::Bool(value) => (*value).into(),
        Value::List(items) => items.iter().map(|item| json(&item.value)).collect::<Option<_>>()?,
        Value::Table(fields) => {
            let fields =
                fields.iter().map(|field| Some((field.name.clone(), json(&field.node.value)?)));
            Json::Object(fields.collect::<Option<Map<_, _>>>()?)
        }
        Value::Other(_) => return None,
    })
}

impl Scenario {
    /// The scenario with each choice of each entry, one at a time.
    pub fn variants(&self) -> impl Iterator<Item = Scenario> {
        self.draws.iter().flat_map(|draw| {
            (0..draw.choices.len()).map(|choice| {
                let alone = Scenario { draws: vec![draw.clone()], ..self.clone() };
                alone.settled(|_, _| choice).0
            })
        })
    }

    /// The scenario of one seed, and the choices in words. `pick` is asked for one of so many
    /// choices, entry by entry.
    pub fn settled(&self, mut pick: impl FnMut(usize, usize) -> usize) -> (Scenario, Vec<String>) {
        if self.draws.is_empty() {
            return (self.clone(), Vec::new());
        }
        let picked: Vec<(&Draw, usize)> = (self.draws.iter().enumerate())
            .map(|(entry, draw)| (draw, pick(entry, draw.choices.len())))
            .collect();
        let bare = Scenario { draws: Vec::new(), ..self.clone() };
        let document = bare.to_document();
        let with = |picked: &[(&Draw, usize)]| {
            let mut document = document.clone();
            for (draw, choice) in picked {
                for (key, value) in draw.keys.iter().zip(&draw.choices[*choice]) {
                    let place = key.split('.').fold(&mut document, |place, key| &mut place[key]);
                    *place = value.clone();
                }
            }
            parse_scenario(&self.name, &document.to_string(), &[]).ok()
        };
        if let Some(scenario) = with(&picked) {
            return (scenario, picked.iter().flat_map(|(draw, n)| draw.words(*n)).collect());
        }
        let mut made: Vec<(&Draw, usize)> = Vec::new();
        for choice in picked {
            made.push(choice);
            if with(&made).is_none() {
                made.pop();
            }
        }
        let scenario = with(&made).expect("the scenario was sound before");
        (scenario, made.iter().flat_map(|(draw, n)| draw.words(*n)).collect())
    }
}

/// The entries as a document.
pub(super) fn document(draws: &[Draw]) -> Json {
    let entry = |draw: &Draw| {
        let column = |nth: usize| draw.choices.iter().map(|choice| choice[nth].clone()).collect();
        let fields = draw.keys.iter().enumerate().map(|(nth, key)| (key.clone(), column(nth)));
        Json::Object(fields.collect())
    };
    draws.iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
about = "a test"
[budget]
unavailable = 2
[[draw]]
"cluster.nodes" = [5, 3]
"budget.unavailable" = [2, 1]
[[draw]]
"workload.large-values" = [{ chance = 0.02, bytes = 100 }, { chance = 0, bytes = 1 }]
[[draw]]
"node.election-ticks" = [15, 20, 6]
[[draw]]
"node.heartbeat-ticks" = [5, 10]
"#;

    fn read(text: &str, flags: &[(&str, &str)]) -> Result<Scenario, String> {
        let flags: Vec<_> = flags.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        parse_scenario("test.toml", text, &flags).map_err(|problems| problems.render(false))
    }

    fn settled(picks: &[usize]) -> (Scenario, Vec<String>) {
        read(TEXT, &[]).unwrap().settled(|entry, _| picks[entry])
    }

    #[test]
    fn each_seed_takes_one_choice_of_each_entry() {
        let (scenario, words) = settled(&[1, 0, 1, 1]);
        assert_eq!((scenario.cluster.nodes, scenario.budget.unavailable), (3, Some(1)));
        assert_eq!(scenario.workload.large_values.unwrap().chance, 20_000);
        assert_eq!((scenario.node.election_ticks, scenario.node.heartbeat_ticks), (20, 10));
        assert!(scenario.draws.is_empty(), "nothing is left to draw");
        let expected = ["budget.unavailable=1", "cluster.nodes=3"];
        assert!(expected.iter().all(|word| words.iter().any(|known| known == word)), "{words:?}");
    }

    #[test]
    fn what_does_not_go_together_is_left_as_it_was() {
        let (scenario, words) = settled(&[0, 0, 2, 1]);
        assert_eq!((scenario.node.election_ticks, scenario.node.heartbeat_ticks), (6, 5));
        assert!(words.iter().all(|word| !word.contains("heartbeat")), "{words:?}");
    }

    #[test]
    fn what_a_flag_has_set_is_not_drawn() {
        let scenario = read(TEXT, &[("cluster.nodes", "7")]).unwrap();
        assert_eq!(scenario.draws.len(), 3);
        let (scenario, _) = scenario.settled(|_, _| 1);
        assert_eq!((scenario.cluster.nodes, scenario.budget.unavailable), (7, Some(2)));
        assert!(read(TEXT, &[("draw", "[]")]).unwrap().draws.is_empty());
    }

    #[test]
    fn mistakes_are_told_where_they_stand() {
        let problem =
            |line: &str| read(&format!("about = \"a test\"\n[[draw]]\n{line}\n"), &[]).unwrap_err();
        for (line, expected) in [
            ("\"node.snapshot-every\" = 10", "expected a list of values"),
            ("\"node.snapshot-every\" = []", "has no value to draw"),
            ("\"flaw\" = [\"no-fsync\"]", "`flaw` cannot be drawn"),
            ("\"swarm.0\" = [1]", "`swarm.0` cannot be drawn"),
            ("\"node.\" = [1]", "`node.` cannot be drawn"),
            ("", "[[draw]] without a key"),
            ("\"node.snapshot-every\" = [1, 2]\n\"net.loss\" = [0]", "lists of 1 and 2 values"),
            ("\"node.snapshot-evry\" = [1]", "unknown key `snapshot-evry`"),
            ("\"cluster.nodes\" = [5, 64]", "a cluster of 64 nodes"),
            ("\"net.loss\" = [2020-01-01]", "a value that a scenario can have"),
        ] {
            let told = problem(line);
            assert!(told.contains(expected), "{line}: {told}");
            assert!(told.contains("test.toml:"), "{told}");
        }
    }

    #[test]
    fn a_need_may_be_met_by_what_is_drawn() {
        let lease = "about = \"a test\"\n[[draw]]\n\"workload.read\" = [\"log\", \"lease\"]";
        let scenario = read(lease, &[]).unwrap();
        assert!(crate::Need::LeaseReads.is_met(&scenario));
        assert!(!crate::Need::LeaseReads.is_met(&scenario.settled(|_, _| 0).0));
    }
}
