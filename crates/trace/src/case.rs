//! A case: one run that is worth being kept, in a file small enough to be reviewed.
//!
//! A bare seed rots: when a scenario gains a fault, or a draw moves, the seed leads somewhere else.
//! A case therefore is a scenario of its own. It bears its seed, and where a run has failed, its
//! faults one by one instead of the chances that they were drawn from.
//!
//! ```toml
//! squall-case = "1.0"
//! title = "A read from the local map of a follower that was cut off"
//! expect = { verdict = "fail", sig = "linearizable/stale-read" }
//! seed = 3
//! recorded = { squall = "0.1.0", system = "raft-rs 0.7.0", hash = "d90420086854", events = 65957 }
//!
//! name = "raftexample"
//! profile = "raftexample"
//!
//! [[fault]]
//! crash = { at = "1s", for = "300ms", target = "leader" }
//! ```
//!
//! * Every key of a scenario may stand in it. With `scenario = "chaos"` the case begins with that
//!   scenario, and what it says itself goes over it: tables key by key, everything else as a whole.
//! * `[[fault]]` pins the plan: exactly these faults strike, and none is drawn. `fault = []` is a
//!   run without any.
//! * `[[op]]` pins the operations, as it does in a scenario.
//!
//! **Not done here:** finding the scenario that is named, and running.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::parse::document::fault_document;
use crate::scenario::{Expect, RecoveryBounds, Scenario, ScriptedFault};

/// The version of the format that is written. Readers take every version with the same major.
pub const CASE_VERSION: &str = "1.0";

/// A run that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// What it shows, in a sentence.
    pub title: String,
    /// How it must end.
    pub expect: CaseExpect,
    /// The scenario that it begins with, if it names one.
    pub based_on: Option<String>,
    /// The scenario, all told: what is drawn from it with `seed` is the run.
    pub scenario: Scenario,
    /// The seed.
    pub seed: u64,
    /// The run that it was made from.
    pub recorded: Option<Recorded>,
}

/// How a case must end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseExpect {
    /// It passes; the signature says what it once failed with.
    Pass {
        /// `check/kind`, if it ever failed.
        was: Option<String>,
    },
    /// It fails with this signature: `check/kind`, or `check/*` for every kind.
    Fail {
        /// The signature.
        signature: String,
    },
}

impl CaseExpect {
    /// The signature that it fails, or once failed, with.
    #[must_use]
    pub fn signature(&self) -> Option<&str> {
        match self {
            CaseExpect::Pass { was } => was.as_deref(),
            CaseExpect::Fail { signature } => Some(signature),
        }
    }

    /// `pass` or `fail`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            CaseExpect::Pass { .. } => "pass",
            CaseExpect::Fail { .. } => "fail",
        }
    }
}

/// The run that a case was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The version of the program that ran it.
    pub squall: String,
    /// The system under test and its version: `raft-rs 0.7.0`.
    pub system: String,
    /// The hash of its events, as [`crate::hash_text`] writes it.
    pub hash: String,
    /// How many events it had.
    pub events: u64,
}

impl Case {
    /// A case of a run: its scenario, with the faults of its plan for those that were drawn.
    #[must_use]
    pub fn of_run(
        title: String,
        expect: CaseExpect,
        scenario: &Scenario,
        (seed, faults): (u64, &[ScriptedFault]),
        recorded: Recorded,
    ) -> Case {
        let scenario = Scenario {
            about: title.clone(),
            draws: Vec::new(),
            swarm: Vec::new(),
            faults: faults.to_vec(),
            require: Vec::new(),
            expect: scenario_expect(&expect),
            // Bounds are of a sweep, and a case is one run.
            recovery: RecoveryBounds::default(),
            ..scenario.clone()
        };
        Case { title, expect, based_on: None, scenario, seed, recorded: Some(recorded) }
    }

    /// The file, as TOML that [`crate::parse_case`] reads back as the same case: what has its
    /// default is left out. Everything is said, so a scenario that was named is not any more.
    #[must_use]
    pub fn to_text(&self) -> String {
        let document = self.scenario.to_document();
        let defaults = Scenario::default().to_document();
        let mut out = String::new();
        line(&mut out, "squall-case", &CASE_VERSION.into());
        line(&mut out, "title", &self.title.as_str().into());
        line(&mut out, "expect", &expect_document(&self.expect));
        let seed =
            i64::try_from(self.seed).map_or_else(|_| self.seed.to_string().into(), Value::from);
        line(&mut out, "seed", &seed);
        if let Some(recorded) = &self.recorded {
            line(&mut out, "recorded", &recorded_document(recorded));
        }
        out.push('\n');
        line(&mut out, "name", &self.scenario.name.as_str().into());
        if self.scenario.about != self.title {
            line(&mut out, "about", &self.scenario.about.as_str().into());
        }
        let document = document.as_object().expect("a scenario is a table");
        let own = |key: &str| {
            !["name", "about", "expect", "op", "draw", "swarm", "fault", "require"].contains(&key)
        };
        let changed =
            |(key, value): &(&String, &Value)| own(key) && defaults.get(key) != Some(value);
        // What is no table stands before the first one.
        for (key, value) in document.iter().filter(changed).filter(|(_, value)| !value.is_object())
        {
            line(&mut out, key, value);
        }
        let pinned = self.scenario.swarm.is_empty();
        if pinned && self.scenario.faults.is_empty() {
            out.push_str("fault = []\n");
        }
        for (key, value) in document.iter().filter(changed) {
            if let Value::Object(fields) = value {
                section(&mut out, key, fields, &defaults[key]);
            }
        }
        entries(&mut out, "op", &document["op"]);
        if let Some(draws) = document.get("draw") {
            entries(&mut out, "draw", draws);
        }
        if !pinned {
            entries(&mut out, "swarm", &document["swarm"]);
        }
        let faults = self.scenario.faults.iter().map(fault_document).collect();
        entries(&mut out, "fault", &faults);
        out
    }
}

/// What the scenario of a case expects: what the case does.
pub(crate) fn scenario_expect(expect: &CaseExpect) -> Expect {
    match expect {
        CaseExpect::Pass { .. } => Expect::Pass,
        CaseExpect::Fail { signature } => {
            Expect::Fail { signatures: vec![signature.clone()], within: 1 }
        }
    }
}

fn expect_document(expect: &CaseExpect) -> Value {
    let mut fields = Map::new();
    fields.insert("verdict".to_owned(), expect.name().into());
    if let Some(signature) = expect.signature() {
        fields.insert("sig".to_owned(), signature.into());
    }
    Value::Object(fields)
}

fn recorded_document(recorded: &Recorded) -> Value {
    serde_json::json!({
        "squall": recorded.squall,
        "system": recorded.system,
        "hash": recorded.hash,
        "events": recorded.events,
    })
}

/// The keys of a table that do not have their default.
fn section(out: &mut String, name: &str, fields: &Map<String, Value>, defaults: &Value) {
    write!(out, "\n[{name}]\n").expect("a String");
    for (key, value) in fields.iter().filter(|(key, value)| defaults.get(key) != Some(value)) {
        line(out, key, value);
    }
}

/// A list of tables, one paragraph each.
fn entries(out: &mut String, name: &str, list: &Value) {
    for entry in list.as_array().expect("a list of tables") {
        write!(out, "\n[[{name}]]\n").expect("a String");
        let fields = entry.as_object().expect("a table");
        let (first, rest): (Vec<_>, Vec<_>) = fields.iter().partition(|(key, _)| *key == "id");
        for (key, value) in first.into_iter().chain(rest) {
            line(out, key, value);
        }
    }
}

fn line(out: &mut String, key: &str, value: &Value) {
    let value = toml::Value::try_from(value).expect("a document has no null");
    writeln!(out, "{key} = {value}").expect("a String");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::case::parse_case;
    use crate::parse_scenario;

    fn nothing(name: &str) -> Result<(String, Vec<u8>), String> {
        Err(format!("no scenario {name}"))
    }

    #[test]
    fn what_is_written_is_read_back() {
        let text = r#"
            name = "odd"
            about = "Quotes \" and \\, a line\nand \u007f."
            profile = "raftexample"
            cluster = { nodes = 3, spares = 2 }
            net = { delay = { dist = "long-tail", min = "1ms", median = "2ms", max = "1s" }, loss = 0.5 }
            workload = { pace = { open = { every = "3ms" } }, mix = { get = 1, put = 2 } }
            op = [{ client = 1, at = "1s", put = { key = "k", value = { hex = "00ff" } } }]
            fault = [
              { id = "a b", partition = { at = "1s", for = "2s", groups = [["n1", "n2"], ["n3"]] } },
              { crash = { at = "3s", for = "1s", target = "leader", effect = 3, place = "after" } },
              { membership = { at = "4s", kind = "add", draw = "18446744073709551615" } },
            ]
        "#;
        let scenario = parse_scenario("odd.toml", text, &[]).expect("a scenario");
        let recorded = Recorded {
            squall: "0.1.0".to_owned(),
            system: "raft-rs 0.7.0".to_owned(),
            hash: "0123456789ab".to_owned(),
            events: 7,
        };
        for (seed, signature) in [(3, "linearizable/stale-read"), (u64::MAX, "durability/*")] {
            let expect = CaseExpect::Fail { signature: signature.to_owned() };
            let run = (seed, scenario.faults.as_slice());
            let title = "What it \"shows\".".to_owned();
            let case = Case::of_run(title, expect, &scenario, run, recorded.clone());
            let text = case.to_text();
            let read = parse_case("odd.case.toml", &text, &[], &mut nothing);
            assert_eq!(read.map_err(|p| p.render(false)), Ok(case), "{text}");
        }
    }

    #[test]
    fn a_run_without_faults_stays_without() {
        let scenario = parse_scenario("s.toml", "about = \"x\"", &[]).expect("a scenario");
        let recorded = Recorded {
            squall: String::new(),
            system: String::new(),
            hash: "0123456789ab".to_owned(),
            events: 0,
        };
        let expect = CaseExpect::Pass { was: None };
        let case = Case::of_run("t".to_owned(), expect, &scenario, (1, &[]), recorded);
        let text = case.to_text();
        assert!(text.contains("fault = []") && !text.contains("[net]"), "{text}");
    }
}
