//! Completion for shells: the scripts, and the form of the answers that they ask for, which is that of go-task 3.54
//! (`internal/complete`) for `fleet` and `task` alike. Knows neither's command line.

mod scripts;

use crate::process::Outlet;
use clap::ValueEnum;
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
