//! The rules of the house that can be measured: lengths, module docs, words, the map.
//!
//! Each rule looks at the tree and returns complaints, one line each, with file and line. What the
//! compiler and clippy can hold (the length of functions, missing docs) is left to them.

mod map;
mod words;

use std::fs;
use std::path::{Path, PathBuf};

use crate::process;

/// Lines of a source file at most.
const FILE_LINES_MAX: usize = 500;

/// A file of the tree that is kept: its path from the root, and its text.
pub(crate) struct Source {
    /// From the root, with `/`.
    pub(crate) path: String,
    /// What it holds.
    pub(crate) text: String,
}

/// Checks every rule.
///
/// # Errors
///
/// With all complaints, if there are any.
pub(crate) fn tidy() -> Result<String, String> {
    let root = process::root();
    let sources = sources(&root);
    assert!(sources.len() > 20, "the tree was not found in {}", root.display());
    let mut complaints = lengths(&sources);
    complaints.extend(docs(&sources));
    complaints.extend(words::complaints(&sources));
    complaints.extend(map::arrows(&sources));
    complaints.extend(map::entries(&root));
    if complaints.is_empty() {
        return Ok(format!("tidy: {} files, nothing to complain about", sources.len()));
    }
    complaints.sort();
    let count = complaints.len();
    Err(format!("{}\ntidy: {count} complaints", complaints.join("\n")))
}

/// No Rust file is too long to be read.
fn lengths(sources: &[Source]) -> Vec<String> {
    rust(sources)
        .filter_map(|source| {
            let lines = source.text.lines().count();
            (lines > FILE_LINES_MAX).then(|| {
                format!("{}: {lines} lines, and {FILE_LINES_MAX} are the limit", source.path)
            })
        })
        .collect()
}

/// Every Rust file says first what it is about.
fn docs(sources: &[Source]) -> Vec<String> {
    rust(sources)
        .filter(|source| !source.text.starts_with("//!"))
        .map(|source| format!("{}:1: a file begins with `//!`", source.path))
        .collect()
}

fn rust(sources: &[Source]) -> impl Iterator<Item = &Source> {
    sources.iter().filter(|source| source.path.ends_with(".rs"))
}

/// All text files that are kept, in the order of their paths.
fn sources(root: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for path in children(&directory) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // In a worktree of its own `.git` is a file.
            if matches!(name.as_str(), ".git" | "target" | ".squall" | "artifacts") {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let relative = path.strip_prefix(root).expect("it lies below the root");
                let path = relative.to_string_lossy().replace('\\', "/");
                found.push(Source { path, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// What a directory holds, by name.
pub(crate) fn children(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_tidy() {
        if let Err(complaints) = tidy() {
            panic!("{complaints}");
        }
    }

    #[test]
    fn what_is_untidy_is_seen() {
        let source = |path: &str, text: &str| Source { path: path.to_owned(), text: text.into() };
        let long = source("crates/a/src/lib.rs", &"//! x\n".repeat(FILE_LINES_MAX + 1));
        let bare = source("crates/a/src/b.rs", "fn main() {}\n");
        assert_eq!(lengths(&[long]).len(), 1);
        assert_eq!(docs(&[bare]), ["crates/a/src/b.rs:1: a file begins with `//!`"]);
    }
}
