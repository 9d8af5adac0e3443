//! Durations and probabilities as text, read and written exactly: by their digits, never as
//! floats.

use system::Nanos;

use crate::scenario::Ppm;

/// A whole, in parts per million.
pub const PPM_ONE: Ppm = 1_000_000;

/// The largest whole number that a scenario can name.
pub(crate) const INT_MAX: u64 = i64::MAX.unsigned_abs();

/// The longest duration that a scenario can name: a year.
pub const DURATION_MAX: Nanos = 365 * 24 * 3600 * 1_000_000_000;

const UNITS: [(&str, u64); 6] = [
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("µs", 1_000),
    ("ns", 1),
];

/// Reads a duration such as `1.5s`. `None` if it is not one, or not whole nanoseconds.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Nanos> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (digits, unit) = text.split_at(split);
    let (_, nanos) = UNITS.iter().find(|(name, _)| *name == unit.trim_start())?;
    scaled(digits, u128::from(*nanos)).filter(|nanos| *nanos <= DURATION_MAX)
}

/// Writes a duration with the largest unit in which it is whole: `1500ms`.
#[must_use]
pub fn write_duration(nanos: Nanos) -> String {
    if nanos == 0 {
        return "0s".to_owned();
    }
    let (unit, size) = UNITS
        .iter()
        .find(|(_, size)| nanos.is_multiple_of(*size))
        .expect("every duration is whole nanoseconds");
    format!("{}{unit}", nanos / size)
}

/// Reads a probability: `0.02`, `2e-2`, `2%` or `20000ppm`. `None` if it is not one, is not within
/// 0 and 1, or is not whole millionths.
#[must_use]
pub fn parse_ppm(text: &str) -> Option<Ppm> {
    let (digits, whole) = if let Some(digits) = text.strip_suffix("ppm") {
        (digits, 1)
    } else if let Some(digits) = text.strip_suffix('%') {
        (digits, 10_000)
    } else {
        (text, PPM_ONE.into())
    };
    let parts = scaled(digits.trim_end(), whole)?;
    Ppm::try_from(parts).ok().filter(|parts| *parts <= PPM_ONE)
}

/// Writes a probability: `20000ppm`.
#[must_use]
pub fn write_ppm(parts: Ppm) -> String {
    format!("{parts}ppm")
}

/// The decimal number in `digits` times `scale`, if that is a whole number.
fn scaled(digits: &str, scale: u128) -> Option<u64> {
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (digits, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || mantissa.ends_with('.') || !plain(whole) || !plain(fraction) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let number: u128 = format!("{whole}{fraction}").parse().ok()?;
    let exponent = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let power = 10_u128.checked_pow(exponent.unsigned_abs())?;
    let product = number.checked_mul(scale)?;
    let product = if exponent >= 0 {
        product.checked_mul(power)?
    } else {
        product.is_multiple_of(power).then(|| product / power)?
    };
    u64::try_from(product).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_exactly() {
        for (text, nanos) in [
            ("100ns", 100),
            ("5us", 5_000),
            ("10ms", 10_000_000),
            ("1.5s", 1_500_000_000),
            ("2m", 120_000_000_000),
            ("0.000000001s", 1),
            ("0s", 0),
            ("3 ms", 3_000_000),
        ] {
            assert_eq!(parse_duration(text), Some(nanos), "{text}");
        }
        for text in
            ["5 parsecs", "5", "ms", "-5ms", "1.5ns", ".5s", "1.s", "1..5s", "9999999m", "1e3s"]
        {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn durations_are_written_with_the_largest_whole_unit() {
        for text in ["1500ms", "2m", "0s", "1ns", "61s"] {
            assert_eq!(write_duration(parse_duration(text).unwrap()), text);
        }
    }

    #[test]
    fn probabilities_are_read_exactly() {
        for (text, ppm) in [
            ("0.02", 20_000),
            ("2e-2", 20_000),
            ("2%", 20_000),
            ("20000ppm", 20_000),
            ("1", PPM_ONE),
            ("1.0", PPM_ONE),
            ("0", 0),
            ("0.0001%", 1),
        ] {
            assert_eq!(parse_ppm(text), Some(ppm), "{text}");
        }
        for text in ["1.1", "-0.1", "0.0000001", "101%", "1000001ppm", "often", "", "%"] {
            assert_eq!(parse_ppm(text), None, "{text}");
        }
    }
}
