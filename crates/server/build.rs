//! `raftkv --version` names the revision of the source.

// A build script is outside the simulation: it reads files and asks git.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

#[path = "../cli/build/revision.rs"]
mod revision;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    revision::set("RAFTKV_VERSION", &["node", "server", "system"]);
}
