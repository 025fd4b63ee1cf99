//! The commands that the shell itself has, as mvdan/sh does them (go-task 3.54).

mod echo;
mod printf;
mod quote;
mod set;
mod test;

pub(super) use echo::echo;
pub(super) use printf::printf;
pub(super) use quote::quote;
pub(super) use set::{Options, set};
pub(super) use test::{Context as TestContext, is_binary_test, is_unary_test, test};

use super::parse::{declarations, is_variable};
use crate::word::{Part, Word};

/// A command of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Builtin {
    /// `true`, `:`
    Succeed,
    /// `false`
    Fail,
    Echo,
    Printf,
    /// `test`
    Test,
    /// `[`
    Bracket,
    Cd,
    Pwd,
    Exit,
    Export,
    Set,
    Unset,
    Break,
    Continue,
    Wait,
    /// `command -v`
    CommandV,
    /// `command NAME`, where the name is that of a program.
    Command,
}

/// What shells have built in and we have not: a real shell must run it. mvdan/sh answers "unsupported builtin" to some.
const OTHERS: [&str; 51] = [
    ".",
    "alias",
    "bg",
    "bind",
    "builtin",
    "caller",
    "compgen",
    "complete",
    "compopt",
    "declare",
    "dirs",
    "disown",
    "enable",
    "eval",
    "exec",
    "fc",
    "fg",
    "getopts",
    "hash",
    "help",
    "history",
    "jobs",
    "kill",
    "let",
    "local",
    "logout",
    "mapfile",
    "nameref",
    "newgrp",
    "popd",
    "pushd",
    "read",
    "readarray",
    "readonly",
    "return",
    "select",
    "shift",
    "shopt",
    "source",
    "suspend",
    "time",
    "times",
    "trap",
    "type",
    "typeset",
    "ulimit",
    "umask",
    "unalias",
    "wait",
    "command",
    "function",
];

/// The command of ours that a simple command names. An error where only a real shell can tell or do it.
pub(super) fn named(name: &Word, words: &[Word], loops: usize) -> Result<Option<Builtin>, ()> {
    let Some(text) = name.literal().filter(|_| !is_expanded(name)) else {
        // Whatever it becomes, it is a path.
        let slash = |part: &Part| matches!(part, Part::Text { text, .. } if text.contains('/'));
        return if name.parts.iter().any(slash) { Ok(None) } else { Err(()) };
    };
    let args = words.get(1..).unwrap_or_default();
    let literal: Option<Vec<String>> = args.iter().map(Word::literal).collect();
    let literal = literal.as_deref();
    let builtin = match text.as_str() {
        "true" | ":" => Builtin::Succeed,
        "false" => Builtin::Fail,
        "echo" => Builtin::Echo,
        "printf" => Builtin::Printf,
        "test" => Builtin::Test,
        "[" => Builtin::Bracket,
        "cd" => Builtin::Cd,
        "pwd" => Builtin::Pwd,
        "exit" => Builtin::Exit,
        "export" => Builtin::Export,
        "set" => Builtin::Set,
        "unset" => Builtin::Unset,
        "break" => Builtin::Break,
        "continue" => Builtin::Continue,
        "command" => match literal.and_then(|args| args.first()).map(String::as_str) {
            Some("-v") => Builtin::CommandV,
            Some(name) if !name.starts_with('-') && is_program(name) => Builtin::Command,
            _ => return Err(()),
        },
        other if OTHERS.contains(&other) => return Err(()),
        _ => return Ok(None),
    };
    let understood = match builtin {
        Builtin::Export => !args.is_empty() && declarations(args).is_some(),
        Builtin::Set => literal.is_some_and(set::is_understood),
        Builtin::Unset => literal.is_some_and(|args| args.iter().all(|arg| arg == "-v" || is_variable(arg))),
        Builtin::Break | Builtin::Continue => loops > 0 && args.is_empty(),
        // The shell's own `cd` has no options; a real one's have a meaning that someone may rely on.
        Builtin::Cd => {
            !literal.is_some_and(|args| args.iter().any(|arg| arg.len() > 1 && arg.starts_with('-')))
        }
        _ => true,
    };
    if understood { Ok(Some(builtin)) } else { Err(()) }
}

/// Whether a name is a program's, never a shell's own.
pub(super) fn is_program(name: &str) -> bool {
    const OURS: [&str; 14] = [
        "true", ":", "false", "echo", "printf", "test", "[", "cd", "pwd", "exit", "export", "set", "unset",
        "break",
    ];
    !OURS.contains(&name) && name != "continue" && !OTHERS.contains(&name)
}

/// Whether a word is changed by braces, `~` or patterns.
fn is_expanded(word: &Word) -> bool {
    let changes = |part: &Part| matches!(part, Part::Text { text, quoted: false } if text.contains(['*', '?', '[', '{', '~']));
    word.bare() != Some("[") && word.parts.iter().any(changes)
}
