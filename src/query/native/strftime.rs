//! C's `strftime` in its own locale.

use super::dates::{Broken, days, seconds};
use std::fmt::Write as _;

pub(super) const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
pub(super) const MONTHS: [&str; 12] = [
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

fn name<'n>(names: &[&'n str], index: i64) -> &'n str {
    usize::try_from(index).ok().and_then(|index| names.get(index)).copied().unwrap_or("?")
}

fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}

/// The time as the format says, `offset` seconds from UTC.
pub(super) fn strftime(format: &str, time: &Broken, offset: i64, zone: &str) -> String {
    let mut out = String::new();
    let mut letters = format.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        // What changes padding and case.
        let mut flag = None;
        while let Some(found) = letters.next_if(|letter| "_-0^#".contains(*letter)) {
            flag = Some(found);
        }
        let _ = letters.next_if(|letter| "EO".contains(*letter));
        let Some(directive) = letters.next() else {
            out.push('%');
            break;
        };
        field(&mut out, directive, flag, time, (offset, zone));
    }
    out
}

fn field(out: &mut String, directive: char, flag: Option<char>, time: &Broken, (offset, zone): (i64, &str)) {
    let again = |out: &mut String, format: &str| out.push_str(&strftime(format, time, offset, zone));
    let twelve = match time.hour.rem_euclid(12) {
        0 => 12,
        hour => hour,
    };
    let mut number = |value: i64, width: usize, fill: char| {
        let fill = match flag {
            Some('_') => Some(' '),
            Some('-') => None,
            Some('0') => Some('0'),
            _ => Some(fill),
        };
        let _ = match fill {
            Some('0') => write!(out, "{value:0width$}"),
            Some(_) => write!(out, "{value:width$}"),
            None => write!(out, "{value}"),
        };
    };
    match directive {
        'C' => number(time.year.div_euclid(100), 2, '0'),
        'd' => number(time.day, 2, '0'),
        'e' => number(time.day, 2, ' '),
        'g' => number(iso_week(time).0.rem_euclid(100), 2, '0'),
        'G' => number(iso_week(time).0, 1, '0'),
        'H' => number(time.hour, 2, '0'),
        'I' => number(twelve, 2, '0'),
        'j' => number(time.yearday + 1, 3, '0'),
        'k' => number(time.hour, 2, ' '),
        'l' => number(twelve, 2, ' '),
        'm' => number(time.month + 1, 2, '0'),
        'M' => number(time.minute, 2, '0'),
        's' => number(seconds(time) - offset, 1, '0'),
        'S' => number(time.second, 2, '0'),
        'u' => number(if time.weekday == 0 { 7 } else { time.weekday }, 1, '0'),
        'U' => number((time.yearday + 7 - time.weekday).div_euclid(7), 2, '0'),
        'V' => number(iso_week(time).1, 2, '0'),
        'w' => number(time.weekday, 1, '0'),
        'W' => number((time.yearday + 7 - (time.weekday + 6).rem_euclid(7)).div_euclid(7), 2, '0'),
        'y' => number(time.year.rem_euclid(100), 2, '0'),
        'Y' => number(time.year, 1, '0'),
        'a' => out.push_str(short(name(&DAYS, time.weekday))),
        'A' => out.push_str(name(&DAYS, time.weekday)),
        'b' | 'h' => out.push_str(short(name(&MONTHS, time.month))),
        'B' => out.push_str(name(&MONTHS, time.month)),
        'c' => again(out, "%a %b %e %H:%M:%S %Y"),
        'D' | 'x' => again(out, "%m/%d/%y"),
        'F' => again(out, "%Y-%m-%d"),
        'n' => out.push('\n'),
        'p' => out.push_str(if time.hour >= 12 { "PM" } else { "AM" }),
        'P' => out.push_str(if time.hour >= 12 { "pm" } else { "am" }),
        'r' => again(out, "%I:%M:%S %p"),
        'R' => again(out, "%H:%M"),
        't' => out.push('\t'),
        'T' | 'X' => again(out, "%H:%M:%S"),
        'z' => {
            let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
            let _ = write!(out, "{sign}{:02}{:02}", minutes / 60, minutes % 60);
        }
        'Z' => out.push_str(zone),
        '%' => out.push('%'),
        other => {
            out.push('%');
            out.push(other);
        }
    }
}

/// The year and week of ISO 8601.
fn iso_week(time: &Broken) -> (i64, i64) {
    let monday = (time.weekday + 6).rem_euclid(7);
    let week = (time.yearday - monday + 10).div_euclid(7);
    let weeks = |year: i64| {
        let first = (days(year, 0, 1) + 3).rem_euclid(7);
        let leap = days(year + 1, 0, 1) - days(year, 0, 1) == 366;
        if first == 3 || (leap && first == 2) { 53 } else { 52 }
    };
    if week < 1 {
        (time.year - 1, weeks(time.year - 1))
    } else if week > weeks(time.year) {
        (time.year + 1, 1)
    } else {
        (time.year, week)
    }
}
