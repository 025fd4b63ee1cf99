//! Go's duration syntax (`time.ParseDuration`): `1h30m`, `1.5s`, `-100ms`. Knows no YAML.

/// What is wrong with a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DurationError<'t> {
    /// It is none, or none that fits 64 bits of nanoseconds.
    Invalid,
    /// A number has no unit.
    MissingUnit,
    /// A number has a unit that is none.
    UnknownUnit(&'t str),
}

/// Reads a Go duration; gives nanoseconds, or `None` where Go would refuse it.
///
/// A number without a unit is refused, `0` excepted; units are `ns us µs ms s m h`.
#[must_use]
pub fn parse_duration(text: &str) -> Option<i64> {
    read_duration(text).ok()
}

/// Reads a Go duration; gives nanoseconds.
///
/// # Errors
/// Go would refuse it.
pub fn read_duration(text: &str) -> Result<i64, DurationError<'_>> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(DurationError::Invalid);
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let whole = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, mut after) = rest.split_at(whole);
        let mut fraction = "";
        if let Some(tail) = after.strip_prefix('.') {
            (fraction, after) = tail.split_at(tail.bytes().take_while(u8::is_ascii_digit).count());
        }
        if digits.is_empty() && fraction.is_empty() {
            return Err(DurationError::Invalid);
        }
        let unit =
            &after[..after.find(|next: char| next == '.' || next.is_ascii_digit()).unwrap_or(after.len())];
        if unit.is_empty() {
            return Err(DurationError::MissingUnit);
        }
        let scale = unit_scale(unit).ok_or(DurationError::UnknownUnit(unit))?;
        let value = format!("0{digits}").parse::<u64>().ok().and_then(|value| value.checked_mul(scale));
        total = value
            .and_then(|value| value.checked_add(fraction_of(fraction, scale)))
            .and_then(|value| value.checked_add(total))
            .filter(|total| *total <= 1 << 63)
            .ok_or(DurationError::Invalid)?;
        rest = &after[unit.len()..];
    }
    match (negative, i64::try_from(total)) {
        (true, Ok(total)) => Ok(-total),
        (true, Err(_)) => Ok(i64::MIN),
        (false, total) => total.map_err(|_| DurationError::Invalid),
    }
}

fn unit_scale(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// Digits after a point, of a unit of `scale` nanoseconds.
fn fraction_of(digits: &str, scale: u64) -> u64 {
    let digits = &digits[..digits.len().min(18)];
    let power = u32::try_from(digits.len()).unwrap_or(0);
    let value = u128::from(digits.parse::<u64>().unwrap_or(0)) * u128::from(scale) / 10_u128.pow(power);
    u64::try_from(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::parse_duration;

    #[test]
    fn reads_what_go_reads() {
        for (text, nanoseconds) in [
            ("0", Some(0)),
            ("1s", Some(1_000_000_000)),
            ("1h30m", Some(5_400_000_000_000)),
            ("1.5s", Some(1_500_000_000)),
            (".5ms", Some(500_000)),
            ("-100ms", Some(-100_000_000)),
            ("+2µs", Some(2_000)),
            ("", None),
            ("5", None),
            ("1d", None),
            ("s", None),
            (".s", None),
            ("1.2.3s", None),
            ("1 s", None),
            ("9999999999h", None),
        ] {
            assert_eq!(parse_duration(text), nanoseconds, "{text}");
        }
    }
}
