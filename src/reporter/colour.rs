//! Whether output is coloured, and with which codes. Knows no events.

use anstyle::{AnsiColor, Style};
use std::fmt::Write as _;

/// What the decision is made from.
#[derive(Debug, Clone, Copy, Default)]
pub struct ColourRequest {
    /// `--color` or `--color=false`.
    pub flag: Option<bool>,
    /// `color:` of a configuration file.
    pub config: Option<bool>,
    /// Whether standard output is a terminal.
    pub terminal: bool,
}

impl ColourRequest {
    /// Decides as go-task 3.54 does: a `NO_COLOR` that is not empty beats even the flag; then the flag, `TASK_COLOR`
    /// (a value that is no Go bool counts as asked for, with the configured value), the configuration, `FORCE_COLOR`
    /// with any value, a true `CI`, and last the terminal, unless `TERM` is `dumb`.
    #[must_use]
    pub fn as_task(self, env: impl Fn(&str) -> Option<String>) -> bool {
        let set = |name: &str| env(name).filter(|value| !value.is_empty());
        if set("NO_COLOR").is_some() {
            return false;
        }
        if let Some(flag) = self.flag {
            return flag;
        }
        if let Some(value) = set("TASK_COLOR") {
            return go_bool(&value).unwrap_or_else(|| self.config.unwrap_or(true));
        }
        if let Some(config) = self.config {
            return config;
        }
        if set("FORCE_COLOR").is_some() || set("CI").is_some_and(|value| go_bool(&value) == Some(true)) {
            return true;
        }
        self.terminal && env("TERM").is_none_or(|term| term != "dumb")
    }

    /// Decides for `fleet`'s own output: as `task`, but what was typed beats `NO_COLOR` (no-color.org asks for that).
    #[must_use]
    pub fn as_fleet(self, env: impl Fn(&str) -> Option<String>) -> bool {
        self.flag.unwrap_or_else(|| self.as_task(env))
    }
}

/// Go's `strconv.ParseBool`.
fn go_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// The colours that go-task names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskColour {
    /// Text with no colour of its own, in lists.
    Reset,
    /// Errors.
    Red,
    /// Commands.
    Green,
    /// Notes.
    Yellow,
    /// Prefixes.
    Blue,
    /// What is up to date, what starts and ends.
    Magenta,
    /// Aliases.
    Cyan,
    /// Prefixes.
    BrightRed,
    /// Prefixes.
    BrightGreen,
    /// Prefixes.
    BrightYellow,
    /// Prefixes.
    BrightBlue,
    /// Prefixes.
    BrightMagenta,
    /// Prefixes.
    BrightCyan,
}

impl TaskColour {
    fn variable_and_default(self) -> (&'static str, &'static str) {
        match self {
            Self::Reset => ("TASK_COLOR_RESET", "0"),
            Self::Red => ("TASK_COLOR_RED", "31"),
            Self::Green => ("TASK_COLOR_GREEN", "32"),
            Self::Yellow => ("TASK_COLOR_YELLOW", "33"),
            Self::Blue => ("TASK_COLOR_BLUE", "34"),
            Self::Magenta => ("TASK_COLOR_MAGENTA", "35"),
            Self::Cyan => ("TASK_COLOR_CYAN", "36"),
            Self::BrightRed => ("TASK_COLOR_BRIGHT_RED", "91"),
            Self::BrightGreen => ("TASK_COLOR_BRIGHT_GREEN", "92"),
            Self::BrightYellow => ("TASK_COLOR_BRIGHT_YELLOW", "93"),
            Self::BrightBlue => ("TASK_COLOR_BRIGHT_BLUE", "94"),
            Self::BrightMagenta => ("TASK_COLOR_BRIGHT_MAGENTA", "95"),
            Self::BrightCyan => ("TASK_COLOR_BRIGHT_CYAN", "96"),
        }
    }

    /// The SGR parameters: those of `TASK_COLOR_<NAME>` (`;`-separated numbers, or `r,g,b`), else the default. A value
    /// that is neither counts as absent.
    fn codes(self, env: impl Fn(&str) -> Option<String>) -> String {
        let (variable, default) = self.variable_and_default();
        env(variable).as_deref().and_then(sgr).unwrap_or_else(|| default.to_owned())
    }
}

/// Go reads each number with `strconv.Atoi`, so signs pass and spaces do not.
fn sgr(value: &str) -> Option<String> {
    let rgb = value.contains(',');
    let numbers = value.split(if rgb { ',' } else { ';' }).map(str::parse).collect::<Result<Vec<i64>, _>>();
    let numbers = numbers.ok()?;
    let mut codes = String::new();
    if rgb {
        if numbers.len() != 3 {
            return None;
        }
        codes.push_str("38;2");
    }
    for number in numbers {
        let separator = if codes.is_empty() { "" } else { ";" };
        let _ = write!(codes, "{separator}{number}");
    }
    Some(codes)
}

/// Wraps text in go-task's escape sequences, or leaves it as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct TaskPaint {
    on: bool,
}

impl TaskPaint {
    /// Colours, or not.
    #[must_use]
    pub fn new(on: bool) -> Self {
        Self { on }
    }

    /// Whether it colours.
    #[must_use]
    pub fn is_on(self) -> bool {
        self.on
    }

    /// The text as go-task prints it. A line end belongs into the text: go-task resets after it.
    #[must_use]
    pub fn paint(self, colour: TaskColour, text: &str) -> String {
        if !self.on {
            return text.to_owned();
        }
        let codes = colour.codes(|name| std::env::var(name).ok());
        format!("\x1b[{codes}m{text}\x1b[0m")
    }

    /// What stands around all texts of a colour: lists have thousands.
    #[must_use]
    pub fn around(self, colour: TaskColour) -> Around {
        let codes = self.on.then(|| colour.codes(|name| std::env::var(name).ok()));
        Around { before: codes.map(|codes| format!("\x1b[{codes}m")) }
    }
}

/// What go-task writes around a text of some colour.
#[derive(Debug, Clone)]
pub struct Around {
    /// `None` where nothing is coloured.
    before: Option<String>,
}

impl Around {
    /// Adds a text that `text` writes.
    pub fn write(&self, out: &mut String, text: impl FnOnce(&mut String)) {
        out.push_str(self.before.as_deref().unwrap_or_default());
        text(out);
        if self.before.is_some() {
            out.push_str("\x1b[0m");
        }
    }
}

/// Wraps text in a style, or leaves it as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Paint {
    on: bool,
}

/// It is as it should be.
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
/// It works in part.
pub(super) const WARN: Style = AnsiColor::Yellow.on_default();
/// It failed.
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
/// It is going on.
pub(super) const BUSY: Style = AnsiColor::Cyan.on_default();
/// It matters less.
pub(super) const DIM: Style = Style::new().dimmed();
/// It names something.
pub(super) const BOLD: Style = Style::new().bold();
/// It must not be overlooked.
pub(super) const LOUD: Style = AnsiColor::Magenta.on_default().bold();

impl Paint {
    /// Colours, or not.
    #[must_use]
    pub fn new(on: bool) -> Self {
        Self { on }
    }

    /// Whether it colours.
    #[must_use]
    pub fn is_on(self) -> bool {
        self.on
    }

    /// The text in the style.
    pub(super) fn paint(self, style: Style, text: &str) -> String {
        if self.on && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(flag: Option<bool>, config: Option<bool>, terminal: bool, env: &[(&str, &str)]) -> bool {
        let env = |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        ColourRequest { flag, config, terminal }.as_task(env)
    }

    /// Each row was seen with go-task 3.54.
    #[test]
    fn decides_as_task() {
        assert!(decide(None, None, true, &[]));
        assert!(!decide(None, None, false, &[]));
        assert!(!decide(None, None, true, &[("TERM", "dumb")]));
        assert!(decide(None, None, true, &[("TERM", "dumb"), ("FORCE_COLOR", "1")]));
        assert!(decide(Some(true), None, false, &[]));
        assert!(!decide(Some(true), None, true, &[("NO_COLOR", "0")]));
        assert!(decide(Some(true), None, true, &[("NO_COLOR", "")]));
        assert!(!decide(Some(false), None, true, &[("FORCE_COLOR", "1"), ("TASK_COLOR", "1")]));
        assert!(decide(Some(true), None, false, &[("TASK_COLOR", "0")]));
        assert!(!decide(None, None, true, &[("TASK_COLOR", "0"), ("FORCE_COLOR", "1")]));
        assert!(decide(None, None, false, &[("TASK_COLOR", "bogus")]));
        assert!(!decide(None, Some(false), true, &[("TASK_COLOR", "bogus")]));
        assert!(!decide(None, Some(false), true, &[("FORCE_COLOR", "1")]));
        assert!(decide(None, None, false, &[("FORCE_COLOR", "0")]));
        assert!(decide(None, None, false, &[("CI", "T")]));
        assert!(!decide(None, None, false, &[("CI", "yes")]));
    }

    #[test]
    fn what_was_typed_beats_no_color_in_fleet() {
        let request = ColourRequest { flag: Some(true), ..ColourRequest::default() };
        assert!(request.as_fleet(|name| (name == "NO_COLOR").then(|| "1".to_owned())));
    }

    #[test]
    fn reads_overrides_as_task() {
        let green = |value: &str| TaskColour::Green.codes(|_| Some(value.to_owned()));
        assert_eq!(green("1;34"), "1;34");
        assert_eq!(green("255,0,0"), "38;2;255;0;0");
        assert_eq!(green("+5"), "5");
        for bad in ["", "bogus", "1,2", "1,2,3,4", "1;", " 32", "1, 2, 3", "1;2,3,4"] {
            assert_eq!(green(bad), "32", "{bad:?}");
        }
    }
}
