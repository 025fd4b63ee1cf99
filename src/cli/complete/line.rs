//! Where the cursor stands on a command line of `fleet`, by clap's own description of its commands. Knows no project.

use crate::cli::args::Arguments;
use clap::{Arg, Command, CommandFactory as _};
use std::path::PathBuf;

/// A command line that is being typed.
pub(super) struct Line {
    /// The innermost command that was named.
    pub(super) command: Command,
    /// Names of the commands that were named, from the outermost.
    pub(super) path: Vec<String>,
    /// Words for that command that are no flags.
    pub(super) words: Vec<String>,
    /// What is to be completed.
    pub(super) place: Place,
    /// What `-C` says.
    pub(super) directory: Option<PathBuf>,
    /// What `-f` says.
    pub(super) file: Option<PathBuf>,
}

/// What the last word is.
pub(super) enum Place {
    /// After `--`.
    Rest,
    /// A flag.
    Flag,
    /// The value of this flag; `inline` is `--flag=`, where the value stands in the same word.
    Value {
        /// The flag.
        flag: Box<Arg>,
        /// What stands before the value in its word.
        inline: String,
    },
    /// A command, or a word of one.
    Word,
}

impl Line {
    /// Reads the words before the last one, and the last.
    pub(super) fn read(before: &[String], last: &str) -> Self {
        let mut command = Arguments::command();
        command.build();
        let mut line = Self {
            command,
            path: Vec::new(),
            words: Vec::new(),
            place: Place::Word,
            directory: None,
            file: None,
        };
        let mut words = before.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                line.place = Place::Rest;
                return line;
            }
            if !word.starts_with('-') || word.len() == 1 {
                line.take(word);
            } else if let Some((flag, value)) = line.flag(word) {
                match value.map(str::to_owned).or_else(|| words.next().cloned()) {
                    Some(value) => line.heed(&flag, value),
                    None => {
                        line.place = Place::Value { flag: Box::new(flag), inline: String::new() };
                        return line;
                    }
                }
            }
        }
        if last.starts_with('-') {
            line.place = match last.split_once('=').and_then(|(name, _)| Some((line.flag(name)?.0, name))) {
                Some((flag, name)) => Place::Value { flag: Box::new(flag), inline: format!("{name}=") },
                None => Place::Flag,
            };
        }
        line
    }

    /// A word that is no flag.
    fn take(&mut self, word: &str) {
        match self.command.find_subcommand(word).filter(|_| self.words.is_empty()).cloned() {
            Some(inner) => {
                self.path.push(inner.get_name().to_owned());
                self.command = inner;
            }
            None => self.words.push(word.to_owned()),
        }
    }

    /// The flag of a word that takes a value, and the value where it stands in the word.
    fn flag<'w>(&self, word: &'w str) -> Option<(Arg, Option<&'w str>)> {
        let takes = |arg: &&Arg| arg.get_action().takes_values();
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (long, None),
            };
            let flag = self.command.get_arguments().find(|arg| arg.get_long() == Some(name));
            return flag.filter(takes).map(|flag| (flag.clone(), value));
        }
        // The first letter of a bundle that takes a value has the rest of the word.
        let letters = word.strip_prefix('-')?;
        letters.char_indices().find_map(|(at, letter)| {
            let flag = self.command.get_arguments().find(|arg| arg.get_short() == Some(letter));
            let rest = letters.get(at + letter.len_utf8()..).filter(|rest| !rest.is_empty());
            flag.filter(takes).map(|flag| (flag.clone(), rest))
        })
    }

    fn heed(&mut self, flag: &Arg, value: String) {
        match flag.get_id().as_str() {
            "directory" => self.directory = Some(value.into()),
            "file" => self.file = Some(value.into()),
            _ => {}
        }
    }
}
