//! Number literals of templates: Go's syntax with prefixes and underscores. Knows no grammar.

use super::ast::Number;
use super::quote::{quote, unquote_one};
use super::token::TokenKind;

/// Reads a number, or says in Go's words why it is none.
pub(super) fn parse_number(text: &str, kind: TokenKind) -> Result<Number, String> {
    match kind {
        TokenKind::CharConstant => {
            let Some((code, rest)) = unquote_one(&text[1..], b'\'', &mut Vec::new()) else {
                return Err("invalid syntax".to_owned());
            };
            if rest != "'" {
                return Err(format!("malformed character constant: {text}"));
            }
            Ok(Number {
                int: Some(code.into()),
                float: Some(code.into()),
                is_float: false,
                text: text.into(),
            })
        }
        _ if text.ends_with('i') => Err(format!("complex numbers are not supported: {}", quote(text))),
        _ => parse_real(text),
    }
}

fn parse_real(text: &str) -> Result<Number, String> {
    let number = |int: Option<i64>, float: Option<f64>, is_float: bool| Number {
        text: text.into(),
        int,
        float,
        is_float,
    };
    if let Some(int) = parse_int(text) {
        return Ok(match i64::try_from(int) {
            #[expect(clippy::cast_precision_loss, reason = "what Go's conversion does")]
            Ok(int) => number(Some(int), Some(int as f64), false),
            // Go keeps it as an unsigned constant, which overflows wherever it is used.
            Err(_) => number(None, None, false),
        });
    }
    if let Some(float) = parse_float(text) {
        if !text.contains(['.', 'e', 'E', 'p', 'P']) {
            return Err(format!("integer overflow: {}", quote(text)));
        }
        let integral = float.trunc() == float && float.abs() < 9_223_372_036_854_775_808.0;
        #[expect(clippy::cast_possible_truncation, reason = "checked to be integral and in range")]
        return Ok(number(integral.then_some(float as i64), Some(float), true));
    }
    Err(format!("illegal number syntax: {}", quote(text)))
}

/// An integer with any of Go's prefixes (base 0 of `strconv.ParseInt`), if `text` is one that fits 64 bits
/// with or without a sign.
pub(super) fn parse_int(text: &str) -> Option<i128> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if !underscores_ok(digits) {
        return None;
    }
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, &lower[..]),
    };
    let digits = digits.replace('_', "");
    if !digits.bytes().all(|digit| digit.is_ascii_alphanumeric()) {
        return None;
    }
    let value = i128::from(u64::from_str_radix(&digits, radix).ok()?);
    match negative {
        true if value <= 1 << 63 => Some(-value),
        true => None,
        false => Some(value),
    }
}

/// Go's `strconv.ParseFloat`; nothing for what is no number or out of range.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    let lower = text.to_ascii_lowercase();
    let unsigned = lower.strip_prefix(['+', '-']).unwrap_or(&lower);
    if matches!(unsigned, "inf" | "infinity" | "nan") {
        return lower.parse().ok();
    }
    if !underscores_ok(text) {
        return None;
    }
    let digits = unsigned.replace('_', "");
    let float = match digits.strip_prefix("0x") {
        Some(digits) => parse_hexadecimal_float(digits)?,
        None => digits.parse().ok()?,
    };
    let float: f64 = if lower.starts_with('-') { -float } else { float };
    float.is_finite().then_some(float)
}

/// `1.8p4`: hexadecimal digits times a power of two, which must be given.
fn parse_hexadecimal_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p')?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let value = u64::from_str_radix(&digits, 16).ok().filter(|_| !digits.starts_with('+'))?;
    let exponent: i32 = exponent.parse().ok()?;
    let places = i32::try_from(fraction.len()).ok()?;
    #[expect(clippy::cast_precision_loss, reason = "rounds as Go does")]
    Some(value as f64 * 2_f64.powi(exponent.saturating_sub(places * 4)))
}

/// Whether every underscore stands between digits or after a prefix.
fn underscores_ok(text: &str) -> bool {
    if !text.contains('_') {
        return true;
    }
    let lower = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
    let prefixed = ["0x", "0o", "0b"].iter().find_map(|prefix| lower.strip_prefix(prefix));
    let leading_ok = prefixed.is_some() || lower.starts_with('0');
    let rest = prefixed.unwrap_or(&lower).as_bytes();
    rest.iter().enumerate().all(|(index, byte)| {
        *byte != b'_'
            || (rest.get(index + 1).is_some_and(u8::is_ascii_hexdigit)
                && match index.checked_sub(1) {
                    Some(before) => rest[before].is_ascii_hexdigit(),
                    None => leading_ok,
                })
    })
}
