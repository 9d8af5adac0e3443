//! The other side of [`crate::fresh`]: hashes and lines of runs, for whoever compares them.

use std::fmt::Write as _;
use std::io::{self, BufReader};

use trace::{Plan, Reader};

use crate::args::HashArgs;
use crate::output::{self, Color, Stop};
use crate::{exit, find, fresh, program, record};

/// Prints `seed hash` for each seed of a scenario, or hash or lines of the run whose header is on
/// stdin.
pub(crate) fn hash(args: &HashArgs, color: Color) -> Result<u8, Stop> {
    let Some(scenario) = &args.scenario else {
        return from_stdin(args);
    };
    let scenario = find::scenario(scenario, &[], color)?;
    let (first, end) = args.seeds.unwrap_or((0, 1));
    for seed in first..end {
        let report = program::run(&testbed::plan(&scenario, seed), &mut |_| {});
        output::result(&format!("{seed} {:016x}\n", report.hash))?;
    }
    Ok(exit::PASS)
}

fn from_stdin(args: &HashArgs) -> Result<u8, Stop> {
    let reader = Reader::new(BufReader::new(io::stdin())).map_err(Stop::bad_input)?;
    let plan = record::plan(reader.header());
    program::check(&plan.scenario)?;
    if args.trace {
        print_lines(&plan)?;
    } else if args.story {
        output::result(&format!("{}\n", fresh::Told::of(&plan).write()))?;
    } else {
        let report = program::run(&plan, &mut |_| {});
        output::result(&format!("{:016x}\n", report.hash))?;
    }
    Ok(exit::PASS)
}

/// Prints the line of every event, and nothing else.
fn print_lines(plan: &Plan) -> Result<(), Stop> {
    let mut text = String::new();
    let mut failed = Ok(());
    program::run(plan, &mut |event| {
        trace::write_line(event, &mut text);
        text.write_char('\n').expect("a String takes everything");
        if text.len() >= 1 << 16 && failed.is_ok() {
            failed = output::result(&text);
            text.clear();
        }
    });
    failed?;
    output::result(&text)
}
