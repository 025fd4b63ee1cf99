//! Times and durations as Go's package `time` writes them. Knows no layouts.

use crate::yaml::{DurationError, read_duration};
use jiff::Zoned;
use jiff::tz::TimeZone;
use std::fmt::Write as _;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The English name of a month, from 1; empty if there is none.
pub(super) fn month_name(month: i8) -> &'static str {
    usize::try_from(month - 1).ok().and_then(|index| MONTHS.get(index)).copied().unwrap_or_default()
}

/// The English name of a day, from 0 for Sunday; empty if there is none.
pub(super) fn weekday_name(day: i8) -> &'static str {
    usize::try_from(day).ok().and_then(|index| WEEKDAYS.get(index)).copied().unwrap_or_default()
}

/// Adds a time as `time.Time.String` has it.
pub(super) fn print_time(out: &mut String, time: &Zoned) {
    super::layout::format(out, "2006-01-02 15:04:05.999999999 -0700 MST", time);
}

/// Adds a duration such as `1h2m3.5s`.
pub(super) fn print_duration(out: &mut String, nanoseconds: i64) {
    let total = nanoseconds.unsigned_abs();
    if total == 0 {
        out.push_str("0s");
        return;
    }
    if nanoseconds < 0 {
        out.push('-');
    }
    let (unit, digits) = match total {
        0..1_000 => ("ns", 0),
        1_000..1_000_000 => ("µs", 3),
        1_000_000..1_000_000_000 => ("ms", 6),
        _ => ("s", 9),
    };
    let scale = 10_u64.pow(digits);
    let (mut whole, fraction) = (total / scale, total % scale);
    if unit == "s" {
        let (hours, minutes) = (whole / 3600, whole / 60 % 60);
        if hours > 0 {
            let _ = write!(out, "{hours}h");
        }
        if whole >= 60 {
            let _ = write!(out, "{minutes}m");
        }
        whole %= 60;
    }
    let _ = write!(out, "{whole}");
    if fraction > 0 {
        let text = format!("{fraction:0width$}", width = digits as usize);
        let _ = write!(out, ".{}", text.trim_end_matches('0'));
    }
    out.push_str(unit);
}

/// The zone of this machine; UTC where it does not say.
pub(super) fn local_zone() -> TimeZone {
    match TimeZone::try_system() {
        Ok(zone) if !zone.is_unknown() => zone,
        _ => TimeZone::UTC,
    }
}

/// Go's `time.ParseDuration`: nanoseconds of a text such as `1h15m30.5s`, or Go's words of what is wrong.
pub(super) fn parse_duration(text: &str) -> Result<i64, String> {
    read_duration(text).map_err(|error| match error {
        DurationError::Invalid => format!("time: invalid duration {}", quote_bytes(text)),
        DurationError::MissingUnit => format!("time: missing unit in duration {}", quote_bytes(text)),
        DurationError::UnknownUnit(unit) => {
            format!("time: unknown unit {} in duration {}", quote_bytes(unit), quote_bytes(text))
        }
    })
}

/// The quoting of Go's package `time`, which escapes every byte beyond printable ASCII.
pub(super) fn quote_bytes(text: &str) -> String {
    let mut out = String::from('"');
    for byte in text.bytes() {
        let _ = match byte {
            b'"' | b'\\' => write!(out, "\\{}", char::from(byte)),
            b' '..=b'\x7f' => write!(out, "{}", char::from(byte)),
            _ => write!(out, "\\x{byte:02x}"),
        };
    }
    out.push('"');
    out
}
