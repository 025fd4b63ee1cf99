//! What was meant where a word stands that is no command.

use super::complete;
use crate::diagnostic::did_you_mean;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory as _, Error};

/// The same error with the command that may have been meant, or the task or pipeline, which `run` runs.
pub(super) fn advised(mut error: Error, words: &[String]) -> Error {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else { return error };
    let Some(at) = words.iter().position(|other| other == word) else { return error };
    let (word, before) = (word.clone(), words.get(..at).unwrap_or_default());
    let commands = complete::candidates_after(before);
    let near =
        |names: &[String]| did_you_mean(&word, names.iter().map(String::as_str)).map(ToOwned::to_owned);
    if let Some(command) = near(&commands) {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(vec![command]));
    }
    // Behind a command that has commands of its own nobody names a task.
    let is_first = super::args::Arguments::command()
        .get_subcommands()
        .any(|one| commands.iter().any(|name| name == one.get_name()));
    if is_first {
        let run: Vec<String> = before.iter().cloned().chain(["run".to_owned()]).collect();
        let names = complete::candidates_after(&run);
        let task = names.iter().find(|name| **name == word).cloned().or_else(|| near(&names));
        if let Some(task) = task {
            if near(&commands).is_none() {
                error.remove(ContextKind::SuggestedSubcommand);
            }
            let tip = StyledStr::from(format!("`fleet run {task}` runs what has that name"));
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
        }
    }
    error
}
