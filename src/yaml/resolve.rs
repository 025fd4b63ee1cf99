//! The type of a scalar, by the rules of Go's yaml.v3 (`resolve.go`), which differ from both YAML 1.1
//! and 1.2: `0755` and `0o755` are octal, `1_000` is a number, `yes` is a string. Knows no places.

use crate::yaml::node::{Scalar, Style};
use std::sync::Arc;

/// What a scalar is.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolved {
    /// `~`, `null`, nothing at all.
    Null,
    /// `true`, `True`, `TRUE` and the three of false; nothing else.
    Bool(bool),
    /// Fits an `i64`.
    Int(i64),
    /// Fits a `u64` alone.
    Unsigned(u64),
    /// Floats, `.inf` and `.nan` too, and numbers that look octal and are not (`08`).
    Float(f64),
    /// One of yaml.v3's four date formats. Kept as text: go-task itself panics on one in a variable.
    Timestamp,
    /// Everything else.
    String(Arc<str>),
    /// An explicit tag that the text does not fit; holds what the text is (`!!str`) and the tag (`!!int`).
    Mismatch(&'static str, Arc<str>),
}

impl Resolved {
    /// The short tag of the type.
    #[must_use]
    pub fn tag(&self) -> &'static str {
        match self {
            Self::Null => "!!null",
            Self::Bool(_) => "!!bool",
            Self::Int(_) | Self::Unsigned(_) => "!!int",
            Self::Float(_) => "!!float",
            Self::Timestamp => "!!timestamp",
            Self::String(_) => "!!str",
            Self::Mismatch(found, _) => found,
        }
    }
}

/// Decides what a scalar is. A quoted scalar is a string unless a tag says otherwise; a tag that is not
/// of YAML's own leaves the text a string.
pub(crate) fn resolve(scalar: &Scalar, tag: Option<&str>) -> Resolved {
    let string = || Resolved::String(Arc::clone(&scalar.text));
    match tag {
        None | Some("!") if scalar.style != Style::Plain => string(),
        None | Some("!") => resolve_plain(&scalar.text, true).unwrap_or_else(string),
        Some(tag @ ("!!bool" | "!!int" | "!!float" | "!!null" | "!!timestamp")) => {
            match (tag, resolve_plain(&scalar.text, tag == "!!timestamp").unwrap_or_else(string)) {
                ("!!float", Resolved::Int(value)) => Resolved::Float(value as f64),
                (_, found) if found.tag() == tag => found,
                (_, found) => Resolved::Mismatch(found.tag(), Arc::from(tag)),
            }
        }
        Some(_) => string(),
    }
}

/// The type of unquoted text; `None` is a string.
fn resolve_plain(text: &str, timestamps: bool) -> Option<Resolved> {
    let Some(first) = text.bytes().next() else { return Some(Resolved::Null) };
    if !matches!(first, b'+' | b'-' | b'.' | b'~' | b'0'..=b'9' | b't' | b'T' | b'f' | b'F' | b'n' | b'N') {
        return None;
    }
    match text {
        "~" | "null" | "Null" | "NULL" => return Some(Resolved::Null),
        "true" | "True" | "TRUE" => return Some(Resolved::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Resolved::Bool(false)),
        ".nan" | ".NaN" | ".NAN" => return Some(Resolved::Float(f64::NAN)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Some(Resolved::Float(f64::INFINITY));
        }
        "-.inf" | "-.Inf" | "-.INF" => return Some(Resolved::Float(f64::NEG_INFINITY)),
        _ => {}
    }
    match first {
        b'.' => go_float(text).map(Resolved::Float),
        b'+' | b'-' | b'0'..=b'9' => {
            if timestamps && is_timestamp(text) {
                return Some(Resolved::Timestamp);
            }
            number(text)
        }
        _ => None,
    }
}

fn number(text: &str) -> Option<Resolved> {
    let plain: std::borrow::Cow<'_, str> =
        if text.contains('_') { text.replace('_', "").into() } else { text.into() };
    let (negative, digits) = match plain.as_bytes() {
        [b'-', ..] => (true, &plain[1..]),
        [b'+', ..] => (false, &plain[1..]),
        _ => (false, &*plain),
    };
    let signed = plain.len() != digits.len();
    let (radix, body) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    let whole = !body.is_empty() && body.bytes().all(|byte| (byte as char).is_digit(radix));
    if whole && let Ok(magnitude) = u64::from_str_radix(body, radix) {
        let value = if negative { 0_i128 - i128::from(magnitude) } else { i128::from(magnitude) };
        if let Ok(value) = i64::try_from(value) {
            return Some(Resolved::Int(value));
        }
        if !signed {
            return Some(Resolved::Unsigned(magnitude));
        }
    }
    if is_float(&plain) {
        plain.parse().ok().filter(|value: &f64| value.is_finite()).map(Resolved::Float)
    } else {
        None
    }
}

/// yaml.v3's float syntax: digits with at most one point, and an exponent.
fn is_float(text: &str) -> bool {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(at) => (&body[..at], Some(&body[at + 1..])),
        None => (body, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_ok = digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let exponent_ok = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    mantissa_ok && exponent_ok
}

/// What starts with a point goes to Go's `ParseFloat` as it is, which takes `_` between two digits only.
fn go_float(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let separates = |at: usize| digit(at.checked_sub(1)) && digit(at.checked_add(1));
    if !text.match_indices('_').all(|(at, _)| separates(at)) {
        return None;
    }
    let plain = text.replace('_', "");
    if is_float(&plain) { plain.parse().ok().filter(|value: &f64| value.is_finite()) } else { None }
}

/// Whether the text is a date that yaml.v3 reads: `2006-1-2`, with a time after a space or, with an
/// offset, after `T` or `t`.
fn is_timestamp(text: &str) -> bool {
    let Some((year, rest)) = text.split_once('-') else { return false };
    if year.len() != 4 || !year.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let date_end = rest.find(['T', 't', ' ']).unwrap_or(rest.len());
    let (date, time) = rest.split_at(date_end);
    let Some((month, day)) = date.split_once('-') else { return false };
    let (Some(year), Some(month), Some(day)) =
        (year.parse::<i16>().ok(), two_digits(month, 1, 12), two_digits(day, 1, 31))
    else {
        return false;
    };
    if jiff::civil::Date::new(year, month, day).is_err() {
        return false;
    }
    match time.as_bytes().first() {
        None => true,
        Some(b' ') => clock(&time[1..]) == Some(""),
        Some(_) => clock(&time[1..]).is_some_and(is_offset),
    }
}

/// Reads `15:4:5.999`, gives what is left.
fn clock(text: &str) -> Option<&str> {
    let (hour, rest) = text.split_once(':')?;
    let (minute, rest) = rest.split_once(':')?;
    two_digits(hour, 0, 23)?;
    two_digits(minute, 0, 59)?;
    let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    two_digits(&rest[..end], 0, 59)?;
    let rest = &rest[end..];
    match rest.strip_prefix(['.', ',']) {
        None => Some(rest),
        Some(fraction) => {
            let rest = fraction.trim_start_matches(|letter: char| letter.is_ascii_digit());
            (rest.len() < fraction.len()).then_some(rest)
        }
    }
}

fn is_offset(text: &str) -> bool {
    let Some(offset) = text.strip_prefix(['+', '-']) else { return text == "Z" };
    offset.len() == 5
        && offset.split_once(':').is_some_and(|(hours, minutes)| {
            two_digits(hours, 0, 24).is_some() && minutes.len() == 2 && two_digits(minutes, 0, 60).is_some()
        })
}

fn two_digits(text: &str, low: i8, high: i8) -> Option<i8> {
    if text.is_empty() || text.len() > 2 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|value| (low..=high).contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Resolved {
        resolve(&Scalar { text: Arc::from(text), style: Style::Plain }, None)
    }

    #[test]
    fn integers_take_every_go_prefix() {
        for (text, value) in [
            ("0", 0),
            ("-1", -1),
            ("+7", 7),
            ("0755", 493),
            ("0o755", 493),
            ("-0o17", -15),
            ("010", 8),
            ("0x1F", 31),
            ("0X1f", 31),
            ("-0x10", -16),
            ("0b11", 3),
            ("0B11", 3),
            ("-0b11", -3),
            ("1_000", 1000),
            ("1__0_", 10),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(plain(text), Resolved::Int(value), "{text}");
        }
        assert_eq!(plain("18446744073709551615"), Resolved::Unsigned(u64::MAX));
    }

    #[test]
    fn floats_take_what_integers_leave() {
        for (text, value) in [
            ("08", 8.0),
            ("3.10", 3.1),
            (".5", 0.5),
            (".5_0", 0.5),
            (".5_0", 0.5),
            ("5.", 5.0),
            ("-1e3", -1000.0),
            ("1_0.5", 10.5),
            (".inf", f64::INFINITY),
            ("-.INF", f64::NEG_INFINITY),
            ("18446744073709551616", 18_446_744_073_709_551_616.0),
        ] {
            assert_eq!(plain(text), Resolved::Float(value), "{text}");
        }
        assert!(matches!(plain(".NaN"), Resolved::Float(value) if value.is_nan()));
    }

    #[test]
    fn what_yaml_1_1_calls_boolean_is_text() {
        for text in [
            "y", "Y", "yes", "on", "no", "off", "n", "tRue", "nil", "0x", "0b2", "1.2.3", "-", "+", ".",
            "1e", "infinity", "nan", "12:30:45", "0o8", "1-2", "._5", ".5__0", "._5", ".5__0", "_1",
        ] {
            assert_eq!(plain(text), Resolved::String(Arc::from(text)), "{text}");
        }
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(plain(text), Resolved::Null, "{text}");
        }
        assert_eq!((plain("True"), plain("FALSE")), (Resolved::Bool(true), Resolved::Bool(false)));
    }

    #[test]
    fn dates_are_told_from_text() {
        for (text, date) in [
            ("2024-01-02", true),
            ("2024-1-2", true),
            ("2024-02-30", false),
            ("2024-13-01", false),
            ("2024-01-02 15:04:05", true),
            ("2024-01-02 15:04:05.5", true),
            ("2024-01-02 15:04:05Z", false),
            ("2024-01-02T15:04:05Z", true),
            ("2024-01-02t15:04:05+02:00", true),
            ("2024-01-02T15:04:05", false),
            ("2024-01", false),
            ("20240-01-02", false),
        ] {
            assert_eq!(plain(text) == Resolved::Timestamp, date, "{text}");
        }
    }

    #[test]
    fn tags_and_quotes_decide_first() {
        let quoted = Scalar { text: Arc::from("12"), style: Style::DoubleQuoted };
        assert_eq!(resolve(&quoted, None), Resolved::String(Arc::from("12")));
        assert_eq!(resolve(&quoted, Some("!!int")), Resolved::Int(12));
        assert_eq!(resolve(&quoted, Some("!!float")), Resolved::Float(12.0));
        assert_eq!(resolve(&quoted, Some("!mine")), Resolved::String(Arc::from("12")));
        assert_eq!(resolve(&quoted, Some("!!bool")), Resolved::Mismatch("!!int", Arc::from("!!bool")));
        let plain = Scalar { text: Arc::from("12"), style: Style::Plain };
        assert_eq!(resolve(&plain, Some("!!str")), Resolved::String(Arc::from("12")));
    }
}
