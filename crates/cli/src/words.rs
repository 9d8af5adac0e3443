//! Numbers, names and values as people read them.

use system::Role;

pub(crate) use sweep::text::{grouped, quoted};

/// Bytes of a value that are shown.
const VALUE_SHOWN_MAX: usize = 16;

/// Wall time: `0.09s`.
pub(crate) fn wall(elapsed: std::time::Duration) -> String {
    format!("{}.{:02}s", elapsed.as_secs(), elapsed.subsec_millis() / 10)
}

/// A count with its noun: `1 crash`, `2 crashes`.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// A role's name in a sentence.
pub(crate) fn role(role: Role) -> &'static str {
    match role {
        Role::Follower => "follower",
        Role::PreCandidate => "pre-candidate",
        Role::Candidate => "candidate",
        Role::Leader => "leader",
        Role::Learner => "learner",
    }
}

/// A key or value, cut if it is long.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    cut(&trace::text::bytes(bytes), VALUE_SHOWN_MAX)
}

/// A value that may be absent.
pub(crate) fn optional(value: Option<&[u8]>) -> String {
    value.map_or("absent".to_owned(), bytes)
}

/// The beginning of a text, with dots if there is more.
pub(crate) fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    text.chars().take(chars_max).chain("..".chars()).collect()
}

/// A text of several lines as one.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The longest line of [`drawn`], in characters.
const LINE: usize = 88;

/// What the seed drew of the scenario, as keys and values, in as many lines as it takes.
pub(crate) fn drawn(plan: &trace::Plan) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (word, _) in plan.knobs.iter().filter(|(word, _)| word.contains('=')) {
        // Quotation marks make a table of values harder to read, not easier.
        let word = word.replace('"', "");
        match lines.last_mut() {
            Some(line) if line.len() + word.len() + 2 <= LINE => {
                line.push_str("  ");
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// Names, with commas between them, in lines of so many columns; each but the first is indented.
pub(crate) fn wrapped(names: &[&str], columns: usize, indent: &str) -> String {
    let (mut text, mut length) = (String::new(), 0);
    for (place, name) in names.iter().enumerate() {
        if place > 0 {
            text.push(',');
            let fits = length + name.len() + 3 <= columns;
            text.push_str(if fits { " " } else { "\n" });
            if !fits {
                text.push_str(indent);
                length = 0;
            }
        }
        text.push_str(name);
        length += name.len() + 2;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(grouped(41_377), "41,377");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000_000), "1,000,000");
        assert_eq!(count(1, "crash", "crashes"), "1 crash");
    }

    #[test]
    fn arguments_survive_a_shell() {
        assert_eq!(quoted("limits.storm=20s"), "limits.storm=20s");
        assert_eq!(quoted("my scenario.toml"), "'my scenario.toml'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("a=[1]"), "'a=[1]'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn values_are_shown_as_text_if_they_are_text() {
        assert_eq!(bytes(b"v7"), "v7");
        assert_eq!(bytes(b"\0\x01"), "0x0001");
        assert_eq!(optional(None), "absent");
    }
}
