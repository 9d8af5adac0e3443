//! The stock scenarios: the files of the repository's `scenarios/`, which are part of the program.
//! An installed `squall run chaos` needs no file. A file of the user with the same stem goes first.

/// Stem and text of each, by stem. `build.rs` collects them, so that none is forgotten.
pub(crate) const ALL: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/stock.rs"));

/// The text of a stock scenario.
pub(crate) fn named(stem: &str) -> Option<&'static str> {
    ALL.iter().find(|(known, _)| *known == stem).map(|(_, text)| *text)
}

/// What is printed where the name of its file would be.
pub(crate) fn file(stem: &str) -> String {
    format!("built-in/{stem}.toml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_repository_is_in_the_program() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios");
        let entries = std::fs::read_dir(directory).expect("the repository has scenarios");
        let mut seen = 0;
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().expect("a file").to_string_lossy().into_owned();
            let Some(stem) = name.strip_suffix(".toml") else { continue };
            let text = std::fs::read_to_string(&path).expect("it can be read");
            assert_eq!(named(stem), Some(text.as_str()), "{name}");
            seen += 1;
        }
        assert_eq!(ALL.len(), seen);
    }
}
