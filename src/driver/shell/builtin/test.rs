//! `test` and `[`

use rustix::fs::{Access, access};
use std::fs::Metadata;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// How deep parentheses and `!` may stand.
const DEEPEST: usize = 100;

/// What a test may ask about besides files.
pub(in super::super) struct Context<'a> {
    /// Where relative paths start.
    pub(in super::super) dir: &'a Path,
    /// Whether a variable is set.
    pub(in super::super) is_set: &'a dyn Fn(&str) -> bool,
    /// Whether a stream of this number is a terminal.
    pub(in super::super) is_terminal: &'a dyn Fn(usize) -> bool,
}

/// Whether the expression holds; `Err` with mvdan/sh's messages where it is none.
pub(in super::super) fn test(args: &[String], context: &Context<'_>) -> Result<bool, Vec<String>> {
    if args.is_empty() {
        return Ok(false);
    }
    let mut parser = Parser { args, at: 0, depth: 0, context };
    let result = parser.or();
    if let (Ok(holds), None) = (&result, parser.peek()) {
        return Ok(*holds);
    }
    let mut messages: Vec<String> = result.err().into_iter().collect();
    // mvdan/sh goes on: every second word would have to be an operator.
    while let Some(word) = parser.next() {
        messages.push(format!("not a valid test operator: `{word}`"));
        if parser.next().is_none() {
            messages.push(format!("{word} must be followed by a word"));
        }
    }
    Err(messages)
}

struct Parser<'a> {
    args: &'a [String],
    at: usize,
    depth: usize,
    context: &'a Context<'a>,
}

const UNARY: [&str; 25] = [
    "-e", "-a", "-f", "-d", "-c", "-b", "-p", "-S", "-L", "-h", "-k", "-u", "-g", "-G", "-O", "-N", "-r",
    "-w", "-x", "-s", "-t", "-z", "-n", "-v", "-o",
];
const BINARY: [&str; 12] = ["=", "==", "!=", "-nt", "-ot", "-ef", "-eq", "-ne", "-le", "-ge", "-lt", "-gt"];

/// Whether a word is a test with one operand.
pub(in super::super) fn is_unary_test(word: &str) -> bool {
    UNARY.contains(&word) && !matches!(word, "-a" | "-o")
}

/// Whether a word is a test with two operands.
pub(in super::super) fn is_binary_test(word: &str) -> bool {
    BINARY.contains(&word)
}

impl Parser<'_> {
    fn peek(&self) -> Option<&str> {
        self.args.get(self.at).map(String::as_str)
    }

    fn next(&mut self) -> Option<String> {
        let word = self.args.get(self.at).cloned();
        self.at += 1;
        word
    }

    fn or(&mut self) -> Result<bool, String> {
        let mut holds = self.and()?;
        while self.peek() == Some("-o") {
            self.at += 1;
            holds |= self.and()?;
        }
        Ok(holds)
    }

    fn and(&mut self) -> Result<bool, String> {
        let mut holds = self.primary()?;
        while self.peek() == Some("-a") {
            self.at += 1;
            holds &= self.primary()?;
        }
        Ok(holds)
    }

    fn primary(&mut self) -> Result<bool, String> {
        if self.depth == DEEPEST {
            return Err("the expression is nested too deep".to_owned());
        }
        let word = self.next().ok_or("reached EOF without a word")?;
        let follows = |at: usize| self.args.get(at).map(String::as_str);
        let is_binary = follows(self.at).is_some_and(|next| BINARY.contains(&next));
        // A word that is followed by an operator and another word is never an operator itself.
        // Nor does `!` ever stand for itself (mvdan/sh).
        let alone = follows(self.at).is_none();
        if is_binary && word != "!" && (follows(self.at + 1).is_some() || !UNARY.contains(&word.as_str())) {
            let operator = self.next().unwrap_or_default();
            let right = self.next().ok_or_else(|| format!("{operator} must be followed by a word"))?;
            return Ok(self.context.binary(&word, &operator, &right));
        }
        match word.as_str() {
            "!" if !alone => {
                self.depth += 1;
                let holds = self.primary()?;
                self.depth -= 1;
                Ok(!holds)
            }
            "(" if !alone => {
                self.depth += 1;
                let holds = self.or()?;
                self.depth -= 1;
                match self.next().as_deref() {
                    Some(")") => Ok(holds),
                    _ => Err("reached EOF without matching `(` with `)`".to_owned()),
                }
            }
            operator if UNARY.contains(&operator) && !alone => {
                let argument = self.next().unwrap_or_default();
                Ok(self.context.unary(operator, &argument))
            }
            // Another word after it is no operator: the caller sees that it was not read.
            text => Ok(!text.is_empty()),
        }
    }
}

/// The number that a word stands for: mvdan/sh takes what is none as 0, and the nearest where it is too large.
fn number(word: &str) -> i64 {
    use std::num::IntErrorKind::{NegOverflow, PosOverflow};
    word.trim().parse().unwrap_or_else(|error: std::num::ParseIntError| match error.kind() {
        PosOverflow => i64::MAX,
        NegOverflow => i64::MIN,
        _ => 0,
    })
}

impl Context<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn stat(&self, name: &str) -> Option<Metadata> {
        // An empty name is no file, not the directory itself.
        (!name.is_empty()).then(|| std::fs::metadata(self.path(name)).ok()).flatten()
    }

    /// Whether a test with one operand holds.
    pub(in super::super) fn unary(&self, operator: &str, name: &str) -> bool {
        let may = |kind: Access| !name.is_empty() && access(self.path(name), kind).is_ok();
        let mode = |bit: u32| self.stat(name).is_some_and(|meta| meta.permissions().mode() & bit != 0);
        let is = |question: fn(&Metadata) -> bool| self.stat(name).is_some_and(|meta| question(&meta));
        match operator {
            "-e" | "-a" => self.stat(name).is_some(),
            "-f" => is(Metadata::is_file),
            "-d" => is(Metadata::is_dir),
            "-c" => is(|meta| meta.file_type().is_char_device()),
            "-b" => is(|meta| meta.file_type().is_block_device()),
            "-p" => is(|meta| meta.file_type().is_fifo()),
            "-S" => is(|meta| meta.file_type().is_socket()),
            "-L" | "-h" => std::fs::symlink_metadata(self.path(name)).is_ok_and(|meta| meta.is_symlink()),
            "-k" => mode(0o1000),
            "-u" => mode(0o4000),
            "-g" => mode(0o2000),
            "-O" => is(|meta| meta.uid() == rustix::process::geteuid().as_raw()),
            "-G" => is(|meta| meta.gid() == rustix::process::getegid().as_raw()),
            "-N" => is(|meta| meta.mtime() > meta.atime()),
            "-r" => may(Access::READ_OK),
            "-w" => may(Access::WRITE_OK),
            "-x" => may(Access::EXEC_OK),
            "-s" => is(|meta| meta.len() > 0),
            "-t" => name.parse().is_ok_and(|stream| (self.is_terminal)(stream)),
            "-z" => name.is_empty(),
            "-n" => !name.is_empty(),
            "-v" => (self.is_set)(name),
            _ => false,
        }
    }

    /// Whether a test with two operands holds; texts are compared as they are.
    pub(in super::super) fn binary(&self, left: &str, operator: &str, right: &str) -> bool {
        let numbers = || (number(left), number(right));
        // A file that is not there is older than each that is.
        let changed = |name: &str| self.stat(name).and_then(|meta| meta.modified().ok());
        let compare = |holds: fn(&i64, &i64) -> bool| {
            let (left, right) = numbers();
            holds(&left, &right)
        };
        match operator {
            "=" | "==" => left == right,
            "!=" => left != right,
            "-nt" => changed(left) > changed(right),
            "-ot" => changed(left) < changed(right),
            "-ef" => self
                .stat(left)
                .zip(self.stat(right))
                .is_some_and(|(left, right)| (left.dev(), left.ino()) == (right.dev(), right.ino())),
            "-eq" => compare(i64::eq),
            "-ne" => compare(i64::ne),
            "-le" => compare(i64::le),
            "-ge" => compare(i64::ge),
            "-lt" => compare(i64::lt),
            "-gt" => compare(i64::gt),
            "<" => left < right,
            ">" => left > right,
            _ => false,
        }
    }
}
