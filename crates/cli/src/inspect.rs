//! `squall inspect`: questions to a trace, answered in text or in JSON lines.

use std::fs::File;
use std::path::Path;

use serde_json::json;
use system::{Nanos, NodeSet};
use trace::{Event, OpId, Query, StateTable};

use crate::args::InspectArgs;
use crate::output::{self, Color, Format, Stop};
use crate::{exit, runs, words};

/// Text that is collected before it is written.
const CHUNK_BYTES: usize = 1 << 16;

/// Answers, and returns the exit code.
pub(crate) fn inspect(args: &InspectArgs, _: Color) -> Result<u8, Stop> {
    // The question is checked before the trace is read: that may take a while.
    let query = Query::parse(args.query.as_deref().unwrap_or("")).map_err(Stop::bad_input)?;
    let at = args.at.as_deref().map(time).transpose()?;
    let op = args.why.as_deref().map(op).transpose()?;
    let path = runs::trace_of(&args.target)?;
    let events = read(&path)?;
    let limit = args.limit.unwrap_or(usize::MAX);
    match (at, op) {
        (Some(at), _) => output::result(&state(&events, at, args.format))?,
        (None, Some(op)) => output::result(&why(&events, op, limit, args.format)?)?,
        (None, None) => {
            let wanted = events.iter().filter(|event| query.matches(event));
            list(wanted.take(limit), args.format)?;
        }
    }
    Ok(exit::PASS)
}

/// Prints events, one line each.
fn list<'a>(events: impl Iterator<Item = &'a Event>, format: Format) -> Result<(), Stop> {
    let mut text = String::new();
    for event in events {
        line(event, format, &mut text);
        if text.len() >= CHUNK_BYTES {
            output::result(&text)?;
            text.clear();
        }
    }
    output::result(&text)
}

fn line(event: &Event, format: Format, text: &mut String) {
    match format {
        Format::Human => text.push_str(&trace::text::event_line(event)),
        Format::Json => trace::write_line(event, text),
    }
    text.push('\n');
}

/// Where every node stands at a time; what happens at that time has happened.
fn state(events: &[Event], at: Nanos, format: Format) -> String {
    let mut table = StateTable::new();
    events.iter().take_while(|event| event.at <= at).for_each(|event| table.observe(event));
    if format == Format::Human {
        return table.render(at);
    }
    let nodes = NodeSet::first(NodeSet::MAX);
    let known = nodes.iter().filter_map(|id| table.node(id).map(|state| (id, state)));
    known
        .map(|(id, state)| {
            let line = json!({
                "t": at,
                "node": format!("n{id}"),
                "up": state.up,
                "inc": state.incarnation,
                "role": words::role(state.role),
                "term": state.term,
                "leader": state.leader,
                "commit": state.commit,
                "applied": state.applied,
                "last": [state.last.0, state.last.1],
                "synced": state.synced,
                "snapshot": state.snapshot,
            });
            format!("{line}\n")
        })
        .collect()
}

/// What led to the end of an operation, newest first.
fn why(events: &[Event], op: OpId, limit: usize, format: Format) -> Result<String, Stop> {
    let past = trace::why(events, op);
    if past.is_empty() {
        let name = trace::text::op_name(op);
        return Err(Stop::bad_input(format!("the trace knows no operation {name}")));
    }
    let mut text = String::new();
    match format {
        Format::Json => past.iter().take(limit).for_each(|event| line(event, format, &mut text)),
        Format::Human => {
            for told in trace::render_why(events, op).lines().take(limit) {
                text.push_str(told);
                text.push('\n');
            }
        }
    }
    Ok(text)
}

/// Reads the events of a trace. One that is cut can be read up to there.
fn read(path: &Path) -> Result<Vec<Event>, Stop> {
    let name = path.display();
    let file = File::open(path)
        .map_err(|error| Stop::bad_input(format!("cannot read trace {name}: {error}")))?;
    let bad = |problem| Stop::bad_input(format!("{name}: {problem}"));
    let mut reader = trace::reader(file).map_err(bad)?;
    let mut events = Vec::new();
    let mut last = 1;
    for line in &mut reader {
        let line = line.map_err(bad)?;
        last = line.number;
        events.extend(line.event);
    }
    if reader.truncated() {
        output::note(&format!("warning: {name}: cut behind line {last}; the rest is missing"));
    }
    Ok(events)
}

fn time(text: &str) -> Result<Nanos, Stop> {
    let expected = || {
        Stop::bad_input(format!("`{text}` is not a time with its unit, such as 1.4905s or 20ms"))
    };
    trace::query::duration(text).ok_or_else(expected)
}

fn op(text: &str) -> Result<OpId, Stop> {
    let parsed = text.strip_prefix('c').and_then(|rest| rest.split_once('.')).and_then(
        |(client, number)| {
            Some(OpId { client: client.parse().ok()?, number: number.parse().ok()? })
        },
    );
    parsed.ok_or_else(|| Stop::bad_input(format!("`{text}` is not an operation, such as c2.5")))
}
