//! `printf`

use crate::word::escape::{expand, sequence};

/// The most columns that a width may ask for.
const WIDEST: usize = 1 << 20;

/// Formats arguments, again and again while there are more of them. The error's text is mvdan/sh's; what was formatted
/// before the error is given with it.
pub(in super::super) fn printf(format: &str, args: &[String]) -> Result<Vec<u8>, (Vec<u8>, String)> {
    let mut out = Vec::new();
    let mut rest = args;
    loop {
        let before = out.len();
        match once(format, rest, &mut out) {
            Ok(used) => {
                rest = rest.get(used..).unwrap_or_default();
                if used == 0 || rest.is_empty() {
                    return Ok(out);
                }
            }
            Err(message) => {
                out.truncate(before);
                return Err((out, message));
            }
        }
    }
}

/// What stands between `%` and the letter.
#[derive(Default)]
struct Flags {
    sign: Option<char>,
    zero: bool,
    width: usize,
    any: bool,
}

/// Formats once. Gives the number of arguments used.
fn once(format: &str, args: &[String], out: &mut Vec<u8>) -> Result<usize, String> {
    let mut rest = format.chars().peekable();
    let mut used = 0;
    let mut argument = || {
        let argument = args.get(used).map_or("", String::as_str);
        used = args.len().min(used + 1);
        argument
    };
    while let Some(next) = rest.next() {
        match next {
            '\\' => sequence(&mut rest, out),
            '%' => {
                let mut flags = Flags::default();
                loop {
                    let letter = rest.next().ok_or("missing format char")?;
                    match letter {
                        '+' | '-' | ' ' if !flags.any => flags.sign = Some(letter),
                        '0' if flags.width == 0 => flags.zero = true,
                        '0'..='9' => {
                            let digit = letter.to_digit(10).unwrap_or_default() as usize;
                            flags.width = (flags.width * 10 + digit).min(WIDEST);
                        }
                        _ => {
                            directive(letter, &flags, &mut argument, out)?;
                            break;
                        }
                    }
                    flags.any = true;
                }
            }
            next => out.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Ok(used)
}

fn directive<'a>(
    letter: char,
    flags: &Flags,
    argument: &mut impl FnMut() -> &'a str,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    match letter {
        '%' => out.push(b'%'),
        'c' => out.push(argument().bytes().next().unwrap_or(0)),
        'b' => expand(argument(), out),
        's' => pad(argument(), flags, out),
        'd' | 'i' => number(integer(argument()).into(), flags, out),
        'u' => number(i128::from(integer(argument()).cast_unsigned()), flags, out),
        'o' => pad_number(&format!("{:o}", integer(argument())), "", flags, out),
        'x' => pad_number(&format!("{:x}", integer(argument())), "", flags, out),
        other => return Err(format!("invalid format char: {other}")),
    }
    Ok(())
}

/// A number as Go's `strconv.ParseInt(text, 0, 0)` reads it; 0 where it is none.
fn integer(text: &str) -> i64 {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (digits, radix) = if let Some(digits) = lower.strip_prefix("0x") {
        (digits, 16)
    } else if let Some(digits) = lower.strip_prefix("0b") {
        (digits, 2)
    } else if let Some(digits) = lower.strip_prefix("0o") {
        (digits, 8)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (lower.get(1..).unwrap_or_default(), 8)
    } else {
        (lower.as_str(), 10)
    };
    let value =
        if digits.starts_with(['+', '-']) { 0 } else { i64::from_str_radix(digits, radix).unwrap_or(0) };
    if negative { -value } else { value }
}

fn number(value: i128, flags: &Flags, out: &mut Vec<u8>) {
    let sign = match (value < 0, flags.sign) {
        (true, _) => "-",
        (false, Some('+')) => "+",
        (false, Some(' ')) => " ",
        (false, _) => "",
    };
    pad_number(&value.unsigned_abs().to_string(), sign, flags, out);
}

fn pad_number(digits: &str, sign: &str, flags: &Flags, out: &mut Vec<u8>) {
    if flags.zero && flags.sign != Some('-') {
        let zeros = flags.width.saturating_sub(digits.len() + sign.len());
        out.extend_from_slice(sign.as_bytes());
        out.resize(out.len() + zeros, b'0');
        out.extend_from_slice(digits.as_bytes());
    } else {
        let flags = Flags { zero: false, ..*flags };
        pad(&format!("{sign}{digits}"), &flags, out);
    }
}

fn pad(text: &str, flags: &Flags, out: &mut Vec<u8>) {
    let missing = flags.width.saturating_sub(text.chars().count());
    let left = flags.sign == Some('-');
    if !left {
        out.resize(out.len() + missing, if flags.zero { b'0' } else { b' ' });
    }
    out.extend_from_slice(text.as_bytes());
    if left {
        out.resize(out.len() + missing, b' ');
    }
}
