//! Reads case files: the keys of a case, and around them the scenario that it is or goes over.

use super::draw::draws;
use super::reader::Reader;
use super::sections::{TOP_KEYS, scenario, signature};
use super::source::{Field, Node, Origin, Span, Value};
use super::{SCENARIO_BYTES_MAX, finish, parse_scenario_bytes, parse_tree, parse_tree_of, set};
use super::{only, text_of, too_large};
use crate::case::{CASE_VERSION, Case, CaseExpect, Recorded, scenario_expect};
use crate::problem::Problems;

/// The keys of a case that are not those of a scenario, but for `expect`, which is told in another
/// way.
pub(crate) const CASE_KEYS: &[&str] =
    &["squall-case", "title", "expect", "scenario", "seed", "recorded"];

/// Finds the file of a scenario that a case names: its name and its bytes, or why there is none.
pub type FindScenario<'a> = &'a mut dyn FnMut(&str) -> Result<(String, Vec<u8>), String>;

/// Whether a file is, or is meant to be, a case: by its name or by its first key.
#[must_use]
pub fn is_case(file_name: &str, bytes: &[u8]) -> bool {
    if file_name.ends_with(".case.toml") || file_name.ends_with(".case.json") {
        return true;
    }
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]);
    head.lines().any(|line| {
        let line = line.trim_start().trim_start_matches(['{', '"', ' ']);
        line.strip_prefix("squall-case").is_some_and(|rest| rest.starts_with(['"', ' ', '=']))
    })
}

/// Reads a case from the bytes of a file. `overrides` are the `--set` flags; they change the
/// scenario of the case.
///
/// # Errors
///
/// All that is wrong with it; see [`crate::problem::CODES`].
pub fn parse_case_bytes(
    file_name: &str,
    bytes: &[u8],
    overrides: &[(String, String)],
    find: FindScenario<'_>,
) -> Result<Case, Problems> {
    parse_case(file_name, text_of(file_name, bytes)?, overrides, find)
}

/// Reads a case; see [`parse_case_bytes`].
///
/// # Errors
///
/// All that is wrong with it; see [`crate::problem::CODES`].
pub fn parse_case(
    file_name: &str,
    text: &str,
    overrides: &[(String, String)],
    find: FindScenario<'_>,
) -> Result<Case, Problems> {
    if text.len() > SCENARIO_BYTES_MAX {
        return Err(too_large(file_name, text.len()));
    }
    let root = parse_tree(text).map_err(|problem| only(file_name, text, *problem))?;
    let mut reader = Reader::new();
    let case = case(&mut reader, &root, overrides, find, stem(file_name));
    finish(reader, case, file_name, text, overrides)
}

/// The name of a file without its directory and `.case.toml`.
fn stem(file_name: &str) -> &str {
    let stem = super::stem(file_name);
    stem.strip_suffix(".case").unwrap_or(stem)
}

fn case(
    reader: &mut Reader,
    root: &Node,
    overrides: &[(String, String)],
    find: FindScenario<'_>,
    stem: &str,
) -> Option<Case> {
    let known = [CASE_KEYS, TOP_KEYS].concat();
    let top = reader.table(root, "the case", &known);
    reader.required(top, "squall-case", version);
    let title = reader.required(top, "title", Reader::nonempty);
    let expect = reader.required(top, "expect", expect);
    let seed = reader.required(top, "seed", seed);
    let recorded = reader.optional(top, "recorded", recorded);
    let based_on = reader.optional(top, "scenario", Reader::nonempty);

    // A number that no flag has: what stands in the file of the scenario that is named.
    let elsewhere = overrides.len() + 1;
    let place = top.key_span("scenario").unwrap_or(top.span());
    let mut tree = match &based_on {
        Some(name) => base(reader, name, place, elsewhere, find)?,
        None => Node { span: top.span(), value: Value::Table(Vec::new()) },
    };
    let Value::Table(fields) = &root.value else { return None };
    let pinned = fields.iter().any(|field| field.name == "fault");
    if let Value::Table(under) = &mut tree.value {
        // What is drawn, and what is expected, are not the scenario's to say any more.
        under.retain(|field| {
            field.name != "expect" && !(pinned && ["draw", "swarm"].contains(&&*field.name))
        });
        let ours = |field: &&Field| !CASE_KEYS.contains(&field.name.as_str());
        for field in fields.iter().filter(ours).filter(|field| known.contains(&&*field.name)) {
            put(under, field);
        }
        let told = under.iter().any(|field| field.name == "about");
        if let (false, Some(title)) = (told, fields.iter().find(|field| field.name == "title")) {
            under.push(Field { name: "about".to_owned(), ..title.clone() });
        }
    }
    for (position, flag) in overrides.iter().enumerate() {
        set::apply(reader, &mut tree, position + 1, flag);
    }
    let name = based_on.as_deref().map_or(stem, super::stem);
    let mut scenario = scenario(reader, &tree, name);
    if let (Some(scenario), true) = (&mut scenario, reader.problems.is_empty() && !pinned) {
        scenario.draws = draws(reader, &tree, name, overrides);
    }
    // What is wrong only together with the case is told where the case names the scenario.
    for problem in reader.problems.iter_mut().filter(|problem| problem.source == elsewhere) {
        problem.source = place.source;
        problem.span = place.start..place.end;
        problem.label = format!("in the scenario that this names: {}", problem.label);
        problem.also = None;
    }
    let (mut scenario, expect) = (scenario?, expect?);
    if pinned {
        scenario.swarm = Vec::new();
    }
    scenario.expect = scenario_expect(&expect);
    Some(Case { title: title?, expect, based_on, scenario, seed: seed?, recorded })
}

/// The tree of the scenario that is named.
fn base(
    reader: &mut Reader,
    name: &str,
    place: Span,
    source: usize,
    find: FindScenario<'_>,
) -> Option<Node> {
    let read = find(name).and_then(|(file, bytes)| {
        let first = |problems: Problems| {
            let first = problems.list.first().map_or("", |problem| &problem.message).to_owned();
            format!("{file} is itself wrong: {first}")
        };
        parse_scenario_bytes(&file, &bytes, &[]).map_err(first)?;
        let text = String::from_utf8(bytes).expect("it was just read as text");
        Ok(parse_tree_of(&text, Origin { source, shift: 0 }).expect("it was just read"))
    });
    match read {
        Ok(tree) => Some(tree),
        Err(message) => {
            reader.problem("S040", message, place, "this scenario cannot be used");
            None
        }
    }
}

/// Puts a field of the case over what the scenario has: sections key by key, everything else, such
/// as a distribution or a mix, as a whole.
fn put(under: &mut Vec<Field>, field: &Field) {
    let old = under.iter_mut().find(|old| old.name == field.name);
    match old.map(|old| (&mut old.node.value, &field.node.value)) {
        Some((Value::Table(section), Value::Table(over))) => {
            section.retain(|old| over.iter().all(|field| field.name != old.name));
            section.extend(over.iter().cloned());
        }
        _ => {
            under.retain(|old| old.name != field.name);
            under.push(field.clone());
        }
    }
}

fn version(reader: &mut Reader, node: &Node) -> Option<()> {
    let text = reader.text(node)?;
    let major = |text: &str| text.split('.').next().and_then(|major| major.parse::<u64>().ok());
    if major(&text) != major(CASE_VERSION) {
        let message = format!("version `{text}` of the format is not known");
        let label = format!("this program reads 1.x and writes {CASE_VERSION}");
        reader.problem("S041", message, node.span, label);
    }
    Some(())
}

/// A seed: an integer, or digits in a string where TOML's integers end.
fn seed(reader: &mut Reader, node: &Node) -> Option<u64> {
    match &node.value {
        Value::Text(digits) if digits.parse::<u64>().is_ok() => digits.parse().ok(),
        _ => reader.int(node, 0..=u64::MAX),
    }
}

fn expect(reader: &mut Reader, node: &Node) -> Option<CaseExpect> {
    let table = reader.table(node, "`expect`", &["verdict", "sig"]);
    let verdicts = [("pass", false), ("fail", true)];
    let fails = reader.required(table, "verdict", |r, n| r.word(n, "verdict", &verdicts))?;
    if fails {
        let signature = reader.required(table, "sig", signature)?;
        return Some(CaseExpect::Fail { signature });
    }
    Some(CaseExpect::Pass { was: reader.optional(table, "sig", signature) })
}

fn recorded(reader: &mut Reader, node: &Node) -> Option<Recorded> {
    let table = reader.table(node, "`recorded`", &["squall", "system", "hash", "events"]);
    let squall = reader.required(table, "squall", Reader::nonempty);
    let system = reader.required(table, "system", Reader::nonempty);
    let hash = reader.required(table, "hash", hash);
    let events = reader.required(table, "events", |r, n| r.int(n, 0..=i64::MAX.unsigned_abs()));
    Some(Recorded { squall: squall?, system: system?, hash: hash?, events: events? })
}

fn hash(reader: &mut Reader, node: &Node) -> Option<String> {
    let text = reader.text(node)?;
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() != 12 || !text.bytes().all(digit) {
        let message = format!("`{text}` is not the hash of a run");
        reader.problem("S042", message, node.span, "expected 12 hex digits, such as 3f9c12e07b1a");
    }
    Some(text)
}
