//! Every file in `scenarios/` is one, and says what it shows.
#![allow(clippy::disallowed_methods, reason = "these tests are of files")]

use std::fs;
use std::path::{Path, PathBuf};

use trace::{parse_scenario, parse_scenario_bytes};

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            found.push(path);
        }
    }
}

#[test]
fn every_file_is_a_scenario_that_survives_being_written() {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios"), &mut found);
    found.sort();
    assert!(found.len() >= 7, "{found:?}");
    for path in found {
        let name = path.file_name().unwrap().to_str().unwrap();
        let scenario = match parse_scenario_bytes(name, &fs::read(&path).unwrap(), &[]) {
            Ok(scenario) => scenario,
            Err(problems) => panic!("{}", problems.render(false)),
        };
        assert_eq!(format!("{}.toml", scenario.name), name);
        assert!(scenario.about.ends_with('.'), "{name}: a sentence, not {:?}", scenario.about);
        for situation in &scenario.require {
            let unmet = situation.unmet(&scenario).map(|need| need.to_string());
            assert_eq!(unmet, None, "{name} requires {}", situation.name());
        }
        let document = scenario.to_document().to_string();
        assert_eq!(parse_scenario("x", &document, &[]).as_ref(), Ok(&scenario), "{name}");
    }
}
