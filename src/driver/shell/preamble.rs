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
