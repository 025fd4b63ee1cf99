//! What bash is told ahead of a script, on the script's first line, so that bash counts lines right.

use super::Dialect;
use crate::process::Environment;
use std::fmt::Write as _;

/// Says what go-task says about a missing program.
const NOT_FOUND: &str = "command_not_found_handle() { printf '\"%s\": executable file not found in $PATH\\n' \"$1\" >&2; \
                         return 127; }; ";
/// What bash has built in and mvdan/sh has not.
const UNSUPPORTED: [&str; 17] = [
    "bg", "bind", "caller", "compgen", "complete", "compopt", "disown", "enable", "fc", "fg", "history",
    "jobs", "kill", "logout", "suspend", "ulimit", "umask",
];
/// mvdan/sh has traps for these alone.
const TRAP: &str = "trap() { if [ \"${1-}\" = -- ]; then shift; fi; \
                    local s do=-; if [ $# -gt 1 ]; then do=$1; shift; fi; \
                    for s; do case $s in EXIT|ERR) builtin trap \"$do\" $s;; \
                    -*) echo \"trap: \\\"$s\\\": NOT IMPLEMENTED flag\" >&2; return 2;; \
                    *) echo \"trap: $s: invalid signal specification\" >&2; return 2;; esac; done; }; ";
/// mvdan/sh asks on standard output, whoever reads there; bash only a terminal, on standard error.
const READ: &str = "read() { local __read=(); while [[ ${1-} == -?* ]]; do case $1 in --) break;; \
                    -p?*) builtin printf %s \"${1#-p}\"; shift;; \
                    -*p) [[ $1 == -p ]] || __read+=(\"${1%p}\"); builtin printf %s \"${2-}\"; shift 2;; \
                    -[adinNtu]) __read+=(\"$1\" \"${2-}\"); shift 2;; \
                    *) __read+=(\"$1\"); shift;; esac; done; builtin read \"${__read[@]}\" \"$@\"; }; ";
/// To mvdan/sh what is no number is 0.
const TEST: &str = "__test() { case ${3-} in -eq|-ne|-lt|-gt|-le|-ge) \
                    local __left=${2//[[:space:]]/} __right=${4//[[:space:]]/}; case ${__left#[+-]} in ''|*[!0-9]*) set -- \"$1\" 0 \"${@:3}\";; esac; \
                    case ${__right#[+-]} in ''|*[!0-9]*) set -- \"${@:1:3}\" 0 \"${@:5}\";; esac;; esac; \
                    builtin \"$@\"; }; test() { __test test \"$@\"; }; [() { __test [ \"$@\"; }; ";
/// In mvdan/sh options of `echo` stand alone.
const ECHO: &str = "echo() { if [[ ${1-} == -[neE][neE]* && ${1-} != *[!-neE]* ]]; then local IFS=' '; \
                    builtin printf '%s\\n' \"$*\"; else builtin echo \"$@\"; fi; }; ";
/// Variables that bash sets and mvdan/sh does not.
const UNSET: [&str; 6] = ["BASH_VERSION", "SECONDS", "HOSTNAME", "OSTYPE", "MACHTYPE", "EPOCHSECONDS"];

/// What stands before a script.
pub(super) fn of(script: &str, dialect: Dialect, env: &Environment) -> String {
    let mut text = NOT_FOUND.to_owned();
    if dialect == Dialect::Bash {
        return text;
    }
    for name in UNSUPPORTED {
        if script.contains(name) {
            let _ = write!(text, "{name}() {{ echo '{name}: unsupported builtin' >&2; return 2; }}; ");
        }
    }
    if ["-eq ", "-ne ", "-lt ", "-gt ", "-le ", "-ge "].iter().any(|operator| script.contains(operator)) {
        text.push_str(TEST);
    }
    if ["echo -n", "echo -e", "echo -E"]
        .iter()
        .any(|echo| script.split(echo).skip(1).any(|rest| rest.starts_with(['n', 'e', 'E'])))
    {
        text.push_str(ECHO);
    }
    if asks(script) {
        text.push_str(READ);
    }
    if script.contains("trap") {
        text.push_str(TRAP);
    }
    for name in UNSET {
        if script.contains(name) && !env.iter().any(|(own, _)| own == name) {
            let _ = write!(text, "unset {name}; ");
        }
    }
    text
}

/// Whether it has a `read` with a question.
fn asks(script: &str) -> bool {
    script.split("read -").skip(1).any(|rest| {
        let command = rest.split(['\n', ';', '|', '&']).next().unwrap_or_default();
        command.contains(" -p") || command.split(' ').next().is_some_and(|options| options.contains('p'))
    })
}
