//! What does a trace need to be run again? Its first line: scenario, seed, faults, build.

use std::fmt::Write as _;

use serde_json::Value;
use system::Digest;

use crate::hash::hash_text;
use crate::line::{Fields, Object};
use crate::parse::document::fault_document;
use crate::parse::{parse_fault, parse_scenario};
use crate::scenario::{Scenario, ScriptedFault};

/// The version of the format that is written. Readers take every version with the same major.
pub const TRACE_VERSION: &str = "1.0";

/// What made the trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Build {
    /// The version of this program.
    pub squall: String,
    /// The name of the system under test (`raft-rs`).
    pub system: String,
    /// Its version.
    pub system_version: String,
    /// How it was compiled: `release`, `debug`, `checked`.
    pub profile: String,
}

/// Everything that a run depends on, and what ran it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The scenario, with the overrides applied.
    pub scenario: Scenario,
    /// The seed.
    pub seed: u64,
    /// Every fault of the plan, scripted and drawn: `f1` is the first.
    pub faults: Vec<ScriptedFault>,
    /// What the seed drew before the faults, for the reader: see [`crate::Plan::knobs`].
    pub knobs: Vec<(String, u64)>,
    /// What the command line changed in the scenario, for the reader.
    pub overrides: Vec<(String, String)>,
    /// What made the trace.
    pub build: Build,
}

impl Header {
    /// The name of the run: a hash of what it depends on besides the build. 12 hex digits, of
    /// which people type as many as are needed.
    #[must_use]
    pub fn run(&self) -> String {
        let mut text = String::new();
        let mut line = Object::open(&mut text);
        self.write_inputs(&mut line);
        line.close();
        run_of(&text)
    }

    /// Writes the line, without a line feed.
    pub fn write(&self, out: &mut String) {
        let mut line = Object::open(out);
        line.text("squall", "trace");
        line.text("v", TRACE_VERSION);
        line.text("run", &self.run());
        self.write_inputs(&mut line);
        let mut system = Object::open(line.key("system"));
        system.text("name", &self.build.system);
        system.text("version", &self.build.system_version);
        system.close();
        let mut build = Object::open(line.key("build"));
        build.text("squall", &self.build.squall);
        build.text("profile", &self.build.profile);
        build.close();
        self.write_cluster(&mut line);
        line.close();
    }

    fn write_inputs(&self, line: &mut Object<'_>) {
        line.text("name", &self.scenario.name);
        let document = self.scenario.to_document().to_string();
        line.key("scenario").push_str(&document);
        line.number("seed", self.seed);
        let mut plan = Object::open(line.key("plan"));
        let faults = Value::Array(self.faults.iter().map(fault_document).collect());
        plan.key("faults").push_str(&faults.to_string());
        if !self.knobs.is_empty() {
            let mut knobs = Object::open(plan.key("knobs"));
            for (name, value) in &self.knobs {
                knobs.number(name, *value);
            }
            knobs.close();
        }
        plan.close();
        let overrides: Vec<Value> =
            self.overrides.iter().map(|(key, value)| Value::from(vec![&**key, &**value])).collect();
        line.key("overrides").push_str(&Value::Array(overrides).to_string());
        if let Some(flaw) = &self.scenario.flaw {
            line.text("flaw", flaw);
        }
    }

    /// Who takes part, for readers that do not know scenarios.
    fn write_cluster(&self, line: &mut Object<'_>) {
        let names = |out: &mut String, tag: char, count: u64| {
            crate::line::list(out, 1..=count, |out, id| {
                write!(out, "\"{tag}{id}\"").expect("a String takes everything");
            });
        };
        let cluster = &self.scenario.cluster;
        let mut object = Object::open(line.key("cluster"));
        names(object.key("nodes"), 'n', cluster.nodes + cluster.learners + cluster.spares);
        names(object.key("clients"), 'c', cluster.clients);
        object.close();
    }

    /// Reads the line.
    pub(crate) fn parse(line: Fields<'_>) -> Result<Header, String> {
        let object = |key: &str| {
            let value = line.need(key)?;
            value.as_object().map(Fields).ok_or(format!("field `{key}` should be an object"))
        };
        let (plan, system, build) = (object("plan")?, object("system")?, object("build")?);
        let faults = plan
            .list("faults")?
            .iter()
            .map(|fault| parse_fault(fault).map_err(|problem| format!("plan.faults: {problem}")));
        let pair = |value: &Value| {
            let [key, value] = value.as_array()?.as_slice() else { return None };
            Some((key.as_str()?.to_string(), value.as_str()?.to_string()))
        };
        intact(line)?;
        let overrides = line.list("overrides")?.iter().map(|value| {
            pair(value).ok_or_else(|| "field `overrides` should hold pairs".to_string())
        });
        Ok(Header {
            scenario: scenario(line)?,
            seed: line.number("seed")?,
            faults: faults.collect::<Result<_, _>>()?,
            knobs: knobs(plan)?,
            overrides: overrides.collect::<Result<_, _>>()?,
            build: Build {
                squall: build.text("squall")?.into(),
                system: system.text("name")?.into(),
                system_version: system.text("version")?.into(),
                profile: build.text("profile")?.into(),
            },
        })
    }
}

fn knobs(plan: Fields<'_>) -> Result<Vec<(String, u64)>, String> {
    let Some(value) = plan.get("knobs") else { return Ok(Vec::new()) };
    let fields = value.as_object().ok_or("field `plan.knobs` should be an object")?;
    let knob = |(name, value): (&String, &Value)| {
        let value = value.as_u64().ok_or(format!("knob `{name}` should be a number"))?;
        Ok((name.clone(), value))
    };
    fields.iter().map(knob).collect()
}

fn run_of(inputs: &str) -> String {
    hash_text(Digest::new().bytes(inputs.as_bytes()).finish())
}

/// Checks that the name of the run still fits what is written behind it. Compares texts and not
/// scenarios, so that a scenario may gain options with later versions.
fn intact(line: Fields<'_>) -> Result<(), String> {
    let mut text = String::new();
    let mut inputs = Object::open(&mut text);
    for key in ["name", "scenario", "seed", "plan", "overrides", "flaw"] {
        if let Some(value) = line.get(key) {
            inputs.key(key).push_str(&value.to_string());
        }
    }
    inputs.close();
    let (expected, found) = (line.text("run")?, run_of(&text));
    if expected == found {
        return Ok(());
    }
    Err(format!("the header is damaged: it names run {expected}, its content gives {found}"))
}

fn scenario(line: Fields<'_>) -> Result<Scenario, String> {
    let name = line.text("name")?;
    let text = line.need("scenario")?.to_string();
    parse_scenario(name, &text, &[]).map_err(|problems| {
        let messages: Vec<&str> = problems.list.iter().map(|problem| &*problem.message).collect();
        format!("scenario: {}", messages.join("; "))
    })
}
