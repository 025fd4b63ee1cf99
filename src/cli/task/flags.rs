//! The command line of `task`: GNU style with go-task's flags (go-task 3.54 `internal/flags`, parsed by the rules of
//! Go's pflag: flags anywhere, bundles of short ones, `--flag=value`, `--` ends flags).

use super::flag::{self, Flag, Takes};
use crate::executor::task::GoQuoted;
use std::fmt;

/// A command line that pflag would refuse; exit code 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FlagError(String);

impl fmt::Display for FlagError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A command line, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Flags {
    /// Long names and values, in order; a later one wins.
    set: Vec<(&'static str, String)>,
    /// Words before `--`.
    pub(super) words: Vec<String>,
    /// Words after `--`; `None` where there is no `--`.
    pub(super) rest: Option<Vec<String>>,
}

impl Flags {
    /// Takes a command line apart; `arguments` has no program name.
    pub(super) fn parse(
        arguments: impl IntoIterator<Item = String>,
        gentle_force: bool,
    ) -> Result<Self, FlagError> {
        let mut flags = Self::default();
        flags.read(arguments.into_iter(), gentle_force)?;
        Ok(flags)
    }

    /// What can be read of a command line up to its first error.
    pub(super) fn parse_leniently(arguments: impl IntoIterator<Item = String>, gentle_force: bool) -> Self {
        let mut flags = Self::default();
        // What was read before the error stays.
        let _ = flags.read(arguments.into_iter(), gentle_force);
        flags
    }

    fn read(
        &mut self,
        mut arguments: impl Iterator<Item = String>,
        gentle_force: bool,
    ) -> Result<(), FlagError> {
        while let Some(argument) = arguments.next() {
            if argument == "--" {
                self.rest = Some(arguments.collect());
                break;
            } else if let Some(long) = argument.strip_prefix("--") {
                self.long(long, gentle_force, &mut arguments)?;
            } else if let Some(shorts) = argument.strip_prefix('-').filter(|shorts| !shorts.is_empty()) {
                self.shorts(shorts, &mut arguments)?;
            } else {
                self.words.push(argument);
            }
        }
        Ok(())
    }

    /// The value of a flag as it was typed.
    pub(super) fn text(&self, long: &str) -> Option<&str> {
        self.set.iter().rev().find(|(name, _)| *name == long).map(|(_, value)| value.as_str())
    }

    fn long(
        &mut self,
        long: &str,
        gentle_force: bool,
        more: &mut impl Iterator<Item = String>,
    ) -> Result<(), FlagError> {
        if long.starts_with(['-', '=']) {
            return Err(FlagError(format!("bad flag syntax: --{long}")));
        }
        let (name, value) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (long, None),
        };
        let Some(flag) = flag::long(name, gentle_force) else {
            return Err(FlagError(format!("unknown flag: --{name}")));
        };
        let value = match (value, flag.takes) {
            (Some(value), _) => value,
            (None, Takes::Nothing) => "true".to_owned(),
            (None, _) => more.next().ok_or_else(|| FlagError(format!("flag needs an argument: --{name}")))?,
        };
        self.store(flag, value)
    }

    fn shorts(&mut self, shorts: &str, more: &mut impl Iterator<Item = String>) -> Result<(), FlagError> {
        let mut rest = shorts;
        while let Some(short) = rest.chars().next() {
            let Some(flag) = flag::short(short) else {
                return Err(FlagError(format!("unknown shorthand flag: '{short}' in -{rest}")));
            };
            let after = &rest[short.len_utf8()..];
            // As pflag has it, a lone `=` is no separator.
            if let Some(value) = after.strip_prefix('=').filter(|value| !value.is_empty()) {
                return self.store(flag, value.to_owned());
            }
            if flag.takes == Takes::Nothing {
                self.store(flag, "true".to_owned())?;
                rest = after;
                continue;
            }
            let value = if after.is_empty() { more.next() } else { Some(after.to_owned()) };
            let missing = || FlagError(format!("flag needs an argument: '{short}' in -{rest}"));
            return self.store(flag, value.ok_or_else(missing)?);
        }
        Ok(())
    }

    fn store(&mut self, flag: &'static Flag, value: String) -> Result<(), FlagError> {
        let problem = match flag.takes {
            Takes::Nothing if go_bool(&value).is_none() => {
                Some(format!("strconv.ParseBool: parsing {}: invalid syntax", GoQuoted(&value)))
            }
            Takes::Number => go_int(&value)
                .err()
                .map(|problem| format!("strconv.ParseInt: parsing {}: {problem}", GoQuoted(&value))),
            Takes::Duration if crate::yaml::parse_duration(&value).is_none() => {
                Some(duration_problem(&value))
            }
            _ => None,
        };
        if let Some(problem) = problem {
            let short = flag.short.map_or_else(String::new, |short| format!("-{short}, "));
            let (name, value) = (flag.long, GoQuoted(&value));
            return Err(FlagError(format!(
                "invalid argument {value} for \"{short}--{name}\" flag: {problem}"
            )));
        }
        let known = self.set.iter_mut().find(|(name, _)| *name == flag.long);
        if let (Takes::List, Some((_, list))) = (flag.takes, known) {
            // Every one counts.
            list.push(',');
            list.push_str(&value);
            return Ok(());
        }
        self.set.push((flag.long, value));
        Ok(())
    }
}

/// Go's `strconv.ParseBool`.
pub(super) fn go_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// Go's `strconv.ParseInt` with base 0: `0x`, `0o`, `0b` and `0` before the digits, `_` between them.
pub(super) fn go_int(text: &str) -> Result<i64, &'static str> {
    let invalid = "invalid syntax";
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits, prefixed) = if let Some(digits) = lower.strip_prefix("0x") {
        (16, digits, true)
    } else if let Some(digits) = lower.strip_prefix("0o") {
        (8, digits, true)
    } else if let Some(digits) = lower.strip_prefix("0b") {
        (2, digits, true)
    } else if let Some(digits) = lower.strip_prefix('0').filter(|digits| !digits.is_empty()) {
        (8, digits, true)
    } else {
        (10, lower.as_str(), false)
    };
    let digits = if prefixed { digits.strip_prefix('_').unwrap_or(digits) } else { digits };
    if digits.is_empty() || digits.split('_').any(str::is_empty) {
        return Err(invalid);
    }
    let plain = digits.replace('_', "");
    if !plain.chars().all(|digit| digit.is_digit(base)) {
        return Err(invalid);
    }
    i64::from_str_radix(&format!("{sign}{plain}"), base).map_err(|_| "value out of range")
}

/// Why Go's `time.ParseDuration` refuses a text.
fn duration_problem(text: &str) -> String {
    let shown = GoQuoted(text);
    let number = text.trim_start_matches(['+', '-']);
    let end = number.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(number.len());
    let (digits, after) = number.split_at(end);
    if !digits.contains(|letter: char| letter.is_ascii_digit()) {
        return format!("time: invalid duration {shown}");
    }
    let unit =
        after.split(|letter: char| letter.is_ascii_digit() || letter == '.').next().unwrap_or_default();
    if unit.is_empty() {
        return format!("time: missing unit in duration {shown}");
    }
    format!("time: unknown unit {} in duration {shown}", GoQuoted(unit))
}

#[cfg(test)]
mod tests {
    use super::Flags;

    fn parse(line: &str) -> Result<Flags, String> {
        Flags::parse(line.split_whitespace().map(ToOwned::to_owned), false).map_err(|error| error.to_string())
    }

    #[test]
    fn flags_stand_anywhere_and_bundle() {
        let flags = parse("a -vs X=1 -C2 --dir=x b -o prefixed -- -c d").unwrap();
        assert_eq!(flags.words, ["a", "X=1", "b"]);
        assert_eq!(flags.rest.as_deref(), Some(&["-c".to_owned(), "d".to_owned()][..]));
        let on = |name: &str| flags.text(name) == Some("true");
        assert!(on("verbose") && on("silent") && !on("dry"));
        assert_eq!(
            (flags.text("concurrency"), flags.text("dir"), flags.text("output")),
            (Some("2"), Some("x"), Some("prefixed"))
        );
        assert_eq!(parse("--color=false").unwrap().text("color"), Some("false"));
    }

    #[test]
    fn refuses_what_pflag_refuses_in_its_words() {
        let cases = [
            ("--nope", "unknown flag: --nope"),
            ("-vz", "unknown shorthand flag: 'z' in -z"),
            ("-v=", "unknown shorthand flag: '=' in -="),
            ("--=x", "bad flag syntax: --=x"),
            ("---x", "bad flag syntax: ---x"),
            ("--force-all", "unknown flag: --force-all"),
            (
                "-C 99999999999999999999",
                "invalid argument \"99999999999999999999\" for \"-C, --concurrency\" flag: strconv.ParseInt: parsing \
                 \"99999999999999999999\": value out of range",
            ),
            (
                "-I 5",
                "invalid argument \"5\" for \"-I, --interval\" flag: time: missing unit in duration \"5\"",
            ),
            (
                "-I 5x",
                "invalid argument \"5x\" for \"-I, --interval\" flag: time: unknown unit \"x\" in duration \"5x\"",
            ),
            ("--dir", "flag needs an argument: --dir"),
            ("-d", "flag needs an argument: 'd' in -d"),
            (
                "-C x",
                "invalid argument \"x\" for \"-C, --concurrency\" flag: strconv.ParseInt: parsing \"x\": invalid syntax",
            ),
            (
                "--dry=zz",
                "invalid argument \"zz\" for \"-n, --dry\" flag: strconv.ParseBool: parsing \"zz\": invalid syntax",
            ),
            ("--timeout=zz", "invalid argument \"zz\" for \"--timeout\" flag: time: invalid duration \"zz\""),
        ];
        for (line, error) in cases {
            assert_eq!(parse(line), Err(error.to_owned()), "{line}");
        }
    }
}
