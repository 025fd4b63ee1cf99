//! jq 1.6's command line, read as jq reads it.

use crate::query::{Indent, Object, Reading, Value, lossy, parse};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What was asked for.
#[derive(Debug)]
pub(super) struct Options {
    /// The program, or with `-f` the file that it is in.
    pub(super) program: String,
    pub(super) from_file: bool,
    pub(super) files: Vec<PathBuf>,
    pub(super) reading: Reading,
    pub(super) slurp: bool,
    pub(super) raw_input: bool,
    pub(super) null_input: bool,
    pub(super) raw_output: bool,
    pub(super) no_newline: bool,
    pub(super) ascii: bool,
    pub(super) unbuffered: bool,
    pub(super) sort_keys: bool,
    pub(super) exit_status: bool,
    /// `-C` or `-M`.
    pub(super) colour: Option<bool>,
    pub(super) indent: Option<Indent>,
    /// `$ARGS.named`, whose members are variables as well.
    pub(super) named: Object,
    /// `$ARGS.positional`
    pub(super) positional: Vec<Value>,
}

/// What ends the command before it begins.
#[derive(Debug)]
pub(super) enum Stop {
    /// `-h`
    Help,
    /// `-V`
    Version,
    /// The short help, as an error.
    Usage,
    /// A mistake, with a hint at the help.
    Mistake(String),
    /// A file that cannot be read.
    File(String),
}

/// What words without a dash are.
#[derive(PartialEq, Eq)]
enum Rest {
    Files,
    Strings,
    Json,
}

const LETTERS: &str = "srRnfCMaceSjhV";

/// Reads the words after the program's name.
pub(super) fn read(words: &[OsString]) -> Result<Options, Stop> {
    let mut options = Options {
        program: String::new(),
        from_file: false,
        files: Vec::new(),
        reading: Reading::default(),
        slurp: false,
        raw_input: false,
        null_input: false,
        raw_output: false,
        no_newline: false,
        ascii: false,
        unbuffered: false,
        sort_keys: false,
        exit_status: false,
        colour: None,
        indent: Some(Indent::Spaces(2)),
        named: Object::default(),
        positional: Vec::new(),
    };
    let (mut program, mut rest, mut only_rest) = (None, Rest::Files, false);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        let is_option = text
            .strip_prefix('-')
            .and_then(|text| text.chars().next())
            .is_some_and(|letter| letter == '-' || letter.is_ascii_alphabetic());
        if only_rest || !is_option {
            match (&program, &rest) {
                (None, _) => program = Some(text.into_owned()),
                (_, Rest::Files) => options.files.push(PathBuf::from(word)),
                (_, Rest::Strings) => options.positional.push(Value::from(&*text)),
                (_, Rest::Json) => {
                    let value = parse(&text);
                    options.positional.push(
                        value.map_err(|_| {
                            Stop::Mistake("invalid JSON text passed to --jsonargs".to_owned())
                        })?,
                    );
                }
            }
            continue;
        }
        match &*text {
            "--" if program.is_none() => return Err(Stop::Usage),
            "--" => only_rest = true,
            "--args" => rest = Rest::Strings,
            "--jsonargs" => rest = Rest::Json,
            _ => match text.strip_prefix("--") {
                Some(name) => options.long(name, &mut words)?,
                None if text.starts_with("-L") => {
                    if text.len() == 2 && words.next().is_none() {
                        return Err(Stop::Mistake(
                            "-L takes a parameter: (e.g. -L /search/path or -L/search/path)".to_owned(),
                        ));
                    }
                }
                None => options.letters(&text)?,
            },
        }
    }
    options.program = program.unwrap_or_else(|| ".".to_owned());
    Ok(options)
}

impl Options {
    /// Letters behind one dash. jq knows each one once.
    fn letters(&mut self, text: &str) -> Result<(), Stop> {
        let letters = text.get(1..).unwrap_or_default();
        let twice = letters.char_indices().any(|(at, letter)| letters[..at].contains(letter));
        let all_known = !twice && letters.chars().all(|letter| LETTERS.contains(letter));
        for letter in LETTERS.chars().filter(|letter| letters.contains(*letter)) {
            match letter {
                's' => self.slurp = true,
                'r' => self.raw_output = true,
                'R' => self.raw_input = true,
                'n' => self.null_input = true,
                'f' => self.from_file = true,
                'C' => self.colour = Some(true),
                'M' => self.colour = Some(false),
                'a' => self.ascii = true,
                'c' => self.indent = None,
                'e' => self.exit_status = true,
                'S' => self.sort_keys = true,
                'j' => {
                    self.raw_output = true;
                    self.no_newline = true;
                }
                'h' => return Err(Stop::Help),
                _ if all_known => return Err(Stop::Version),
                _ => {}
            }
        }
        if all_known { Ok(()) } else { Err(Stop::Mistake(format!("Unknown option {text}"))) }
    }

    fn long(&mut self, name: &str, words: &mut std::slice::Iter<'_, OsString>) -> Result<(), Stop> {
        match name {
            "slurp" => self.slurp = true,
            "raw-output" => self.raw_output = true,
            "raw-input" => self.raw_input = true,
            "null-input" => self.null_input = true,
            "from-file" => self.from_file = true,
            "color-output" => self.colour = Some(true),
            "monochrome-output" => self.colour = Some(false),
            "ascii-output" => self.ascii = true,
            "compact-output" => self.indent = None,
            "exit-status" => self.exit_status = true,
            "sort-keys" => self.sort_keys = true,
            "join-output" => {
                self.raw_output = true;
                self.no_newline = true;
            }
            "unbuffered" => self.unbuffered = true,
            "tab" => self.indent = Some(Indent::Tab),
            "seq" => self.reading.seq = true,
            "stream" | "stream-errors" => self.reading.stream |= name == "stream",
            "indent" => self.indent_by(words)?,
            "arg" | "argjson" | "slurpfile" | "rawfile" | "argfile" => self.named_value(name, words)?,
            "help" => return Err(Stop::Help),
            "version" => return Err(Stop::Version),
            _ => return Err(Stop::Mistake(format!("Unknown option --{name}"))),
        }
        Ok(())
    }

    fn indent_by(&mut self, words: &mut std::slice::Iter<'_, OsString>) -> Result<(), Stop> {
        let Some(word) = words.next() else {
            return Err(Stop::Mistake("--indent takes one parameter".to_owned()));
        };
        let text = word.to_string_lossy();
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(text.len());
        let number: i64 = text.get(..digits).unwrap_or_default().parse().unwrap_or(0);
        self.indent = match number {
            -1 => Some(Indent::Tab),
            0 => None,
            1..=7 => u8::try_from(number).ok().map(Indent::Spaces),
            _ => {
                return Err(Stop::Mistake("--indent takes a number between -1 and 7".to_owned()));
            }
        };
        Ok(())
    }

    fn named_value(&mut self, option: &str, words: &mut std::slice::Iter<'_, OsString>) -> Result<(), Stop> {
        let (Some(name), Some(word)) = (words.next(), words.next()) else {
            let (second, article) = match option {
                "arg" => ("value", "e.g. --arg varname value"),
                "argjson" => ("text", "e.g. --argjson varname text"),
                _ => ("filename", ""),
            };
            let example = if article.is_empty() {
                format!("e.g. --{option} varname {second}")
            } else {
                article.to_owned()
            };
            return Err(Stop::Mistake(format!("--{option} takes two parameters ({example})")));
        };
        let (name, text) = (name.to_string_lossy().into_owned(), word.to_string_lossy());
        let value = match option {
            "arg" => Value::from(&*text),
            "argjson" => {
                parse(&text).map_err(|_| Stop::Mistake("invalid JSON text passed to --argjson".to_owned()))?
            }
            _ => file(option, &name, Path::new(word))?,
        };
        // The first one of a name stays.
        self.named.entry(Rc::from(name)).or_insert(value);
        Ok(())
    }
}

fn file(option: &str, name: &str, path: &Path) -> Result<Value, Stop> {
    let bad =
        |message: String| Stop::File(format!("Bad JSON in --{option} {name} {}: {message}", path.display()));
    let bytes = std::fs::read(path)
        .map_err(|error| bad(format!("Could not open {}: {}", path.display(), super::reason(&error))))?;
    if option == "rawfile" {
        return Ok(Value::from(lossy(&bytes)));
    }
    let mut reader = crate::query::Reader::new(Reading::default());
    reader.feed(&bytes);
    reader.end();
    let mut values = Vec::new();
    while let Some(value) = reader.next_value() {
        values.push(value.map_err(&bad)?);
    }
    // `--argfile` gives a single value as it is.
    if option == "argfile" && values.len() == 1 {
        return Ok(values.remove(0));
    }
    Ok(Value::from(values))
}

/// Whether the word is `-`, which means standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str().as_bytes() == b"-"
}
