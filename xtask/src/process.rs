//! Other programs, and where this one stands.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let xtask = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    // A binary that was built in one clone and is started in another one means the latter.
    let here = std::env::current_dir().unwrap_or_default();
    let mut candidates = here.ancestors().map(PathBuf::from);
    let found = candidates.find(|path| path.join("xtask/Cargo.toml").is_file());
    found.unwrap_or_else(|| xtask.parent().expect("xtask lies in the root").to_owned())
}

/// Cargo, at the root. The one that started us, or the one of the path.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(root());
    command
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(path) => root().join(path),
        None => root().join("target"),
    }
}

/// Builds `squall` with a profile and says where it lies.
///
/// # Errors
///
/// If it does not build.
pub(crate) fn squall(profile: &str) -> Result<PathBuf, String> {
    run(&mut cargo(&["build", "--quiet", "--package", "cli", "--profile", profile]))?;
    let directory = if profile == "dev" { "debug" } else { profile };
    let name = format!("squall{}", std::env::consts::EXE_SUFFIX);
    Ok(target().join(directory).join(name))
}

/// Runs a program whose output is for the person who watches.
///
/// # Errors
///
/// If it does not start or does not succeed.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}")) }
}

/// Runs a program and returns its exit code, what it wrote to stdout, and to stderr.
///
/// # Errors
///
/// If it does not start.
pub(crate) fn output(command: &mut Command) -> Result<(i32, String, String), String> {
    let output =
        command.stdin(Stdio::null()).output().map_err(|error| format!("{command:?}: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok((output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr)))
}
