//! Where the cursor stands on a command line that is being typed. Knows no project.

use super::takes_next;
use std::collections::HashSet;

/// What the last word is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// After `--`: it is the task's.
    Rest,
    /// The value of a flag.
    Value {
        /// Long name of the flag.
        flag: &'static str,
        /// `--flag=`, where the value stands in the same word.
        inline: String,
    },
    /// A flag.
    Flag,
    /// A task or a variable.
    Task {
        /// Tasks that are named before.
        tasks: Vec<String>,
        /// Variables that are set before.
        set: HashSet<String>,
    },
}

impl Line {
    /// Reads the words before the last one, and the last.
    pub(super) fn read(before: &[String], last: &str, gentle_force: bool) -> Self {
        let (mut tasks, mut set) = (Vec::new(), HashSet::new());
        let mut words = before.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                return Self::Rest;
            }
            if word.starts_with('-') && word.len() > 1 {
                if let Some(flag) = takes_next(word, gentle_force)
                    && words.next().is_none()
                {
                    return Self::Value { flag, inline: String::new() };
                }
            } else if let Some((name, _)) = word.split_once('=') {
                set.insert(name.to_owned());
            } else {
                tasks.push(word.clone());
            }
        }
        if !last.starts_with('-') {
            return Self::Task { tasks, set };
        }
        let inline = last.split_once('=').and_then(|(name, _)| {
            let flag = takes_next(name, gentle_force)?;
            Some(Self::Value { flag, inline: format!("{name}=") })
        });
        inline.unwrap_or(Self::Flag)
    }
}
