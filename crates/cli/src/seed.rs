//! A seed, in the ways people write it.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::process::Command;

/// The seed of a run, and where it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seed {
    /// The number.
    pub(crate) value: u64,
    /// Said behind the number, in parentheses; empty for a seed that was given.
    pub(crate) origin: &'static str,
}

impl Seed {
    /// The seed that a case bears.
    pub(crate) fn of_case(value: u64) -> Self {
        Seed { value, origin: " (of the case)" }
    }

    /// A seed that nobody chose. 32 bits, which are easier to copy and enough.
    pub(crate) fn random() -> Self {
        let value = RandomState::new().build_hasher().finish() >> 32;
        Seed { value, origin: " (random)" }
    }
}

/// Reads `8841`, `0x2289`, a git hash of 40 digits (its last 64 bits), or `git`, the hash of
/// `HEAD`.
///
/// # Errors
///
/// If it is none of these; says what is accepted.
pub(crate) fn parse(text: &str) -> Result<Seed, String> {
    let given = |value| Seed { value, origin: "" };
    if text == "git" {
        let hash = head()?;
        return Ok(Seed { value: from_hash(&hash)?, origin: " (git HEAD)" });
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return u64::from_str_radix(digits, 16).map(given).map_err(|_| refusal(text));
    }
    if text.len() == 40 {
        return from_hash(text).map(|value| Seed { value, origin: " (git hash)" });
    }
    text.parse().map(given).map_err(|_| refusal(text))
}

fn refusal(text: &str) -> String {
    format!(
        "`{text}` is not a seed: expected a number below 2^64, 0x and up to 16 hex digits, \
         a git hash of 40 hex digits, or `git`"
    )
}

fn from_hash(hash: &str) -> Result<u64, String> {
    let hex = hash.len() == 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !hex {
        return Err(refusal(hash));
    }
    u64::from_str_radix(&hash[24..], 16).map_err(|_| refusal(hash))
}

fn head() -> Result<String, String> {
    let output = Command::new("git")
        .args(["rev-parse", "HEAD"])
        .output()
        .map_err(|error| format!("`git` as a seed needs git: {error}"))?;
    if !output.status.success() {
        return Err("`git` as a seed needs a repository with a commit here".to_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_read_in_every_way_they_are_written() {
        assert_eq!(parse("8841").map(|seed| seed.value), Ok(8841));
        assert_eq!(parse("0x2289").map(|seed| seed.value), Ok(8841));
        assert_eq!(parse("18446744073709551615").map(|seed| seed.value), Ok(u64::MAX));
        let hash = "271f0fa0000000000000000000000000000000ff";
        assert_eq!(parse(hash).map(|seed| seed.value), Ok(0xff));
    }

    #[test]
    fn what_is_no_seed_is_refused() {
        for text in ["", "-1", "1.5", "0x", "0x1ffffffffffffffff", "seed", "18446744073709551616"] {
            assert!(parse(text).is_err_and(|message| message.contains("is not a seed")), "{text}");
        }
    }
}
