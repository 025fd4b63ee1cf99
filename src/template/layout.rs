//! Go's layouts of dates, in which 2 January 2006 15:04:05 -0700 stands for itself. Knows no time zones by
//! name beyond what a time brings.

use super::time::{month_name, weekday_name};
use jiff::Zoned;
use std::fmt::Write as _;

/// One element of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    LongMonth,
    Month,
    MonthNumber {
        zero: bool,
    },
    LongWeekday,
    Weekday,
    Day {
        pad: Option<char>,
    },
    YearDay {
        pad: char,
    },
    Hour24,
    Hour12 {
        zero: bool,
    },
    Minute {
        zero: bool,
    },
    Second {
        zero: bool,
    },
    LongYear,
    Year,
    HalfUpper,
    HalfLower,
    ZoneName,
    Offset {
        utc: bool,
        colon: bool,
        seconds: bool,
        short: bool,
    },
    /// `.000` or `,000`; `trim` for `.999`
    Fraction {
        digits: usize,
        trim: bool,
        separator: char,
    },
}

/// The first element in `layout`: the text before it, the element, its own text and what follows.
pub(super) fn next_element(layout: &str) -> Option<(&str, Element, &str, &str)> {
    (0..layout.len()).filter(|index| layout.is_char_boundary(*index)).find_map(|index| {
        let (element, length) = element_at(&layout[index..])?;
        // `_2006` is an underscore and a year.
        let start =
            if element == Element::LongYear && layout[index..].starts_with('_') { index + 1 } else { index };
        Some((&layout[..start], element, &layout[start..index + length], &layout[index + length..]))
    })
}

/// The element that `text` starts with, and its length with what was skipped.
fn element_at(text: &str) -> Option<(Element, usize)> {
    use Element as E;
    let lower_follows = |length: usize| text.as_bytes().get(length).is_some_and(u8::is_ascii_lowercase);
    let offset = |utc, colon, seconds, short| E::Offset { utc, colon, seconds, short };
    let fixed: &[(&str, E)] = match text.as_bytes().first()? {
        b'J' => {
            return match () {
                () if text.starts_with("January") => Some((E::LongMonth, 7)),
                () if text.starts_with("Jan") && !lower_follows(3) => Some((E::Month, 3)),
                () => None,
            };
        }
        b'M' => {
            return match () {
                () if text.starts_with("Monday") => Some((E::LongWeekday, 6)),
                () if text.starts_with("Mon") && !lower_follows(3) => Some((E::Weekday, 3)),
                () if text.starts_with("MST") => Some((E::ZoneName, 3)),
                () => None,
            };
        }
        b'0' => &[
            ("002", E::YearDay { pad: '0' }),
            ("01", E::MonthNumber { zero: true }),
            ("02", E::Day { pad: Some('0') }),
            ("03", E::Hour12 { zero: true }),
            ("04", E::Minute { zero: true }),
            ("05", E::Second { zero: true }),
            ("06", E::Year),
        ],
        b'1' => &[("15", E::Hour24), ("1", E::MonthNumber { zero: false })],
        b'2' => &[("2006", E::LongYear), ("2", E::Day { pad: None })],
        b'_' => {
            &[("_2006", E::LongYear), ("__2", E::YearDay { pad: ' ' }), ("_2", E::Day { pad: Some(' ') })]
        }
        b'3' => &[("3", E::Hour12 { zero: false })],
        b'4' => &[("4", E::Minute { zero: false })],
        b'5' => &[("5", E::Second { zero: false })],
        b'P' => &[("PM", E::HalfUpper)],
        b'p' => &[("pm", E::HalfLower)],
        b'-' => &[
            ("-070000", offset(false, false, true, false)),
            ("-07:00:00", offset(false, true, true, false)),
            ("-0700", offset(false, false, false, false)),
            ("-07:00", offset(false, true, false, false)),
            ("-07", offset(false, false, false, true)),
        ],
        b'Z' => &[
            ("Z070000", offset(true, false, true, false)),
            ("Z07:00:00", offset(true, true, true, false)),
            ("Z0700", offset(true, false, false, false)),
            ("Z07:00", offset(true, true, false, false)),
            ("Z07", offset(true, false, false, true)),
        ],
        b'.' | b',' => return fraction(text),
        _ => return None,
    };
    fixed.iter().find(|(name, _)| text.starts_with(name)).map(|(name, element)| (*element, name.len()))
}

/// `.000` or `.999`, where no further digit follows.
fn fraction(text: &str) -> Option<(Element, usize)> {
    let separator = text.chars().next()?;
    let digit = *text.as_bytes().get(1)?;
    if digit != b'0' && digit != b'9' {
        return None;
    }
    let digits = text[1..].bytes().take_while(|byte| *byte == digit).count();
    if text.as_bytes().get(1 + digits).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    Some((Element::Fraction { digits, trim: digit == b'9', separator }, 1 + digits))
}

/// Adds `time` in Go's `layout`.
pub(super) fn format(out: &mut String, mut layout: &str, time: &Zoned) {
    while let Some((before, element, _, rest)) = next_element(layout) {
        out.push_str(before);
        format_element(out, element, time);
        layout = rest;
    }
    out.push_str(layout);
}

fn format_element(out: &mut String, element: Element, time: &Zoned) {
    use Element as E;
    let number = |out: &mut String, number: i32, zero: bool| {
        let _ = if zero { write!(out, "{number:02}") } else { write!(out, "{number}") };
    };
    let hour12 = (i32::from(time.hour()) + 11) % 12 + 1;
    match element {
        E::LongMonth => out.push_str(month_name(time.month())),
        E::Month => out.push_str(&month_name(time.month())[..3]),
        E::MonthNumber { zero } => number(out, time.month().into(), zero),
        E::LongWeekday => out.push_str(weekday_name(time.weekday().to_sunday_zero_offset())),
        E::Weekday => out.push_str(&weekday_name(time.weekday().to_sunday_zero_offset())[..3]),
        E::Day { pad: Some(' ') } => {
            let _ = write!(out, "{:2}", time.day());
        }
        E::Day { pad } => number(out, time.day().into(), pad.is_some()),
        E::YearDay { pad: '0' } => {
            let _ = write!(out, "{:03}", time.day_of_year());
        }
        E::YearDay { .. } => {
            let _ = write!(out, "{:3}", time.day_of_year());
        }
        E::Hour24 => number(out, time.hour().into(), true),
        E::Hour12 { zero } => number(out, hour12, zero),
        E::Minute { zero } => number(out, time.minute().into(), zero),
        E::Second { zero } => number(out, time.second().into(), zero),
        E::LongYear => {
            let year = i32::from(time.year());
            let _ = write!(out, "{}{:04}", if year < 0 { "-" } else { "" }, year.abs());
        }
        E::Year => number(out, i32::from(time.year()).rem_euclid(100), true),
        E::HalfUpper => out.push_str(if time.hour() < 12 { "AM" } else { "PM" }),
        E::HalfLower => out.push_str(if time.hour() < 12 { "am" } else { "pm" }),
        E::ZoneName => zone_name(out, time),
        E::Offset { utc: true, .. } if time.offset().seconds() == 0 => out.push('Z'),
        E::Offset { colon, seconds, short, .. } => {
            offset(out, time.offset().seconds(), colon, seconds, short);
        }
        E::Fraction { digits, trim, separator } => fraction_of(out, time, digits, trim, separator),
    }
}

fn offset(out: &mut String, total: i32, colon: bool, seconds: bool, short: bool) {
    out.push(if total < 0 { '-' } else { '+' });
    let total = total.abs();
    let _ = write!(out, "{:02}", total / 3600);
    let separator = if colon { ":" } else { "" };
    if !short {
        let _ = write!(out, "{separator}{:02}", total / 60 % 60);
    }
    if seconds {
        let _ = write!(out, "{separator}{:02}", total % 60);
    }
}

fn zone_name(out: &mut String, time: &Zoned) {
    let info = time.time_zone().to_offset_info(time.timestamp());
    let name = info.abbreviation();
    if name.starts_with(|first: char| first.is_ascii_alphabetic()) || time.time_zone().iana_name().is_some() {
        out.push_str(name);
        return;
    }
    // A bare offset has no name; Go writes it as `-0700` does.
    let seconds = time.offset().seconds();
    offset(out, seconds, false, false, false);
}

fn fraction_of(out: &mut String, time: &Zoned, digits: usize, trim: bool, separator: char) {
    let mut text = format!("{:09}", time.subsec_nanosecond());
    text.extend(std::iter::repeat_n('0', digits.saturating_sub(9)));
    text.truncate(digits);
    let text = if trim { text.trim_end_matches('0') } else { &text };
    if !text.is_empty() || !trim {
        out.push(separator);
        out.push_str(text);
    }
}
