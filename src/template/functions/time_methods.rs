//! The methods of times, durations, months and days of the week, as templates call them: `now.Year`.

use super::Returned;
use super::arguments::{int, text};
use super::{Call, Function, Type};
use crate::template::layout::format;
use crate::template::print::printed;
use crate::template::value::{Typed, Value};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Zoned};

type Implementation = fn(&[Value]) -> Returned;

const fn m(name: &'static str, parameters: &'static [Type], function: Implementation) -> Function {
    Function { name, parameters, variadic: false, call: Call::Function(function) }
}

/// The method `name` of the type of `value`. The receiver is the first argument of its call.
pub(in crate::template) fn method(value: &Value, name: &str) -> Option<&'static Function> {
    let methods = match value {
        Value::Time(_) => TIME,
        Value::Duration(_) => DURATION,
        Value::Typed(Typed::Month(_) | Typed::Weekday(_) | Typed::Uuid(_)) => NAMED,
        _ => return None,
    };
    methods.iter().find(|method| method.name == name)
}

static NAMED: &[Function] = &[m("String", &[], string)];

static TIME: &[Function] = &[
    m("Add", &[Type::Duration], add),
    m("AddDate", &[Type::Int, Type::Int, Type::Int], add_date),
    m("After", &[Type::Time], |a| Ok((time(a, 0)? > time(a, 1)?).into())),
    m("Before", &[Type::Time], |a| Ok((time(a, 0)? < time(a, 1)?).into())),
    m("Day", &[], |a| Ok(Value::Int(time(a, 0)?.day().into()))),
    m("Equal", &[Type::Time], |a| Ok((time(a, 0)?.timestamp() == time(a, 1)?.timestamp()).into())),
    m("Format", &[Type::String], format_time),
    m("Hour", &[], |a| Ok(Value::Int(time(a, 0)?.hour().into()))),
    m("IsZero", &[], |a| Ok((time(a, 0)?.timestamp().as_second() == ZERO_SECOND).into())),
    m("Local", &[], |a| Ok(in_zone(time(a, 0)?, crate::template::time::local_zone()))),
    m("Minute", &[], |a| Ok(Value::Int(time(a, 0)?.minute().into()))),
    m("Month", &[], |a| Ok(Value::Typed(Typed::Month(time(a, 0)?.month())))),
    m("Nanosecond", &[], |a| Ok(Value::Int(time(a, 0)?.subsec_nanosecond().into()))),
    m("Second", &[], |a| Ok(Value::Int(time(a, 0)?.second().into()))),
    m("String", &[], string),
    m("Sub", &[Type::Time], subtract),
    m("UTC", &[], |a| Ok(in_zone(time(a, 0)?, TimeZone::UTC))),
    m("Unix", &[], |a| Ok(int64(time(a, 0)?.timestamp().as_second()))),
    m("UnixMicro", &[], |a| Ok(int64(time(a, 0)?.timestamp().as_microsecond()))),
    m("UnixMilli", &[], |a| Ok(int64(time(a, 0)?.timestamp().as_millisecond()))),
    m("UnixNano", &[], unix_nano),
    m("Weekday", &[], |a| Ok(Value::Typed(Typed::Weekday(time(a, 0)?.weekday().to_sunday_zero_offset())))),
    m("Year", &[], |a| Ok(Value::Int(time(a, 0)?.year().into()))),
    m("YearDay", &[], |a| Ok(Value::Int(time(a, 0)?.day_of_year().into()))),
];

static DURATION: &[Function] = &[
    m("Abs", &[], |a| Ok(Value::Duration(int(a, 0).saturating_abs()))),
    m("Hours", &[], |a| Ok(parts_of(a, 3_600_000_000_000))),
    m("Microseconds", &[], |a| Ok(int64(int(a, 0) / 1_000))),
    m("Milliseconds", &[], |a| Ok(int64(int(a, 0) / 1_000_000))),
    m("Minutes", &[], |a| Ok(parts_of(a, 60_000_000_000))),
    m("Nanoseconds", &[], |a| Ok(int64(int(a, 0)))),
    m("Round", &[Type::Duration], |a| Ok(Value::Duration(rounded(int(a, 0), int(a, 1))))),
    m("Seconds", &[], |a| Ok(parts_of(a, 1_000_000_000))),
    m("String", &[], string),
    m("Truncate", &[Type::Duration], truncate),
];

/// The second of Go's zero time, 1 January of the year 1.
pub(super) const ZERO_SECOND: i64 = -62_135_596_800;

/// The time at `index`.
pub(super) fn time(arguments: &[Value], index: usize) -> Result<&Zoned, String> {
    match arguments.get(index) {
        Some(Value::Time(time)) => Ok(time),
        _ => Err("not a time".to_owned()),
    }
}

/// `time` in another zone.
pub(super) fn in_zone(time: &Zoned, zone: TimeZone) -> Value {
    Value::Time(Box::new(time.with_time_zone(zone)))
}

/// `time` moved by nanoseconds; the same where the result is out of range.
pub(super) fn moved(time: &Zoned, nanoseconds: i64) -> Value {
    let moved = time.checked_add(SignedDuration::from_nanos(nanoseconds));
    Value::Time(Box::new(moved.unwrap_or_else(|_| time.clone())))
}

/// Half away from zero, as Go's `Duration.Round`.
pub(super) fn rounded(duration: i64, unit: i64) -> i64 {
    if unit <= 0 {
        return duration;
    }
    let rest = duration % unit;
    let down = duration - rest;
    if rest.unsigned_abs() * 2 < unit.unsigned_abs() {
        down
    } else {
        down.saturating_add(unit * rest.signum())
    }
}

fn int64(number: i64) -> Value {
    Value::Typed(Typed::Int64(number))
}

/// The duration in a unit, with what is left of it as a fraction.
fn parts_of(arguments: &[Value], unit: i64) -> Value {
    let duration = int(arguments, 0);
    #[expect(clippy::cast_precision_loss, reason = "what Go does")]
    Value::Float((duration / unit) as f64 + (duration % unit) as f64 / unit as f64)
}

fn string(arguments: &[Value]) -> Returned {
    Ok(printed(&arguments[0]).into())
}

fn add(arguments: &[Value]) -> Returned {
    Ok(moved(time(arguments, 0)?, int(arguments, 1)))
}

fn add_date(arguments: &[Value]) -> Returned {
    let time = time(arguments, 0)?;
    let months = int(arguments, 1).saturating_mul(12).saturating_add(int(arguments, 2));
    let day_of_month = i64::from(time.day()) - 1;
    // Go adds months to the number of the month and lets days overflow into the next.
    let moved =
        time.first_of_month().and_then(|first| first.checked_add(Span::new().try_months(months)?)).and_then(
            |first| first.checked_add(Span::new().try_days(day_of_month.saturating_add(int(arguments, 3)))?),
        );
    Ok(Value::Time(Box::new(moved.map_err(|error| error.to_string())?)))
}

fn format_time(arguments: &[Value]) -> Returned {
    let mut out = String::new();
    format(&mut out, text(arguments, 1), time(arguments, 0)?);
    Ok(out.into())
}

fn subtract(arguments: &[Value]) -> Returned {
    let difference = time(arguments, 0)?.duration_since(time(arguments, 1)?).as_nanos();
    let limit = if difference < 0 { i64::MIN } else { i64::MAX };
    Ok(Value::Duration(i64::try_from(difference).unwrap_or(limit)))
}

fn unix_nano(arguments: &[Value]) -> Returned {
    Ok(int64(i64::try_from(time(arguments, 0)?.timestamp().as_nanosecond()).unwrap_or(0)))
}

fn truncate(arguments: &[Value]) -> Returned {
    let (duration, unit) = (int(arguments, 0), int(arguments, 1));
    Ok(Value::Duration(if unit <= 0 { duration } else { duration - duration % unit }))
}
