//! Dates read by Go's layouts, with the words of Go's `time.Parse`.

use super::layout::{Element, next_element};
use super::time::{month_name, quote_bytes as quote, weekday_name};
use jiff::Zoned;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

/// The time that `value` is by `layout`, in `zone` where it names none.
pub(super) fn parse(layout: &str, value: &str, zone: &TimeZone) -> Result<Zoned, String> {
    let mut parts = Parts::default();
    let (mut rest, mut left) = (layout, value);
    let cannot = |held: &str, element: &str| {
        let [value, layout, held, element] = [value, layout, held, element].map(quote);
        format!("parsing time {value} as {layout}: cannot parse {held} as {element}")
    };
    let out_of_range = |what: &str| format!("parsing time {}: {what} out of range", quote(value));
    loop {
        let (prefix, found) = match next_element(rest) {
            Some((prefix, element, name, suffix)) => (prefix, Some((element, name, suffix))),
            None => (rest, None),
        };
        left = skip(left, prefix).map_err(|held| cannot(held, prefix))?;
        let Some((element, name, suffix)) = found else {
            if !left.is_empty() {
                return Err(format!("parsing time {}: extra text: {}", quote(value), quote(left)));
            }
            return parts.time(zone, out_of_range);
        };
        rest = suffix;
        left = match parts.element(element, left, rest) {
            Ok(left) => left,
            Err(Wrong::Text) => return Err(cannot(left, name)),
            Err(Wrong::Range(what)) => return Err(out_of_range(what)),
        };
    }
}

/// What is wrong with an element.
enum Wrong {
    Text,
    Range(&'static str),
}

/// The fields read so far.
#[derive(Default)]
struct Parts {
    year: i16,
    month: Option<i8>,
    day: Option<i8>,
    year_day: Option<i16>,
    hour: i8,
    minute: i8,
    second: i8,
    nanosecond: i32,
    afternoon: Option<bool>,
    utc: bool,
    offset: Option<i32>,
}

/// The value after `prefix`, in which any run of spaces matches any other; what is left if it differs.
fn skip<'v>(mut value: &'v str, mut prefix: &str) -> Result<&'v str, &'v str> {
    while let Some(expected) = prefix.chars().next() {
        if expected == ' ' {
            if !value.is_empty() && !value.starts_with(' ') {
                return Err(value);
            }
            prefix = prefix.trim_start_matches(' ');
            value = value.trim_start_matches(' ');
            continue;
        }
        value = value.strip_prefix(expected).ok_or(value)?;
        prefix = &prefix[expected.len_utf8()..];
    }
    Ok(value)
}

/// A number of one or two digits, exactly two if `fixed`.
fn number(value: &str, fixed: bool) -> Result<(i8, &str), Wrong> {
    let digits = value.bytes().take(2).take_while(u8::is_ascii_digit).count();
    if digits == 0 || (fixed && digits < 2) {
        return Err(Wrong::Text);
    }
    Ok((value[..digits].parse().map_err(|_| Wrong::Text)?, &value[digits..]))
}

/// The position of the name that `value` starts with, in any case.
fn name(value: &str, names: impl Iterator<Item = &'static str>) -> Result<(i8, &str), Wrong> {
    for (index, name) in (0..).zip(names) {
        if let Some(head) = value.get(..name.len())
            && head.eq_ignore_ascii_case(name)
        {
            return Ok((index, &value[name.len()..]));
        }
    }
    Err(Wrong::Text)
}

impl Parts {
    /// Reads one element; gives what follows it.
    fn element<'v>(&mut self, element: Element, value: &'v str, rest: &str) -> Result<&'v str, Wrong> {
        use Element as E;
        let in_range = |number: i8, range: std::ops::RangeInclusive<i8>, what| {
            if range.contains(&number) { Ok(number) } else { Err(Wrong::Range(what)) }
        };
        let left;
        match element {
            E::Year => {
                let year = value.get(..2).ok_or(Wrong::Text)?;
                let year: i16 = digits(year)?;
                self.year = if year >= 69 { 1900 + year } else { 2000 + year };
                left = &value[2..];
            }
            E::LongYear => {
                self.year = digits(value.get(..4).ok_or(Wrong::Text)?)?;
                left = &value[4..];
            }
            E::Month => {
                let (index, after) = name(value, (1..=12).map(|month| &month_name(month)[..3]))?;
                (self.month, left) = (Some(index + 1), after);
            }
            E::LongMonth => {
                let (index, after) = name(value, (1..=12).map(month_name))?;
                (self.month, left) = (Some(index + 1), after);
            }
            E::MonthNumber { zero } => {
                let (month, after) = number(value, zero)?;
                (self.month, left) = (Some(in_range(month, 1..=12, "month")?), after);
            }
            E::Weekday => left = name(value, (0..7).map(|day| &weekday_name(day)[..3]))?.1,
            E::LongWeekday => left = name(value, (0..7).map(weekday_name))?.1,
            E::Day { pad } => {
                let value = if pad == Some(' ') { value.strip_prefix(' ').unwrap_or(value) } else { value };
                let (day, after) = number(value, pad == Some('0'))?;
                (self.day, left) = (Some(day), after);
            }
            E::YearDay { pad } => {
                let trimmed = if pad == ' ' { value.trim_start_matches(' ') } else { value };
                let length = trimmed.bytes().take(3).take_while(u8::is_ascii_digit).count();
                if length == 0 || (pad == '0' && length < 3) {
                    return Err(Wrong::Text);
                }
                (self.year_day, left) = (Some(digits(&trimmed[..length])?), &trimmed[length..]);
            }
            E::Hour24 => {
                let (hour, after) = number(value, false)?;
                (self.hour, left) = (in_range(hour, 0..=23, "hour")?, after);
            }
            E::Hour12 { zero } => {
                let (hour, after) = number(value, zero)?;
                (self.hour, left) = (in_range(hour, 0..=12, "hour")?, after);
            }
            E::Minute { zero } => {
                let (minute, after) = number(value, zero)?;
                (self.minute, left) = (in_range(minute, 0..=59, "minute")?, after);
            }
            E::Second { zero } => {
                let (second, after) = number(value, zero)?;
                self.second = in_range(second, 0..=59, "second")?;
                let next = next_element(rest).map(|(before, element, ..)| (before.is_empty(), element));
                // A fraction may follow the seconds even where the layout has none.
                left = match next {
                    Some((true, E::Fraction { .. })) => after,
                    _ => self.fraction(after),
                };
            }
            E::HalfUpper | E::HalfLower => {
                let half = value.get(..2).ok_or(Wrong::Text)?;
                let names = if element == E::HalfUpper { ["AM", "PM"] } else { ["am", "pm"] };
                let index = names.iter().position(|name| *name == half).ok_or(Wrong::Text)?;
                (self.afternoon, left) = (Some(index == 1), &value[2..]);
            }
            E::Offset { utc: true, .. } if value.starts_with('Z') => {
                self.utc = true;
                left = &value[1..];
            }
            E::Offset { colon, seconds, short, .. } => {
                let (offset, after) = offset(value, colon, seconds, short)?;
                (self.offset, left) = (Some(offset), after);
            }
            E::ZoneName => left = self.zone_name(value)?,
            E::Fraction { digits: count, trim: false, separator } => {
                let part = value.get(..=count).ok_or(Wrong::Text)?;
                if !part.starts_with(['.', ',']) || !part[1..].bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(Wrong::Text);
                }
                let _ = separator;
                self.nanosecond = nanoseconds(&part[1..]);
                left = &value[1 + count..];
            }
            E::Fraction { .. } => left = self.fraction(value),
        }
        Ok(left)
    }

    /// Reads a fraction of a second, if there is one.
    fn fraction<'v>(&mut self, value: &'v str) -> &'v str {
        let Some(digits) = value.strip_prefix(['.', ',']) else {
            return value;
        };
        let length = digits.bytes().take_while(u8::is_ascii_digit).count();
        if length == 0 {
            return value;
        }
        self.nanosecond = nanoseconds(&digits[..length]);
        &digits[length..]
    }

    /// Reads an abbreviation. Only UTC and GMT say which offset they mean; others count as UTC.
    fn zone_name<'v>(&mut self, value: &'v str) -> Result<&'v str, Wrong> {
        let length = value.bytes().take_while(u8::is_ascii_uppercase).count();
        if !(3..=5).contains(&length) {
            return Err(Wrong::Text);
        }
        if self.offset.is_none() {
            self.utc = true;
        }
        Ok(&value[length..])
    }

    /// The time, once everything is read.
    fn time(&self, zone: &TimeZone, out_of_range: impl Fn(&str) -> String) -> Result<Zoned, String> {
        let hour = match self.afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let date = match self.year_day {
            Some(day) => Date::new(self.year, 1, 1)
                .and_then(|first| first.with().day_of_year(day).build())
                .map_err(|_| out_of_range("day-of-year"))?,
            None => Date::new(self.year, self.month.unwrap_or(1), self.day.unwrap_or(1))
                .map_err(|_| out_of_range("day"))?,
        };
        let local = date.at(hour, self.minute, self.second, self.nanosecond);
        let zone = match self.offset {
            Some(offset) => {
                let fixed = TimeZone::fixed(
                    Offset::from_seconds(offset).map_err(|_| out_of_range("time zone offset hour"))?,
                );
                // The zone given has a name, so it is the better one where it agrees.
                match local.to_zoned(fixed.clone()) {
                    Ok(time) if zone.to_offset(time.timestamp()).seconds() == offset => zone.clone(),
                    _ => fixed,
                }
            }
            None if self.utc => TimeZone::UTC,
            None => zone.clone(),
        };
        local.to_zoned(zone).map_err(|_| out_of_range("day"))
    }
}

fn digits(text: &str) -> Result<i16, Wrong> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Wrong::Text);
    }
    text.parse().map_err(|_| Wrong::Text)
}

/// Digits after the point, as nanoseconds.
fn nanoseconds(digits: &str) -> i32 {
    let nine: String = digits.chars().chain(std::iter::repeat('0')).take(9).collect();
    nine.parse().unwrap_or(0)
}

/// A numeric offset in seconds.
fn offset(value: &str, colon: bool, seconds: bool, short: bool) -> Result<(i32, &str), Wrong> {
    let sign = match value.bytes().next() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return Err(Wrong::Text),
    };
    let mut rest = &value[1..];
    let mut total = 0;
    let fields = [
        ("time zone offset hour", 24, 3600),
        ("time zone offset minute", 60, 60),
        ("time zone offset second", 60, 1),
    ];
    let count = match (short, seconds) {
        (true, _) => 1,
        (_, false) => 2,
        (_, true) => 3,
    };
    for (index, (what, limit, unit)) in fields.into_iter().take(count).enumerate() {
        if index > 0 && colon {
            rest = rest.strip_prefix(':').ok_or(Wrong::Text)?;
        }
        let number = digits(rest.get(..2).ok_or(Wrong::Text)?)?;
        if i32::from(number) > limit {
            return Err(Wrong::Range(what));
        }
        total += i32::from(number) * unit;
        rest = &rest[2..];
    }
    Ok((sign * total, rest))
}
