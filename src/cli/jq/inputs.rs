//! The inputs of jq: files one after the other, or standard input, in pieces as jq reads them, so that messages give the
//! same line.

use super::options::{Options, is_stdin};
use crate::process::Outlet;
use crate::query::{Object, Reader, Value, World, lossy};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;
use std::rc::Rc;

/// jq reads at most this many bytes at once, and never beyond a newline.
const PIECE: usize = 4095;

/// All that is read.
pub(super) struct Inputs {
    files: VecDeque<PathBuf>,
    use_stdin: bool,
    current: Option<Box<dyn BufRead>>,
    name: Option<String>,
    line: usize,
    /// Files that could not be read.
    pub(super) errors: usize,
    reader: Reader,
    raw: bool,
    slurped: Option<Vec<Value>>,
    text: Vec<u8>,
    ended: bool,
    stderr: Outlet,
}

impl Inputs {
    pub(super) fn new(options: &Options, stderr: Outlet) -> Self {
        Self {
            files: options.files.iter().cloned().collect(),
            use_stdin: options.files.is_empty(),
            current: None,
            name: None,
            line: 0,
            errors: 0,
            reader: Reader::new(options.reading),
            raw: options.raw_input,
            slurped: options.slurp.then(Vec::new),
            text: Vec::new(),
            ended: false,
            stderr,
        }
    }

    /// Where the last input came from, as messages say it.
    pub(super) fn position(&self) -> String {
        match &self.name {
            None => "<unknown>".to_owned(),
            Some(name) => format!("{name}:{}", self.line),
        }
    }

    /// The next value.
    pub(super) fn next(&mut self) -> Option<Result<Value, String>> {
        let was_over = self.ended;
        let next = if self.raw { self.next_text().map(Ok) } else { self.next_json() };
        if was_over && next.is_none() {
            // Who asks beyond the end is nowhere.
            self.name = None;
        }
        next
    }

    fn next_json(&mut self) -> Option<Result<Value, String>> {
        loop {
            match self.reader.next_value() {
                Some(Ok(value)) => match &mut self.slurped {
                    None => return Some(Ok(value)),
                    Some(values) => values.push(value),
                },
                Some(Err(error)) => return Some(Err(error)),
                None if self.ended => return self.slurped.take().map(|values| Ok(Value::from(values))),
                None => match self.piece() {
                    Some(piece) => self.reader.feed(&piece),
                    None => {
                        self.reader.feed(&[]);
                        self.reader.end();
                        self.ended = true;
                    }
                },
            }
        }
    }

    fn next_text(&mut self) -> Option<Value> {
        let text = |bytes: &[u8]| Value::from(lossy(bytes));
        loop {
            if self.ended {
                return None;
            }
            let Some(piece) = self.piece() else {
                self.ended = true;
                let rest = std::mem::take(&mut self.text);
                return (self.slurped.is_some() || !rest.is_empty()).then(|| text(&rest));
            };
            self.text.extend_from_slice(&piece);
            if self.slurped.is_none() && self.text.last() == Some(&b'\n') {
                self.text.pop();
                return Some(text(&std::mem::take(&mut self.text)));
            }
        }
    }

    /// Bytes up to a newline.
    fn piece(&mut self) -> Option<Vec<u8>> {
        loop {
            let Some(current) = &mut self.current else {
                self.open()?;
                continue;
            };
            match piece_of(current.as_mut()) {
                Ok(piece) if piece.is_empty() => self.current = None,
                Ok(piece) => {
                    self.line += usize::from(piece.last() == Some(&b'\n'));
                    return Some(piece);
                }
                Err(_) => {
                    self.errors += 1;
                    self.current = None;
                }
            }
        }
    }

    /// Opens the next file; `None` when there is no further one.
    fn open(&mut self) -> Option<()> {
        if std::mem::take(&mut self.use_stdin) {
            self.set("<stdin>".to_owned(), Box::new(BufReader::with_capacity(1 << 16, io::stdin())));
            return Some(());
        }
        let path = self.files.pop_front()?;
        if is_stdin(&path) {
            self.set("<stdin>".to_owned(), Box::new(BufReader::with_capacity(1 << 16, io::stdin())));
            return Some(());
        }
        let name = path.display().to_string();
        match File::open(&path) {
            Ok(file) => self.set(name, Box::new(BufReader::with_capacity(1 << 16, file))),
            Err(error) => {
                let text = format!("jq: error: Could not open file {name}: {}\n", super::reason(&error));
                let _ = self.stderr.write(text.as_bytes());
                self.errors += 1;
                self.name = Some(name);
                self.line = 0;
            }
        }
        Some(())
    }

    fn set(&mut self, name: String, current: Box<dyn BufRead>) {
        self.name = Some(name);
        self.line = 0;
        self.current = Some(current);
    }
}

fn piece_of(source: &mut dyn BufRead) -> io::Result<Vec<u8>> {
    let mut piece = Vec::new();
    loop {
        let buffer = match source.fill_buf() {
            Ok(buffer) => buffer,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if buffer.is_empty() {
            return Ok(piece);
        }
        let most = buffer.len().min(PIECE - piece.len());
        let newline = memchr::memchr(b'\n', &buffer[..most]);
        let length = newline.map_or(most, |newline| newline + 1);
        piece.extend_from_slice(&buffer[..length]);
        source.consume(length);
        if newline.is_some() || piece.len() >= PIECE {
            return Ok(piece);
        }
    }
}

impl World for Inputs {
    fn next_input(&mut self) -> Option<Result<Value, String>> {
        self.next()
    }

    fn file_name(&self) -> Option<String> {
        self.name.clone()
    }

    fn line_number(&self) -> usize {
        self.line
    }

    fn environment(&self) -> Value {
        environment()
    }

    fn say(&mut self, text: &str) {
        let _ = self.stderr.write(text.as_bytes());
    }
}

/// Our environment as an object.
pub(super) fn environment() -> Value {
    let pairs = std::env::vars_os().map(|(name, value)| {
        (Rc::from(name.to_string_lossy()), Value::from(value.to_string_lossy().into_owned()))
    });
    Value::from(pairs.collect::<Object>())
}
