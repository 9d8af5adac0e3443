//! What the program carries of the repository: its scenarios, and which revision it is.

// A build script is outside the simulation: it reads files and asks git.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

#[path = "build/revision.rs"]
mod revision;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The crates of which `squall` is made.
const CRATES: [&str; 9] =
    ["checker", "cli", "node", "sim", "sweep", "system", "testbed", "torture", "trace"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    revision::set("SQUALL_VERSION", &CRATES);
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo names it"));
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    println!("cargo::rerun-if-changed={}", directory.display());
    fs::write(out.join("stock.rs"), stock(&directory)).expect("OUT_DIR can be written");
}

/// The scenarios in a directory, as a slice of names and texts in Rust.
fn stock(directory: &Path) -> String {
    let entries = fs::read_dir(directory).expect("the repository has scenarios");
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let mut code = String::from("&[\n");
    for file in files {
        let file = file.canonicalize().expect("it was listed");
        let name = file.file_stem().expect("it has an extension").to_string_lossy().into_owned();
        let path = file.display().to_string();
        writeln!(code, "    ({name:?}, include_str!({path:?})),").expect("a string takes all");
    }
    code.push_str("]\n");
    code
}
