//! Go's duration syntax (`time.ParseDuration`): `1h30m`, `1.5s`, `-100ms`. Knows no YAML.

/// Reads a Go duration; gives nanoseconds, or `None` where Go would refuse it.
///
/// A number without a unit is refused, `0` excepted; units are `ns us µs ms s m h`.
#[must_use]
pub fn parse_duration(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return None;
        }
        let unit_end =
            after.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(after.len());
        let scale: i128 = match &after[..unit_end] {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let whole: i128 = if whole.is_empty() { 0 } else { i128::from(whole.parse::<i64>().ok()?) };
        // Beyond 18 digits a fraction of an hour is below a nanosecond.
        let fraction = fraction.get(..18).unwrap_or(fraction);
        let part = if fraction.is_empty() {
            0
        } else {
            let power = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
            fraction.parse::<i128>().ok()?.checked_mul(scale)? / power
        };
        total = total.checked_add(whole.checked_mul(scale)?)?.checked_add(part)?;
        rest = &after[unit_end..];
    }
    i64::try_from(if negative { -total } else { total }).ok()
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
