//! Completion for shells: scripts, and the answers of the hidden command that they ask. The form of an answer is that of
//! go-task 3.54 (`internal/complete`), for `fleet` and `task` alike.

mod candidates;
mod line;
mod scripts;

use crate::process::Outlet;
use clap::ValueEnum;
use line::Line;
pub(super) use scripts::{of_fleet, of_task};
use std::fmt::Write as _;

/// The first word of the hidden command: `fleet __complete WORDS...`, the last word being the one to complete.
pub(super) const COMMAND: &str = "__complete";

/// The shells that have a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Shell {
    /// Load it with: source <(fleet completion bash)
    Bash,
    /// Load it with: fleet completion fish | source
    Fish,
    /// Save it and `source` it
    #[value(alias = "nushell")]
    Nu,
    /// Load it with: fleet completion powershell | Out-String | Invoke-Expression
    Powershell,
    /// Load it with: source <(fleet completion zsh)
    Zsh,
}

/// What the shell is to do beside offering the candidates; the numbers are cobra's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Directive {
    /// Complete files where no candidate fits.
    Files = 0,
    /// Offer the candidates alone.
    #[default]
    NoFiles = 4,
    /// As before, and more may be typed after a candidate.
    NoSpace = 2 | 4,
    /// The candidates are extensions of the files to offer.
    Extensions = 8,
    /// Offer directories.
    Directories = 16,
    /// No space after a candidate, no files, and the order is meant.
    Variables = 2 | 4 | 32,
}

/// A candidate and what is said about it.
pub(super) type Candidate = (String, String);

/// Writes an answer.
pub(super) fn write(stdout: &Outlet, candidates: &[Candidate], directive: Directive) {
    let clean = |text: &str| text.replace(['\n', '\r', '\t'], " ");
    let mut out = String::new();
    for (value, about) in candidates {
        let _ = match about.as_str() {
            "" => writeln!(out, "{}", clean(value)),
            about => writeln!(out, "{}\t{}", clean(value), clean(about)),
        };
    }
    let _ = writeln!(out, ":{}", directive as u8);
    let _ = stdout.write(out.as_bytes());
}

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

fn is_option_of_scripts(word: &str) -> bool {
    matches!(word, "--no-aliases" | "--no-descriptions")
}
