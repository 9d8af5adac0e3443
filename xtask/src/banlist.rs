//! Does the linter refuse what may not reach an event? A scratch crate that sins, under the
//! repository's own list, says so.

use std::fs;
use std::path::Path;

use crate::process;

/// A sin, and what clippy must call it.
const SINS: [(&str, &str); 5] = [
    ("pub fn sin() -> std::time::Instant { std::time::Instant::now() }", "std::time::Instant::now"),
    (
        "pub fn sin() -> std::collections::HashMap<u8, u8> { Default::default() }",
        "std::collections::HashMap",
    ),
    ("pub fn sin() { std::thread::sleep(std::time::Duration::ZERO); }", "std::thread::sleep"),
    ("pub fn sin() -> Option<String> { std::env::var(\"HOME\").ok() }", "std::env::var"),
    ("pub fn sin(a: f64) -> f64 { a * 2.0 }", "floating-point arithmetic"),
];

/// Shows for each sin that `cargo clippy -- -D warnings` fails and names it, and that a crate
/// without sin passes.
///
/// # Errors
///
/// If one is let through, or the innocent crate is refused.
pub(crate) fn banlist() -> Result<String, String> {
    let directory = std::env::temp_dir().join(format!("squall-banlist-{}", std::process::id()));
    let result = judge(&directory);
    let _ = fs::remove_dir_all(&directory);
    result
}

fn judge(directory: &Path) -> Result<String, String> {
    let (accepted, words) = lint(directory, "pub fn fine() -> u8 { 7 }")?;
    if !accepted {
        return Err(format!("banlist: an innocent crate is refused\n{words}"));
    }
    for (sin, name) in SINS {
        let (accepted, words) = lint(directory, sin)?;
        if accepted || !words.contains(name) {
            return Err(format!("banlist: `{name}` is let through\n{words}"));
        }
    }
    Ok(format!("banlist: {} of {} sins are refused", SINS.len(), SINS.len()))
}

/// Lints a crate that consists of one function; says whether it passed, and what was said.
fn lint(directory: &Path, function: &str) -> Result<(bool, String), String> {
    let fail = |error: std::io::Error| format!("banlist: {}: {error}", directory.display());
    fs::create_dir_all(directory.join("src")).map_err(fail)?;
    let root = process::root();
    fs::copy(root.join(".clippy.toml"), directory.join(".clippy.toml")).map_err(fail)?;
    let manifest = "[package]\nname = \"scratch\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
                    [workspace]\n[lints.clippy]\nfloat_arithmetic = \"warn\"\n";
    fs::write(directory.join("Cargo.toml"), manifest).map_err(fail)?;
    fs::write(directory.join("src/lib.rs"), format!("//! A scratch crate.\n{function}\n"))
        .map_err(fail)?;
    let mut clippy = process::cargo(&[
        "clippy",
        "--quiet",
        "--offline",
        "--color=never",
        "--",
        "-D",
        "warnings",
    ]);
    clippy.current_dir(directory).env("CARGO_TARGET_DIR", directory.join("target"));
    let (code, _, words) = process::output(&mut clippy)?;
    Ok((code == 0, words))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_linter_refuses_what_may_not_reach_an_event() {
        if let Err(complaint) = super::banlist() {
            panic!("{complaint}");
        }
    }
}
