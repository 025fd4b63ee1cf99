//! The command line of `task`: GNU style with go-task's flags (go-task 3.54 `internal/flags`, parsed by the rules of
//! Go's pflag: flags anywhere, bundles of short ones, `--flag=value`, `--` ends flags).

use std::fmt;

/// What a flag takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Text,
    Number,
    Duration,
    List,
}

struct Flag {
    long: &'static str,
    short: Option<char>,
    takes: Takes,
    /// One line of `--help`.
    about: &'static str,
}

const fn flag(long: &'static str, short: Option<char>, takes: Takes, about: &'static str) -> Flag {
    Flag { long, short, takes, about }
}

/// In alphabetical order of their long names.
const FLAGS: &[Flag] = &[
    flag("cacert", None, Takes::Text, "File with the CA certificate to trust for HTTPS."),
    flag("cert", None, Takes::Text, "File with the client certificate for HTTPS."),
    flag("cert-key", None, Takes::Text, "File with the key of the client certificate."),
    flag("clear-cache", None, Takes::Nothing, "Empty the cache of remote Taskfiles."),
    flag("color", Some('c'), Takes::Nothing, "Coloured output; `--color=false` or NO_COLOR=1 turns it off."),
    flag("completion", None, Takes::Text, "Print the completion script of a shell."),
    flag("concurrency", Some('C'), Takes::Number, "Tasks that run at once; no limit when 0."),
    flag("dir", Some('d'), Takes::Text, "Directory to run in and to look for a Taskfile from."),
    flag("disable-fuzzy", None, Takes::Nothing, "No suggestions for unknown task names."),
    flag("download", None, Takes::Nothing, "Fetch remote Taskfiles again, whatever the cache holds."),
    flag("dry", Some('n'), Takes::Nothing, "Show the commands without running them."),
    flag("exit-code", Some('x'), Takes::Nothing, "Exit with the code of the command that failed."),
    flag("experiments", None, Takes::Nothing, "List the experiments and whether they are on."),
    flag("expiry", None, Takes::Duration, "How long a cached remote Taskfile is good for."),
    flag("failfast", Some('F'), Takes::Nothing, "Stop what runs side by side when one of it fails."),
    flag("force", Some('f'), Takes::Nothing, "Run although up to date."),
    flag("force-all", None, Takes::Nothing, "Run called tasks although up to date (GENTLE_FORCE)."),
    flag("global", Some('g'), Takes::Nothing, "Use the Taskfile of the home directory."),
    flag("help", Some('h'), Takes::Nothing, "Show this text."),
    flag("init", Some('i'), Takes::Nothing, "Write a first Taskfile.yml."),
    flag("insecure", None, Takes::Nothing, "Accept remote Taskfiles over plain HTTP."),
    flag("interactive", None, Takes::Nothing, "Ask for required variables that are missing."),
    flag("interval", Some('I'), Takes::Duration, "Wait between two looks for changes."),
    flag("json", Some('j'), Takes::Nothing, "List tasks as JSON."),
    flag("list", Some('l'), Takes::Nothing, "List the tasks that have a description."),
    flag("list-all", Some('a'), Takes::Nothing, "List all tasks."),
    flag("nested", None, Takes::Nothing, "Nest the namespaces of a JSON list."),
    flag("no-status", None, Takes::Nothing, "Leave `up_to_date` out of a JSON list."),
    flag("offline", None, Takes::Nothing, "Use cached remote Taskfiles only."),
    flag("output", Some('o'), Takes::Text, "Output style: interleaved, group or prefixed."),
    flag("output-group-begin", None, Takes::Text, "Template printed before a group."),
    flag("output-group-end", None, Takes::Text, "Template printed after a group."),
    flag("output-group-error-only", None, Takes::Nothing, "Print the groups of failed commands only."),
    flag("parallel", Some('p'), Takes::Nothing, "Run the named tasks side by side."),
    flag("remote-cache-dir", None, Takes::Text, "Directory of the cache of remote Taskfiles."),
    flag("silent", Some('s'), Takes::Nothing, "Do not show commands."),
    flag("sort", None, Takes::Text, "Order of lists: default, alphanumeric or none."),
    flag("status", None, Takes::Nothing, "Fail when a named task is not up to date."),
    flag("summary", None, Takes::Nothing, "Show what a task is for."),
    flag("taskfile", Some('t'), Takes::Text, "The Taskfile to use."),
    flag("temp-dir", None, Takes::Text, "Directory for fingerprints, relative to the root Taskfile."),
    flag("timeout", None, Takes::Duration, "Longest time to fetch a remote Taskfile."),
    flag("trusted-hosts", None, Takes::List, "Hosts whose Taskfiles need no question."),
    flag("verbose", Some('v'), Takes::Nothing, "Say more."),
    flag("version", None, Takes::Nothing, "Show the version."),
    flag("watch", Some('w'), Takes::Nothing, "Run again when sources change."),
    flag("yes", Some('y'), Takes::Nothing, "Answer every question with yes."),
];

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
    pub(super) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, FlagError> {
        let mut flags = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            if argument == "--" {
                flags.rest = Some(arguments.collect());
                break;
            } else if let Some(long) = argument.strip_prefix("--") {
                flags.long(long, &mut arguments)?;
            } else if let Some(shorts) = argument.strip_prefix('-').filter(|shorts| !shorts.is_empty()) {
                flags.shorts(shorts, &mut arguments)?;
            } else {
                flags.words.push(argument);
            }
        }
        Ok(flags)
    }

    /// Whether a boolean flag is on.
    pub(super) fn on(&self, long: &str) -> bool {
        self.boolean(long) == Some(true)
    }

    /// A boolean flag as it was given.
    pub(super) fn boolean(&self, long: &str) -> Option<bool> {
        self.text(long).and_then(go_bool)
    }

    /// The value of a flag.
    pub(super) fn text(&self, long: &str) -> Option<&str> {
        self.set.iter().rev().find(|(name, _)| *name == long).map(|(_, value)| value.as_str())
    }

    fn long(&mut self, long: &str, more: &mut impl Iterator<Item = String>) -> Result<(), FlagError> {
        let (name, value) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (long, None),
        };
        let Some(flag) = FLAGS.iter().find(|flag| flag.long == name) else {
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
        let mut rest = shorts.chars();
        while let Some(short) = rest.next() {
            let Some(flag) = FLAGS.iter().find(|flag| flag.short == Some(short)) else {
                return Err(FlagError(format!("unknown shorthand flag: '{short}' in -{shorts}")));
            };
            let after = rest.as_str();
            if let Some(value) = after.strip_prefix('=') {
                return self.store(flag, value.to_owned());
            }
            if flag.takes == Takes::Nothing {
                self.store(flag, "true".to_owned())?;
                continue;
            }
            let value = if after.is_empty() { more.next() } else { Some(after.to_owned()) };
            let missing = || FlagError(format!("flag needs an argument: '{short}' in -{shorts}"));
            return self.store(flag, value.ok_or_else(missing)?);
        }
        Ok(())
    }

    fn store(&mut self, flag: &'static Flag, value: String) -> Result<(), FlagError> {
        let problem = match flag.takes {
            Takes::Nothing if go_bool(&value).is_none() => {
                Some(format!("strconv.ParseBool: parsing \"{value}\": invalid syntax"))
            }
            Takes::Number if value.parse::<i64>().is_err() => {
                Some(format!("strconv.ParseInt: parsing \"{value}\": invalid syntax"))
            }
            Takes::Duration if crate::yaml::parse_duration(&value).is_none() => {
                Some(format!("time: invalid duration \"{value}\""))
            }
            _ => None,
        };
        if let Some(problem) = problem {
            let short = flag.short.map_or_else(String::new, |short| format!("-{short}, "));
            let name = flag.long;
            return Err(FlagError(format!(
                "invalid argument \"{value}\" for \"{short}--{name}\" flag: {problem}"
            )));
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

/// The text of `--help`.
pub(super) fn usage() -> String {
    let mut text = String::from(
        "Usage: task [flags...] [task...]\n\nRuns the named tasks, or the task `default` when none is named.\n\nOptions:\n",
    );
    let left = |flag: &Flag| {
        let short = flag.short.map_or_else(|| "    ".to_owned(), |short| format!("-{short}, "));
        let kind = match flag.takes {
            Takes::Nothing => "",
            Takes::Text => " string",
            Takes::Number => " int",
            Takes::Duration => " duration",
            Takes::List => " strings",
        };
        format!("  {short}--{}{kind}", flag.long)
    };
    let width = FLAGS.iter().map(|flag| left(flag).len()).max().unwrap_or_default();
    for flag in FLAGS {
        text.push_str(&format!("{:width$}   {}\n", left(flag), flag.about));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::Flags;

    fn parse(line: &str) -> Result<Flags, String> {
        Flags::parse(line.split_whitespace().map(ToOwned::to_owned)).map_err(|error| error.to_string())
    }

    #[test]
    fn flags_stand_anywhere_and_bundle() {
        let flags = parse("a -vs X=1 -C2 --dir=x b -o prefixed -- -c d").unwrap();
        assert_eq!(flags.words, ["a", "X=1", "b"]);
        assert_eq!(flags.rest.as_deref(), Some(&["-c".to_owned(), "d".to_owned()][..]));
        assert!(flags.on("verbose") && flags.on("silent") && !flags.on("dry"));
        assert_eq!(
            (flags.text("concurrency"), flags.text("dir"), flags.text("output")),
            (Some("2"), Some("x"), Some("prefixed"))
        );
        assert_eq!(parse("--color=false").unwrap().boolean("color"), Some(false));
    }

    #[test]
    fn refuses_what_pflag_refuses_in_its_words() {
        let cases = [
            ("--nope", "unknown flag: --nope"),
            ("-z", "unknown shorthand flag: 'z' in -z"),
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
