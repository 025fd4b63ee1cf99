//! `set` and `shopt` options, as far as mvdan/sh knows them (go-task 3.54).

use super::ShellError;
use super::builtin::Options;
use std::ffi::OsString;

/// Letters and names for `set`.
const SET: [(&str, &str); 7] = [
    ("a", "allexport"),
    ("e", "errexit"),
    ("n", "noexec"),
    ("f", "noglob"),
    ("u", "nounset"),
    ("x", "xtrace"),
    ("", "pipefail"),
];

/// Names for `shopt` that do something.
const SHOPT: [&str; 3] = ["expand_aliases", "globstar", "nullglob"];

/// Names that bash knows and mvdan/sh takes without doing anything.
const SHOPT_IGNORED: [&str; 43] = [
    "autocd",
    "assoc_expand_once",
    "cdable_vars",
    "cdspell",
    "checkhash",
    "checkjobs",
    "checkwinsize",
    "cmdhist",
    "compat31",
    "compat32",
    "compat40",
    "compat41",
    "compat42",
    "compat44",
    "compat43",
    "complete_fullquote",
    "direxpand",
    "dirspell",
    "dotglob",
    "execfail",
    "extdebug",
    "extglob",
    "extquote",
    "failglob",
    "force_fignore",
    "globasciiranges",
    "gnu_errfmt",
    "histappend",
    "histreedit",
    "histverify",
    "hostcomplete",
    "huponexit",
    "inherit_errexit",
    "interactive_comments",
    "lastpipe",
    "lithist",
    "localvar_inherit",
    "localvar_unset",
    "login_shell",
    "mailwarn",
    "no_empty_cmd_completion",
    "nocaseglob",
    "nocasematch",
];

/// The options of a script that is run without a real shell; `None` where it needs one.
pub(super) fn of(set: &[String], shopt: &[String]) -> Result<Option<Options>, ShellError> {
    arguments(set, shopt, true)?;
    let mut options = Options {
        errexit: true,
        nounset: false,
        noglob: false,
        pipefail: false,
        globstar: shopt.iter().any(|option| option == "globstar"),
        nullglob: shopt.iter().any(|option| option == "nullglob"),
    };
    for option in set {
        match option.as_str() {
            "e" | "errexit" => {}
            "u" | "nounset" => options.nounset = true,
            "f" | "noglob" => options.noglob = true,
            "pipefail" => options.pipefail = true,
            _ => return Ok(None),
        }
    }
    Ok(Some(options).filter(|_| !shopt.iter().any(|option| option == "expand_aliases")))
}

/// The arguments that give a real shell these options. `shopt` exists in bash only.
pub(super) fn arguments(set: &[String], shopt: &[String], bash: bool) -> Result<Vec<OsString>, ShellError> {
    let mut arguments = Vec::new();
    for option in set {
        let Some((_, name)) = SET.iter().find(|(letter, name)| option == letter || option == name) else {
            let shown = if option.chars().count() == 1 { format!("-{option}") } else { option.clone() };
            return Err(ShellError::SetOption(shown));
        };
        arguments.extend(["-o".into(), (*name).into()]);
    }
    for option in shopt {
        if SHOPT.contains(&option.as_str()) {
            if bash {
                arguments.extend(["-O".into(), option.into()]);
            }
        } else if !SHOPT_IGNORED.contains(&option.as_str()) {
            return Err(ShellError::ShoptOption(option.clone()));
        }
    }
    Ok(arguments)
}

#[cfg(test)]
mod tests {
    use super::arguments;

    fn of(set: &[&str], shopt: &[&str], bash: bool) -> Result<String, String> {
        let owned = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        let words = arguments(&owned(set), &owned(shopt), bash).map_err(|error| error.to_string())?;
        Ok(words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn known_options_become_arguments_and_unknown_ones_are_named() {
        assert_eq!(
            of(&["x", "pipefail"], &["globstar", "dotglob"], true).unwrap(),
            "-o xtrace -o pipefail -O globstar"
        );
        assert_eq!(of(&[], &["globstar"], false).unwrap(), "");
        assert_eq!(of(&["C"], &[], true).unwrap_err(), "invalid option: \"-C\"");
        assert_eq!(of(&["noclobber"], &[], true).unwrap_err(), "invalid option: \"noclobber\"");
        assert_eq!(of(&[], &["bogus"], true).unwrap_err(), "invalid option name: \"bogus\"");
    }
}
