//! `--dry-run`: what a seed has in store, without running it.

use testbed::PlannedOp;
use trace::{Header, Plan};

use crate::output::{self, Format, Stop};
use crate::{exit, words};

/// So many operations of each client are shown. There is no last one: clients go on until the
/// storm ends.
const SHOWN: u64 = 3;

/// Prints the plan: one line for each fault and each client's first operations, or the header of
/// its trace.
pub(crate) fn print(format: Format, plan: &Plan, header: &Header) -> Result<u8, Stop> {
    let mut text = String::new();
    match format {
        Format::Json => header.write(&mut text),
        Format::Human => text.push_str(&human(plan)),
    }
    text.push('\n');
    output::result(&text)?;
    Ok(exit::PASS)
}

fn human(plan: &Plan) -> String {
    let faults = words::count(plan.faults.len() as u64, "fault", "faults");
    let (name, seed) = (&plan.scenario.name, plan.seed);
    let mut text = format!("    plan  {name}  seed {seed}  {faults}; nothing was run");
    for line in words::drawn(plan) {
        text.push_str(&format!("\n  {line}"));
    }
    for fault in &plan.faults {
        let from = trace::text::time(fault.at);
        let to = trace::text::time(fault.at + fault.lasts);
        let what = trace::fault_document(fault);
        text.push_str(&format!("\n  {:<8} {from}-{to}  {what}", fault.id));
    }
    for client in 1..=plan.scenario.cluster.clients {
        for operation in testbed::operations(plan, client, SHOWN) {
            text.push_str(&format!("\n  {}", line(&operation)));
        }
    }
    text
}

fn line(planned: &PlannedOp) -> String {
    let name = trace::text::op_name(planned.id);
    let when = trace::text::time(planned.at);
    let when = if planned.scripted { format!("at {when}") } else { format!("after {when}") };
    let op = match &planned.op {
        system::Op::Cas { key, value, .. } if !planned.scripted => {
            let (key, value) = (trace::text::bytes(key), trace::text::bytes(value));
            format!("cas {key} (what was seen) -> {value}")
        }
        op => trace::text::operation(op),
    };
    format!("{name:<8} {when}  {op}")
}
