//! `cargo xtask bench run --ir`: instructions per step of the simulation, which repeat where times
//! do not. A fixed load runs under callgrind twice, with few seeds and with more, so that the
//! start of the process cancels out.

use std::process::Command;

/// Seeds of `chaos` in the load; `SQUALL_BENCH_SEEDS` says how many.
const SEEDS: &str = "SQUALL_BENCH_SEEDS";

/// Runs the load and returns how many steps it took.
pub(crate) fn load() -> Result<u64, String> {
    let seeds = std::env::var(SEEDS).ok().and_then(|text| text.parse().ok()).unwrap_or(1_u64);
    let file = "scenarios/chaos.toml";
    let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let scenario = trace::parse_scenario(file, &text, &[]).map_err(|p| p.render(false))?;
    let run = |seed| testbed::run(&testbed::plan(&scenario, seed), &mut |_| {}).dues;
    Ok((0..seeds).map(run).sum())
}

/// Counts instructions per step.
pub(crate) fn count() -> Result<String, String> {
    let (few_ir, few_steps) = callgrind(1)?;
    let (many_ir, many_steps) = callgrind(5)?;
    let per_step = (many_ir - few_ir) / (many_steps - few_steps);
    Ok(format!("{per_step} instructions per step ({} steps of chaos)", many_steps - few_steps))
}

/// Instructions and steps of the load with so many seeds.
fn callgrind(seeds: u64) -> Result<(u64, u64), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["bench", "steps"])
        .env(SEEDS, seeds.to_string())
        .output()
        .map_err(|error| format!("valgrind: {error}; install it to count instructions"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said.lines().find_map(|line| line.split("Collected : ").nth(1));
    let instructions = collected
        .and_then(|number| number.trim().parse().ok())
        .ok_or_else(|| format!("valgrind told no instruction count:\n{said}"))?;
    let steps = String::from_utf8_lossy(&output.stdout).trim().parse();
    Ok((instructions, steps.map_err(|error| format!("the load told no steps: {error}"))?))
}
