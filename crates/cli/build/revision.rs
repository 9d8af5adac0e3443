//! Which revision of the source a program is built from; the build scripts of `squall` and `raftkv`
//! share it.
//!
//! The answer is `VERSION+HASH`, with `-dirty` if what the program is built from has changed since
//! that commit, or `VERSION+unknown` outside a repository. A package says it in the file that
//! `cargo package` adds.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Digits of the hash.
const DIGITS: usize = 12;

/// Sets `VARIABLE` for the program's source, and says when it must be found again.
///
/// `crates` are the crates that the program is made of.
pub(crate) fn set(variable: &str, crates: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let version = env::var("CARGO_PKG_VERSION").expect("cargo sets it");
    let revision = packaged().or_else(|| of_repository(&root, crates));
    let revision = revision.unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env={variable}={version}+{revision}");
}

/// As `cargo package` has noted it.
fn packaged() -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(".cargo_vcs_info.json");
    let text = fs::read_to_string(path).ok()?;
    let (_, rest) = text.split_once("\"sha1\"")?;
    let hash: String = rest.chars().filter(char::is_ascii_hexdigit).take(DIGITS).collect();
    let is_dirty = text.contains("\"dirty\": true");
    Some(if is_dirty { format!("{hash}-dirty") } else { hash })
}

fn of_repository(root: &Path, crates: &[&str]) -> Option<String> {
    // A copy of the source in another repository has no revision of its own.
    let top = PathBuf::from(git(root, &["rev-parse", "--show-toplevel"])?);
    if top.canonicalize().ok()? != root.canonicalize().ok()? {
        return None;
    }
    let hash = git(root, &["rev-parse", "HEAD"])?;
    let mut sources: Vec<String> =
        ["Cargo.toml", "Cargo.lock", "scenarios"].map(str::to_owned).to_vec();
    for name in crates {
        sources.extend(["src", "Cargo.toml"].map(|part| format!("crates/{name}/{part}")));
    }
    let mut status = vec!["status", "--porcelain", "--"];
    status.extend(sources.iter().map(String::as_str));
    let changes = git(root, &status)?;
    let watched = sources.iter().map(|source| root.join(source));
    for path in watched.chain(heads(root)).filter(|path| path.exists()) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    let hash = hash.get(..DIGITS)?;
    Some(if changes.is_empty() { hash.to_owned() } else { format!("{hash}-dirty") })
}

/// The files that change with the commit that is checked out, also in a linked worktree.
fn heads(root: &Path) -> Vec<PathBuf> {
    let mut names = vec!["HEAD".to_owned(), "logs/HEAD".to_owned(), "packed-refs".to_owned()];
    names.extend(git(root, &["symbolic-ref", "--quiet", "HEAD"]));
    let path = |name: &String| git(root, &["rev-parse", "--git-path", name]);
    names.iter().filter_map(path).map(|path| root.join(path)).collect()
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    // A build must not take the lock of the index from somebody who works in the repository.
    command.current_dir(root).env("GIT_OPTIONAL_LOCKS", "0").args(arguments);
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
