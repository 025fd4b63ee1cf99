//! C's `strptime` in its own locale, as glibc has it.

use super::dates::{Broken, days, from_seconds};
use super::strftime::{DAYS, MONTHS};

/// What has been read, and what follows from it.
struct Reading<'t> {
    rest: &'t str,
    time: Broken,
    has_weekday: bool,
    has_yearday: bool,
    has_month: bool,
    has_day: bool,
    wants_day: bool,
    is_twelve: bool,
    is_afternoon: bool,
    century: Option<i64>,
    /// A week's number, and whether weeks begin on Monday.
    week: Option<(i64, bool)>,
}

/// Reads a time; `None` where the text is not of this format, or goes on.
pub(super) fn strptime(text: &str, format: &str) -> Option<Broken> {
    // jq's marks for what has not been read.
    let time = Broken { year: 1900, weekday: 8, yearday: 367, ..Broken::default() };
    let mut reading = Reading {
        rest: text,
        time,
        has_weekday: false,
        has_yearday: false,
        has_month: false,
        has_day: false,
        wants_day: false,
        is_twelve: false,
        is_afternoon: false,
        century: None,
        week: None,
    };
    reading.read(format, 0)?;
    if reading.rest.chars().next().is_some_and(|letter| !letter.is_ascii_whitespace()) {
        return None;
    }
    Some(reading.finish())
}

impl Reading<'_> {
    fn read(&mut self, format: &str, depth: u8) -> Option<()> {
        if depth > 3 {
            return None;
        }
        let mut letters = format.chars().peekable();
        while let Some(letter) = letters.next() {
            if letter.is_ascii_whitespace() {
                self.skip_space();
                continue;
            }
            if letter != '%' {
                self.rest = self.rest.strip_prefix(letter)?;
                continue;
            }
            while letters.next_if(|letter| "_-0^#EO".contains(*letter)).is_some() {}
            let directive = letters.next()?;
            self.directive(directive, depth)?;
        }
        Some(())
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches(|letter: char| letter.is_ascii_whitespace());
    }

    fn number(&mut self, low: i64, high: i64, digits: usize) -> Option<i64> {
        self.rest = self.rest.trim_start_matches(' ');
        let length = self.rest.bytes().take(digits).take_while(u8::is_ascii_digit).count();
        // As glibc: no further digit than may still be within the range.
        let mut length = length;
        while length > 1 && self.rest.get(..length)?.parse::<i64>().ok()? > high {
            length -= 1;
        }
        let number: i64 = self.rest.get(..length)?.parse().ok()?;
        self.rest = self.rest.get(length..)?;
        (low..=high).contains(&number).then_some(number)
    }

    fn name(&mut self, names: &[&str]) -> Option<i64> {
        for (index, name) in names.iter().enumerate() {
            for candidate in [*name, name.get(..3).unwrap_or(name)] {
                let Some(found) = self.rest.get(..candidate.len()) else { continue };
                if found.eq_ignore_ascii_case(candidate) {
                    self.rest = self.rest.get(candidate.len()..)?;
                    return i64::try_from(index).ok();
                }
            }
        }
        None
    }

    fn directive(&mut self, directive: char, depth: u8) -> Option<()> {
        match directive {
            '%' => self.rest = self.rest.strip_prefix('%')?,
            'a' | 'A' => {
                self.time.weekday = self.name(&DAYS)?;
                self.has_weekday = true;
            }
            'b' | 'B' | 'h' => {
                self.time.month = self.name(&MONTHS)?;
                self.has_month = true;
                self.wants_day = true;
            }
            'c' => self.read("%a %b %e %H:%M:%S %Y", depth + 1)?,
            'C' => {
                self.century = Some(self.number(0, 99, 2)?);
                self.wants_day = true;
            }
            'd' | 'e' => {
                self.time.day = self.number(1, 31, 2)?;
                self.has_day = true;
                self.wants_day = true;
            }
            'D' | 'x' => self.read("%m/%d/%y", depth + 1)?,
            'F' => self.read("%Y-%m-%d", depth + 1)?,
            'g' => drop(self.number(0, 99, 2)?),
            'G' => drop(self.number(0, 9999, 4)?),
            'H' | 'k' => {
                self.time.hour = self.number(0, 23, 2)?;
                self.is_twelve = false;
            }
            'I' | 'l' => {
                self.time.hour = self.number(1, 12, 2)? % 12;
                self.is_twelve = true;
            }
            'j' => {
                self.time.yearday = self.number(1, 366, 3)? - 1;
                self.has_yearday = true;
            }
            'm' => {
                self.time.month = self.number(1, 12, 2)? - 1;
                self.has_month = true;
                self.wants_day = true;
            }
            'M' => self.time.minute = self.number(0, 59, 2)?,
            'n' | 't' => self.skip_space(),
            'p' | 'P' => self.is_afternoon = self.name(&["AM", "PM"])? == 1,
            'r' => self.read("%I:%M:%S %p", depth + 1)?,
            'R' => self.read("%H:%M", depth + 1)?,
            's' => {
                let length = self.rest.bytes().take_while(u8::is_ascii_digit).count();
                let seconds: i64 = self.rest.get(..length)?.parse().ok()?;
                self.rest = self.rest.get(length..)?;
                self.time = from_seconds(seconds);
            }
            'S' => self.time.second = self.number(0, 61, 2)?,
            'T' | 'X' => self.read("%H:%M:%S", depth + 1)?,
            'u' => {
                self.time.weekday = self.number(1, 7, 1)? % 7;
                self.has_weekday = true;
            }
            'U' => self.week = Some((self.number(0, 53, 2)?, false)),
            'W' => self.week = Some((self.number(0, 53, 2)?, true)),
            'V' => drop(self.number(0, 53, 2)?),
            'w' => {
                self.time.weekday = self.number(0, 6, 1)?;
                self.has_weekday = true;
            }
            'y' => {
                let year = self.number(0, 99, 2)?;
                self.time.year = if year >= 69 { 1900 + year } else { 2000 + year };
                self.wants_day = true;
            }
            'Y' => {
                self.time.year = self.number(0, 9999, 4)?;
                self.century = None;
                self.wants_day = true;
            }
            'z' => self.offset()?,
            'Z' => self.rest = self.rest.trim_start_matches(|letter: char| letter.is_ascii_alphabetic()),
            _ => return None,
        }
        Some(())
    }

    /// An offset is read, and then given up.
    fn offset(&mut self) -> Option<()> {
        self.skip_space();
        if let Some(rest) = self.rest.strip_prefix('Z') {
            self.rest = rest;
            return Some(());
        }
        self.rest = self.rest.strip_prefix(['+', '-'])?;
        let mut count = 0;
        while count < 4 {
            let Some(digit) = self.rest.bytes().next() else { break };
            if digit == b':' && count == 2 {
                self.rest = self.rest.get(1..)?;
            } else if digit.is_ascii_digit() {
                self.rest = self.rest.get(1..)?;
                count += 1;
            } else {
                break;
            }
        }
        (count == 2 || count == 4).then_some(())
    }

    fn finish(mut self) -> Broken {
        let time = &mut self.time;
        if self.is_twelve && self.is_afternoon {
            time.hour += 12;
        }
        if let Some(century) = self.century {
            time.year = century * 100 + if self.wants_day { time.year.rem_euclid(100) } else { 0 };
        }
        let weekday = |time: &Broken| (days(time.year, time.month, time.day) + 4).rem_euclid(7);
        if self.wants_day && !self.has_weekday {
            if !(self.has_month && self.has_day) && self.has_yearday {
                let date = from_seconds((days(time.year, 0, 1) + time.yearday) * 86_400);
                if !self.has_month {
                    time.month = date.month;
                }
                if !self.has_day {
                    time.day = date.day;
                }
            }
            time.weekday = weekday(time);
        }
        if self.wants_day && !self.has_yearday {
            time.yearday = days(time.year, time.month, time.day) - days(time.year, 0, 1);
        }
        if let Some((week, is_monday)) = self.week
            && self.has_weekday
        {
            let first = (days(time.year, 0, 1) + 4).rem_euclid(7);
            let offset = i64::from(is_monday);
            if !self.has_yearday {
                time.yearday =
                    (7 - (first - offset)).rem_euclid(7) + (week - 1) * 7 + (time.weekday - offset + 7) % 7;
            }
            if !self.has_day || !self.has_month {
                let date = from_seconds((days(time.year, 0, 1) + time.yearday) * 86_400);
                time.month = date.month;
                time.day = date.day;
            }
        }
        if (1..=31).contains(&time.day) {
            if time.weekday == 8 {
                time.weekday = weekday(time);
            }
            if time.yearday == 367 {
                time.yearday = days(time.year, time.month, time.day) - days(time.year, 0, 1);
            }
        }
        self.time
    }
}
