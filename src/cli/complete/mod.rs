//! `fleet __complete`, which the scripts of `fleet completion` ask.

mod candidates;
mod line;

use super::completion::{COMMAND, write};
use crate::process::Outlet;
use line::Line;

/// Answers the hidden command of `fleet`. Whatever is wrong, the answer is only shorter.
pub(super) fn answer(words: &[String], stdout: &Outlet) {
    if let [first, rest @ ..] = words
        && first == "task"
        && !rest.is_empty()
    {
        let words: Vec<String> = std::iter::once(COMMAND.to_owned()).chain(rest.iter().cloned()).collect();
        super::task::run("task", &words);
        return;
    }
    // What go-task's scripts say of themselves has no meaning here.
    let words: Vec<String> = words.iter().filter(|word| !is_option_of_scripts(word)).cloned().collect();
    let (last, before) =
        words.split_last().map_or(("", [].as_slice()), |(last, before)| (last.as_str(), before));
    let line = Line::read(before, last);
    let (candidates, directive) = candidates::find(&line, last);
    write(stdout, &candidates, directive);
}

/// What may stand behind these words.
pub(super) fn candidates_after(words: &[String]) -> Vec<String> {
    let (candidates, _) = candidates::find(&Line::read(words, ""), "");
    candidates.into_iter().map(|(value, _)| value).collect()
}

fn is_option_of_scripts(word: &str) -> bool {
    matches!(word, "--no-aliases" | "--no-descriptions")
}
