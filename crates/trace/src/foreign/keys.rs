//! Where the keys of a file of Jepsen's are: decided once, for the whole file.
//!
//! A field `:key` is a key. Without it, Jepsen's independent checker puts the key in front of each
//! value, `[key value]`, and a history of one object may have vectors as values. What clients
//! invoke and what reads return shows which it is:
//!
//! | what | is of a history |
//! |---|---|
//! | a read, a delete, an acquire or a release of `[key nil]` | with keys |
//! | a cas of `[key [from to]]` | with keys |
//! | any other value, also `nil`, that is no pair of something like a key | of one object |
//! | a write or an append of `[key value]`, an answer of `[key value]` | of either |
//!
//! A vector, a map and `nil` are not like a key. A read that returned `nil` shows nothing. Where
//! all lines are of either, the history has keys: Jepsen writes such pairs, and a register of
//! nothing but pairs that nobody reads is linearizable anyway. Where lines contradict each other,
//! the file is refused.

use super::HistoryProblem;
use super::edn::Form;

/// Where the key of an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    /// There is one object.
    One,
    /// In `:key`.
    Field,
    /// In front of the value.
    Pair,
}

/// What one form shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    One,
    Pair,
    Either,
}

/// Where the keys of a history are. `known` is whether there are any, if somebody knows.
pub(super) fn decide(forms: &[(u64, Form)], known: Option<bool>) -> Result<Keys, HistoryProblem> {
    let clients = || forms.iter().filter(|(_, form)| !is_nemesis(form));
    if let Some((line, _)) = clients().find(|(_, form)| form.get("key").is_some()) {
        return match known {
            Some(false) => Err(HistoryProblem::new(
                *line,
                "`:key` names a key, so this is no history of one object: leave out --plain",
            )),
            _ => Ok(Keys::Field),
        };
    }
    match known {
        Some(true) => return Ok(Keys::Pair),
        Some(false) => return Ok(Keys::One),
        None => {}
    }
    let (mut one, mut pair, mut either) = (None, None, false);
    for (line, form) in clients() {
        match sign(form) {
            Some(Sign::One) => one = one.or(Some((*line, form))),
            Some(Sign::Pair) => pair = pair.or(Some((*line, form))),
            Some(Sign::Either) => either = true,
            None => {}
        }
    }
    match (one, pair) {
        (Some(one), Some(pair)) => Err(contradiction(one, pair)),
        (None, Some(_)) => Ok(Keys::Pair),
        (None, None) if either => Ok(Keys::Pair),
        _ => Ok(Keys::One),
    }
}

fn contradiction(one: (u64, &Form), pair: (u64, &Form)) -> HistoryProblem {
    let value = |form: &Form| form.get("value").unwrap_or(&Form::Nil).short();
    let message = format!(
        "`:value` {} has no key, but that of line {} does: {}; --keyed or --plain says whether \
         values have a key in front",
        value(one.1),
        pair.0,
        value(pair.1),
    );
    HistoryProblem::new(one.0, message)
}

fn is_nemesis(form: &Form) -> bool {
    matches!(form.get("process"), Some(Form::Keyword(_)))
}

fn sign(form: &Form) -> Option<Sign> {
    let (Some(Form::Keyword(kind)), Some(Form::Keyword(f))) = (form.get("type"), form.get("f"))
    else {
        return None;
    };
    let value = form.get("value").unwrap_or(&Form::Nil);
    let is_read = matches!(f.as_str(), "read" | "get");
    match kind.as_str() {
        "invoke" => {}
        "ok" if is_read && *value != Form::Nil => {}
        _ => return None,
    }
    let Form::List(items) = value else { return Some(Sign::One) };
    let [Form::Word(_) | Form::Text(_) | Form::Keyword(_), inner] = items.as_slice() else {
        return Some(Sign::One);
    };
    let is_pair = matches!(inner, Form::List(items) if items.len() == 2);
    Some(match (f.as_str(), inner) {
        ("cas", _) if is_pair => Sign::Pair,
        ("cas", _) => Sign::One,
        ("write" | "put" | "append", _) => Sign::Either,
        (_, Form::Nil) if kind == "invoke" => Sign::Pair,
        _ => Sign::Either,
    })
}

#[cfg(test)]
mod tests {
    use super::super::jepsen::forms;
    use super::*;

    fn decided(lines: &[&str]) -> Result<Keys, HistoryProblem> {
        let maps = lines.iter().map(|line| {
            let mut words = line.splitn(3, ' ');
            let mut word = || words.next().expect("three words");
            let (kind, f, value) = (word(), word(), word());
            format!("{{:process 1 :type :{kind} :f :{f} :value {value}}}\n")
        });
        decide(&forms(&maps.collect::<String>()).expect("EDN"), None)
    }

    #[test]
    fn the_file_decides_and_not_the_value() {
        let cases: [(&[&str], Keys); 14] = [
            (&["invoke read nil", "ok read 3"], Keys::One),
            (&["invoke read nil", "ok read [1 3]", "invoke write [1 3]"], Keys::One),
            (&["invoke write 3"], Keys::One),
            (&["invoke cas [1 2]"], Keys::One),
            (&["invoke cas [nil 2]"], Keys::One),
            (&["invoke cas [[1 2] [3 4]]"], Keys::One),
            (&["invoke write [[1 2] 3]"], Keys::One),
            (&["invoke acquire nil"], Keys::One),
            (&["invoke read [0 nil]", "ok read nil"], Keys::Pair),
            (&["invoke read [0 nil]", "info read nil", "info read :timeout"], Keys::Pair),
            (&["invoke cas [a [nil 1]]", "ok cas [a [nil 1]]"], Keys::Pair),
            (&["invoke write [0 1]", "fail write 1"], Keys::Pair),
            (&["invoke delete [\"a\" nil]"], Keys::Pair),
            (&["invoke acquire [:a nil]"], Keys::Pair),
        ];
        for (lines, keys) in cases {
            assert_eq!(decided(lines), Ok(keys), "{lines:?}");
        }
    }

    #[test]
    fn lines_that_contradict_each_other_are_refused() {
        let problem = decided(&["invoke read [0 nil]", "ok read [0 1]", "invoke read nil"]);
        let problem = problem.expect_err("both");
        assert_eq!(problem.line, 3, "{problem}");
        assert!(problem.message.contains("nil has no key, but that of line 1 does: [0 nil]"));
        assert!(decided(&["invoke write 3", "invoke cas [0 [1 2]]"]).is_err());
        assert!(decided(&["invoke read [0 nil]", "ok read 3"]).is_err());
    }
}
