//! The map: which crate may use which, and what lies at the root.
//!
//! A new arrow between crates is a change of the design, and is made here first.

use std::path::Path;

use super::{Source, children};

/// What each crate of the workspace may use of the others.
const ARROWS: [(&str, &[&str]); 11] = [
    ("system", &[]),
    ("sim", &["system"]),
    ("node", &["system"]),
    ("trace", &["system"]),
    ("checker", &["system", "trace"]),
    ("testbed", &["system", "sim", "node", "trace", "checker"]),
    ("sweep", &["system", "trace"]),
    ("torture", &["system", "sim", "trace", "testbed"]),
    ("cli", &["system", "node", "trace", "checker", "testbed", "sweep", "torture"]),
    ("server", &["system", "node"]),
    ("xtask", &["trace", "checker", "testbed", "sweep"]),
];

/// The visible entries of the root.
const ENTRIES: [&str; 8] =
    ["Cargo.lock", "Cargo.toml", "LICENSE", "README.md", "crates", "scenarios", "traces", "xtask"];

/// Every crate uses what the map allows, and is on the map.
pub(crate) fn arrows(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        let name = match source.path.split('/').collect::<Vec<_>>()[..] {
            ["crates", name, "Cargo.toml"] => name,
            ["xtask", "Cargo.toml"] => "xtask",
            _ => continue,
        };
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == name) else {
            complaints.push(format!("{}: `{name}` is not on the map", source.path));
            continue;
        };
        for used in dependencies(&source.text) {
            let ours = ARROWS.iter().any(|(known, _)| *known == used);
            if ours && !allowed.contains(&used) {
                complaints.push(format!("{}: no arrow {name} -> {used}", source.path));
            }
        }
    }
    complaints
}

/// The names under `[dependencies]` of a manifest. Those of tests may go anywhere.
fn dependencies(manifest: &str) -> Vec<&str> {
    let lines = manifest.lines().map(str::trim);
    lines
        .skip_while(|line| *line != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', '=', ' ']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .collect()
}

/// The root holds what it should, and nothing else that is seen. `target` is where cargo works.
pub(crate) fn entries(root: &Path) -> Vec<String> {
    let found: Vec<String> = children(root)
        .iter()
        .filter_map(|path| path.file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && name != "target")
        .collect();
    let strange = found.iter().filter(|name| !ENTRIES.contains(&name.as_str()));
    let missing = ENTRIES.iter().filter(|name| !found.iter().any(|found| found == *name));
    strange
        .map(|name| format!("{name}: not a thing of the root"))
        .chain(missing.map(|name| format!("{name}: missing at the root")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrow_that_is_not_on_the_map_is_seen() {
        let manifest = "[package]\nname = \"sim\"\n\n[dependencies]\nraft = \"1\"\n\
                        node.workspace = true\n\n[dev-dependencies]\ntrace.workspace = true\n";
        let source = Source { path: "crates/sim/Cargo.toml".to_owned(), text: manifest.to_owned() };
        assert_eq!(arrows(&[source]), ["crates/sim/Cargo.toml: no arrow sim -> node"]);
    }
}
