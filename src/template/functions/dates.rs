//! Dates: `now`, `date`, `toDate` and their like.

use super::Returned;
use super::arguments::text;
use super::time_methods::{ZERO_SECOND, in_zone, moved, rounded, time};
use crate::template::layout::format;
use crate::template::layout_parse::parse;
use crate::template::time::{local_zone, parse_duration, print_duration};
use crate::template::value::{Typed, Value};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// What sprig takes for a date: a time, seconds since 1970, or anything else for now.
fn date_of(value: &Value) -> Zoned {
    let seconds = match value {
        Value::Time(time) => return (**time).clone(),
        Value::Int(seconds) | Value::Typed(Typed::Int64(seconds)) => *seconds,
        Value::Typed(Typed::Rune(seconds)) => (*seconds).into(),
        _ => return Zoned::now(),
    };
    Timestamp::from_second(seconds)
        .unwrap_or(if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX })
        .to_zoned(TimeZone::UTC)
}

/// The zone of that name; UTC where there is none.
fn zone_of(name: &str) -> TimeZone {
    match name {
        "" | "UTC" => TimeZone::UTC,
        "Local" => local_zone(),
        name => TimeZone::get(name).unwrap_or(TimeZone::UTC),
    }
}

fn formatted(layout: &str, date: &Value, zone: &str) -> Value {
    let mut out = String::new();
    format(&mut out, layout, &date_of(date).with_time_zone(zone_of(zone)));
    out.into()
}

pub(super) fn now(_: &[Value]) -> Returned {
    Ok(in_zone(&Zoned::now(), local_zone()))
}

pub(super) fn date(arguments: &[Value]) -> Returned {
    Ok(formatted(text(arguments, 0), &arguments[1], "Local"))
}

pub(super) fn date_in_zone(arguments: &[Value]) -> Returned {
    Ok(formatted(text(arguments, 0), &arguments[1], text(arguments, 2)))
}

pub(super) fn html_date(arguments: &[Value]) -> Returned {
    Ok(formatted("2006-01-02", &arguments[0], "Local"))
}

pub(super) fn html_date_in_zone(arguments: &[Value]) -> Returned {
    Ok(formatted("2006-01-02", &arguments[0], text(arguments, 1)))
}

pub(super) fn must_date_modify(arguments: &[Value]) -> Returned {
    Ok(moved(time(arguments, 1)?, parse_duration(text(arguments, 0))?))
}

pub(super) fn date_modify(arguments: &[Value]) -> Returned {
    Ok(must_date_modify(arguments).unwrap_or_else(|_| arguments[1].clone()))
}

pub(super) fn must_to_date(arguments: &[Value]) -> Returned {
    Ok(Value::Time(Box::new(parse(text(arguments, 0), text(arguments, 1), &local_zone())?)))
}

pub(super) fn to_date(arguments: &[Value]) -> Returned {
    let zero = Timestamp::from_second(ZERO_SECOND).unwrap_or(Timestamp::MIN).to_zoned(TimeZone::UTC);
    Ok(must_to_date(arguments).unwrap_or_else(|_| Value::Time(Box::new(zero))))
}

pub(super) fn unix_epoch(arguments: &[Value]) -> Returned {
    Ok(time(arguments, 0)?.timestamp().as_second().to_string().into())
}

/// Nanoseconds from then to now, as far as Go's durations reach.
fn since(time: &Zoned) -> i64 {
    let passed = Timestamp::now().as_nanosecond() - time.timestamp().as_nanosecond();
    i64::try_from(passed).unwrap_or(if passed < 0 { i64::MIN } else { i64::MAX })
}

fn duration_text(nanoseconds: i64) -> Value {
    let mut out = String::new();
    print_duration(&mut out, nanoseconds);
    out.into()
}

pub(super) fn ago(arguments: &[Value]) -> Returned {
    Ok(duration_text(rounded(since(&date_of(&arguments[0])), 1_000_000_000)))
}

pub(super) fn duration(arguments: &[Value]) -> Returned {
    let seconds = match &arguments[0] {
        Value::String(text) => text.parse().unwrap_or(0),
        Value::Typed(Typed::Int64(seconds)) => *seconds,
        _ => 0_i64,
    };
    Ok(duration_text(seconds.wrapping_mul(1_000_000_000)))
}

pub(super) fn duration_round(arguments: &[Value]) -> Returned {
    let duration = match &arguments[0] {
        Value::String(text) => parse_duration(text).unwrap_or(0),
        Value::Typed(Typed::Int64(nanoseconds)) => *nanoseconds,
        Value::Time(time) => since(time),
        _ => 0,
    };
    const SECOND: u64 = 1_000_000_000;
    const UNITS: [(u64, &str); 6] = [
        (365 * 24 * 3600 * SECOND, "y"),
        (30 * 24 * 3600 * SECOND, "mo"),
        (24 * 3600 * SECOND, "d"),
        (3600 * SECOND, "h"),
        (60 * SECOND, "m"),
        (SECOND, "s"),
    ];
    let size = duration.unsigned_abs();
    let unit = UNITS.iter().find(|(unit, _)| size > *unit);
    Ok(unit.map_or_else(|| "0s".to_owned(), |(unit, name)| format!("{}{name}", size / unit)).into())
}
