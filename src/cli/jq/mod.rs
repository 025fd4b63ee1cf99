//! Called as `jq`: jq 1.6's command line, output and exit codes.

mod inputs;
mod options;

use crate::process::Outlet;
use crate::query::{Colours, CompileError, Halt, Layout, Object, Outcome, Program, Value, lossy, write};
use inputs::{Inputs, environment};
use options::{Options, Stop};
use std::ffi::OsString;
use std::io::{self, IsTerminal as _};

/// What the help says.
const LONG: &str = include_str!("long.txt");
const SHORT: &str = include_str!("short.txt");

/// Options and files.
const MISUSED: u8 = 2;
/// A program that does not compile.
const NOT_COMPILED: u8 = 3;
/// Input that is no JSON, and with `-e` an input without output.
const NO_OUTPUT: u8 = 4;
/// A program that fails.
const FAILED: u8 = 5;

/// Output is written in pieces of this size.
const BUFFER: usize = 1 << 16;

/// Runs `jq`, called by a name, with the words after it. Returns the exit code.
pub(super) fn run(name: &str, words: &[OsString]) -> u8 {
    let (stdout, stderr) = (Outlet::stdout(), Outlet::stderr());
    let say = |text: &str| {
        let _ = stderr.write(text.as_bytes());
    };
    let options = match options::read(words) {
        Ok(options) => options,
        Err(Stop::Help) => return print(&stdout, &help(name, LONG)),
        Err(Stop::Version) => return print(&stdout, "jq-1.6\n"),
        Err(Stop::Usage) => {
            say(&help(name, SHORT));
            return MISUSED;
        }
        Err(Stop::Mistake(text)) => {
            let prefix = if text.starts_with("-L") { String::new() } else { format!("{name}: ") };
            say(&format!(
                "{prefix}{text}\nUse {name} --help for help with command-line options,\n\
                 or see the jq manpage, or online docs  at https://stedolan.github.io/jq\n"
            ));
            return MISUSED;
        }
        Err(Stop::File(text)) => {
            say(&format!("{name}: {text}\n"));
            return MISUSED;
        }
    };
    let text = match text_of(&options) {
        Ok(text) => text,
        Err(error) => {
            say(&format!("{name}: {error}\n"));
            return MISUSED;
        }
    };
    let arguments = Value::from(
        [
            ("positional".into(), Value::from(options.positional.clone())),
            ("named".into(), Value::from(options.named.clone())),
        ]
        .into_iter()
        .collect::<Object>(),
    );
    let globals = |name: &str| match name {
        "ENV" => Some(environment()),
        "ARGS" => Some(arguments.clone()),
        name => options.named.get(name).cloned(),
    };
    let program = match Program::compile(&text, &globals) {
        Ok(program) => program,
        Err(errors) => {
            say(&told(&errors, &text));
            return NOT_COMPILED;
        }
    };
    let terminal = io::stdout().is_terminal();
    let mut layout =
        Layout { indent: options.indent, sort_keys: options.sort_keys, ascii: options.ascii, colours: None };
    if options.colour.unwrap_or(terminal) {
        let asked = std::env::var("JQ_COLORS").ok();
        let colours = asked.as_deref().map_or_else(|| Some(Colours::default()), Colours::from_text);
        if colours.is_none() {
            say("Failed to set $JQ_COLORS\n");
        }
        layout.colours = Some(colours.unwrap_or_default());
    }
    let inputs = Inputs::new(&options, stderr.clone());
    let flush = options.unbuffered || terminal;
    Session { program, options, layout, inputs, stdout, stderr, flush, buffer: String::new() }.run()
}

fn help(name: &str, text: &str) -> String {
    text.replace("\tjq ", &format!("\t{name} "))
}

fn print(stdout: &Outlet, text: &str) -> u8 {
    u8::from(stdout.write(text.as_bytes()).is_err()) * MISUSED
}

/// What a system's error is, without its number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

fn text_of(options: &Options) -> Result<String, String> {
    if !options.from_file {
        return Ok(options.program.clone());
    }
    let failed = |reason: String| format!("Could not open {}: {reason}", options.program);
    match std::fs::read(&options.program) {
        Ok(bytes) => Ok(lossy(&bytes)),
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
            Err(failed("It's a directory".to_owned()))
        }
        Err(error) => Err(failed(reason(&error))),
    }
}

fn told(errors: &[CompileError], text: &str) -> String {
    let mut told: String = errors.iter().map(|error| error.render(text)).collect();
    told.push_str(&format!(
        "jq: {} compile {}\n",
        errors.len(),
        if errors.len() == 1 { "error" } else { "errors" }
    ));
    told
}

/// What an input came to, as the exit code tells.
#[derive(Clone, Copy)]
enum Ended {
    /// Its last output is neither null nor false.
    Good,
    /// Its last output is null or false.
    Untrue,
    /// It has no output.
    Silent,
    With(u8),
}

struct Session {
    program: Program,
    options: Options,
    layout: Layout,
    inputs: Inputs,
    stdout: Outlet,
    stderr: Outlet,
    flush: bool,
    buffer: String,
}

/// Standard output is closed, or full.
struct Unwritable;

impl Session {
    fn run(mut self) -> u8 {
        let ended = self.all().unwrap_or(Ended::With(MISUSED));
        let written = self.write();
        if written.is_err() || self.inputs.errors > 0 {
            return MISUSED;
        }
        match ended {
            Ended::With(code) => code,
            Ended::Untrue if self.options.exit_status => 1,
            Ended::Silent if self.options.exit_status => NO_OUTPUT,
            _ => 0,
        }
    }

    fn all(&mut self) -> Result<Ended, Unwritable> {
        if self.options.null_input {
            return self.one(Value::Null);
        }
        let mut ended = Ended::Good;
        // A file that cannot be read ends the reading after the next input, as in jq.
        while self.inputs.errors == 0
            && let Some(input) = self.inputs.next()
        {
            match input {
                Ok(input) => ended = self.one(input)?,
                Err(error) if self.options.reading.seq => {
                    self.say(&format!("ignoring parse error: {error}\n"));
                }
                Err(error) => {
                    self.say(&format!("parse error: {error}\n"));
                    return Ok(Ended::With(NO_OUTPUT));
                }
            }
        }
        Ok(ended)
    }

    fn say(&self, text: &str) {
        let _ = self.stderr.write(text.as_bytes());
    }

    /// Runs the program over one input.
    fn one(&mut self, input: Value) -> Result<Ended, Unwritable> {
        let mut ended = Ended::Silent;
        let program = std::mem::take(&mut self.program);
        let mut run = program.start(input);
        let result = loop {
            match run.next(&mut self.inputs) {
                None => break Ok(ended),
                Some(Outcome::Value(value)) => {
                    ended = if value.is_true() { Ended::Good } else { Ended::Untrue };
                    if self.put(&value).is_err() {
                        break Err(Unwritable);
                    }
                }
                Some(Outcome::Error(error)) => {
                    let place = self.inputs.position();
                    self.say(&match &error {
                        Value::String(text) => format!("jq: error (at {place}): {text}\n"),
                        other => format!("jq: error (at {place}) (not a string): {}\n", other.to_json()),
                    });
                    break Ok(Ended::With(FAILED));
                }
                Some(Outcome::Limit(limit)) => {
                    let place = self.inputs.position();
                    self.say(&format!("jq: error (at {place}): {limit}\n"));
                    break Ok(Ended::With(FAILED));
                }
                Some(Outcome::Halt(halt)) => break Ok(self.halted(&halt)),
            }
        };
        drop(run);
        self.program = program;
        result
    }

    fn halted(&self, halt: &Halt) -> Ended {
        match &halt.message {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => self.say(text.split('\0').next().unwrap_or_default()),
            Some(other) => self.say(&format!("{}\n", other.to_json())),
        }
        match &halt.code {
            // As the system cuts it.
            Some(Value::Number(code)) => Ended::With((*code as i64 & 0xff) as u8),
            _ => Ended::Good,
        }
    }

    fn put(&mut self, value: &Value) -> Result<(), Unwritable> {
        match value {
            Value::String(text) if self.options.raw_output && !self.options.ascii => {
                self.buffer.push_str(text);
            }
            _ => {
                if self.options.reading.seq {
                    self.buffer.push('\u{1e}');
                }
                write(&mut self.buffer, value, &self.layout);
            }
        }
        if !self.options.no_newline {
            self.buffer.push('\n');
        }
        if self.flush || self.buffer.len() >= BUFFER { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), Unwritable> {
        let buffer = std::mem::take(&mut self.buffer);
        if buffer.is_empty() {
            return Ok(());
        }
        self.stdout.write(buffer.as_bytes()).map_err(|_| Unwritable)
    }
}
