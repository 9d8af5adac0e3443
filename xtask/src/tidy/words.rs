//! Words that have no place in the tree: names of machines' directories, and of people's tools
//! and notes.
//!
//! The list is written in pieces, so that this file does not complain about itself.

use super::Source;

/// Beginnings of absolute paths of somebody's machine. Each is looked for where a path can begin.
const PATHS: [&str; 5] = ["/wo|rk/", "/ro|ot/", "/tm|p/", "/ho|me/", "/Us|ers/"];

/// Whole words about how the code came to be, rather than about the code.
const WORDS: [&str; 10] = [
    "chat|gpt",
    "cl|aude",
    "cop|ilot",
    "ll|m",
    "hel|per session",
    "sub|agent",
    "the br|ief",
    "as an a|i",
    "TO|DO",
    "FIX|ME",
];

/// All places where one of the words stands.
pub(crate) fn complaints(sources: &[Source]) -> Vec<String> {
    let paths: Vec<String> = PATHS.iter().map(|path| path.replace('|', "")).collect();
    let words: Vec<String> =
        WORDS.iter().map(|word| word.replace('|', "").to_lowercase()).collect();
    let mut complaints = Vec::new();
    for source in sources {
        if matches!(source.path.as_str(), "LICENSE" | "Cargo.lock") {
            continue;
        }
        for (number, line) in source.text.lines().enumerate() {
            let lower = line.to_lowercase();
            let path = paths.iter().find(|path| begins(line, path));
            let word = words.iter().find(|word| stands(&lower, word));
            if let Some(found) = path.or(word) {
                complaints.push(format!("{}:{}: `{found}`", source.path, number + 1));
            }
        }
    }
    complaints
}

/// Whether an absolute path with this beginning stands in the line. `a/tmp/` is not one.
fn begins(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && !"._-/~}".contains(c))
    })
}

/// Whether the word stands in the line, not as a part of another one.
fn stands(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !inside(before) && !inside(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole_and_paths_are_absolute() {
        let path = PATHS[2].replace('|', "");
        assert!(begins(&format!("see {path}x"), &path));
        assert!(!begins(&format!("target{path}x"), &path));
        assert!(stands("a word here", "word"));
        assert!(!stands("swords", "word"));
    }
}
