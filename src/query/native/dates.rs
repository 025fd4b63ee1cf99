//! Dates: seconds since 1970, and jq's "broken down time" `[year, month from 0, day, hour, minute, second, weekday, day of
//! the year from 0]`.

use super::strftime::strftime;
use super::strptime::strptime;
use super::{Context, Native};
use crate::query::raise::{Evaluated, Raise};
use crate::query::value::Value;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A moment taken apart, as C's `struct tm` has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Broken {
    /// Whole years, not from 1900 on.
    pub(super) year: i64,
    /// From 0 on.
    pub(super) month: i64,
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    /// From Sunday on.
    pub(super) weekday: i64,
    /// From 0 on.
    pub(super) yearday: i64,
}

pub(super) fn find(name: &str, arity: usize) -> Option<Native> {
    Some(match (name, arity) {
        ("now", 0) => |_, _, _| {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            Ok(Value::Number(now.map_or(0.0, |time| time.as_secs_f64())))
        },
        ("mktime", 0) => |_, input, _| match input {
            Value::Array(_) => broken(input, "mktime").map(|time| Value::Number(seconds(&time) as f64)),
            _ => Err(Raise::text("mktime requires array inputs")),
        },
        ("gmtime", 0) => |_, input, _| match input {
            Value::Number(seconds) => {
                Ok(value(&from_seconds(seconds.floor() as i64), seconds - seconds.floor()))
            }
            _ => Err(Raise::text("gmtime() requires numeric inputs")),
        },
        ("localtime", 0) => |_, input, _| match input {
            Value::Number(seconds) => {
                Ok(value(&from_seconds(seconds.floor() as i64 + zone(*seconds).0), seconds - seconds.floor()))
            }
            _ => Err(Raise::text("localtime() requires numeric inputs")),
        },
        ("strftime", 1) => |_, input, arguments| formatted(input, &arguments[0], "strftime/1", false),
        ("strflocaltime", 1) => {
            |_, input, arguments| formatted(input, &arguments[0], "strflocaltime/1", true)
        }
        ("strptime", 1) => parsed,
        _ => return None,
    })
}

/// Days from 1970 to a date; months and days may be out of range.
pub(super) fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = (year + month.div_euclid(12), month.rem_euclid(12));
    // Years from March on, so that the leap day is the last one.
    let (year, month) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

pub(super) fn seconds(time: &Broken) -> i64 {
    let days = days(time.year.clamp(-1_000_000_000, 1_000_000_000), time.month, time.day);
    days * 86_400 + time.hour * 3600 + time.minute * 60 + time.second
}

pub(super) fn from_seconds(seconds: i64) -> Broken {
    let seconds = seconds.clamp(-67_768_040_609_740_800, 67_768_036_191_676_799);
    let (day_number, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = day_number + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, year) = if month < 10 { (month + 2, 0) } else { (month - 10, 1) };
    let year = year + year_of_era + era * 400;
    Broken {
        year,
        month,
        day,
        hour: of_day / 3600,
        minute: of_day / 60 % 60,
        second: of_day % 60,
        weekday: (day_number + 4).rem_euclid(7),
        yearday: day_number - days(year, 0, 1),
    }
}

pub(super) fn value(time: &Broken, fraction: f64) -> Value {
    let fields = [time.year, time.month, time.day, time.hour, time.minute];
    let mut items: Vec<Value> = fields.into_iter().map(|field| Value::Number(field as f64)).collect();
    items.push(Value::Number(time.second as f64 + fraction));
    items.push(Value::Number(time.weekday as f64));
    items.push(Value::Number(time.yearday as f64));
    Value::from(items)
}

fn broken(input: &Value, name: &str) -> Result<Broken, Raise> {
    let refused = || Raise::text(format!("{name} requires parsed datetime inputs"));
    let Value::Array(items) = input else { return Err(refused()) };
    let mut fields = [0_i64; 8];
    for (index, field) in fields.iter_mut().enumerate() {
        let Some(Value::Number(number)) = items.items().get(index) else { return Err(refused()) };
        *field = (*number as i64).clamp(i64::from(i32::MIN), i64::from(i32::MAX));
    }
    let [year, month, day, hour, minute, second, weekday, yearday] = fields;
    Ok(Broken { year, month, day, hour, minute, second, weekday, yearday })
}

/// The offset of the local zone in seconds, and its abbreviation.
fn zone(seconds: f64) -> (i64, String) {
    let moment = Timestamp::from_second(seconds.floor() as i64).unwrap_or(Timestamp::UNIX_EPOCH);
    let zone = TimeZone::system();
    let info = zone.to_offset_info(moment);
    (i64::from(info.offset().seconds()), info.abbreviation().to_owned())
}

fn formatted(input: &Value, format: &Value, name: &str, is_local: bool) -> Evaluated {
    let (time, offset) = match input {
        Value::Number(number) => {
            let offset = if is_local { zone(*number) } else { (0, "UTC".to_owned()) };
            (from_seconds(number.floor() as i64 + offset.0), offset)
        }
        _ => {
            let time = broken(input, name)?;
            let offset = if is_local { zone(seconds(&time) as f64) } else { (0, "UTC".to_owned()) };
            (time, offset)
        }
    };
    let Value::String(format) = format else {
        return Err(Raise::text(format!("{name} requires a string format")));
    };
    let text = strftime(format, &time, offset.0, &offset.1);
    if text.is_empty() {
        return Err(Raise::text(format!("{name}: unknown system failure")));
    }
    Ok(Value::from(text))
}

fn parsed(_: &mut Context<'_>, input: &Value, arguments: &[Value]) -> Evaluated {
    let (Value::String(text), Value::String(format)) = (input, &arguments[0]) else {
        return Err(Raise::text("strptime/1 requires string inputs and arguments"));
    };
    match strptime(text, format) {
        Some(time) => Ok(value(&time, 0.0)),
        None => Err(Raise::text(format!("date \"{text}\" does not match format \"{format}\""))),
    }
}
