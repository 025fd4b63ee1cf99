//! `set`, as far as scripts of tasks use it.

/// Options of a running script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Options {
    /// `set -e`
    pub(in super::super) errexit: bool,
    /// `set -u`
    pub(in super::super) nounset: bool,
    /// `set -f`
    pub(in super::super) noglob: bool,
    /// `set -o pipefail`
    pub(in super::super) pipefail: bool,
    /// `shopt -s globstar`
    pub(in super::super) globstar: bool,
    /// `shopt -s nullglob`
    pub(in super::super) nullglob: bool,
}

/// Whether all arguments are options that we have, or that nobody has.
pub(super) fn is_understood(args: &[String]) -> bool {
    let (_, end) = changes(args);
    !args.is_empty() && !matches!(end, Some(End::Other))
}

/// Does it.
///
/// # Errors
/// The option that nobody has; those before it are set.
pub(in super::super) fn set(args: &[String], options: &mut Options) -> Result<(), String> {
    let (changes, end) = changes(args);
    for (name, on) in changes {
        match name {
            "errexit" => options.errexit = on,
            "nounset" => options.nounset = on,
            "noglob" => options.noglob = on,
            _ => options.pipefail = on,
        }
    }
    match end {
        Some(End::Invalid(option)) => Err(option),
        _ => Ok(()),
    }
}

/// Where the reading of options ends early.
enum End {
    /// At something that only a real shell has.
    Other,
    /// At an option that mvdan/sh does not have.
    Invalid(String),
}

fn changes(args: &[String]) -> (Vec<(&'static str, bool)>, Option<End>) {
    let mut changes = Vec::new();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut letters = arg.chars();
        let sign = letters.next();
        let on = sign == Some('-');
        if arg.len() < 2 || arg == "--" || !matches!(sign, Some('-' | '+')) {
            return (changes, Some(End::Other));
        }
        for letter in letters {
            let name = match letter {
                'e' => "errexit",
                'u' => "nounset",
                'f' => "noglob",
                'a' | 'n' | 'x' => return (changes, Some(End::Other)),
                'o' => match args.next().map(String::as_str) {
                    Some("errexit") => "errexit",
                    Some("nounset") => "nounset",
                    Some("noglob") => "noglob",
                    Some("pipefail") => "pipefail",
                    None | Some("allexport" | "noexec" | "xtrace") => return (changes, Some(End::Other)),
                    Some(other) => return (changes, Some(End::Invalid(other.to_owned()))),
                },
                _ => return (changes, Some(End::Invalid(format!("{}{letter}", sign.unwrap_or('-'))))),
            };
            changes.push((name, on));
        }
    }
    (changes, None)
}
