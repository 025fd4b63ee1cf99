//! Whether a script was understood and waits for nothing: no program, no loop, no file that may be a pipe. Such a script
//! runs at once, where it stands, instead of on a worker.

use super::Dialect;
use super::builtin::Builtin;
use super::parse;
use super::syntax::{Command, Kind, Pipeline, Program, RedirectionTarget, Simple};

/// Longer scripts are not looked at.
const LONGEST: usize = 1 << 10;

/// Whether it is such a script.
pub(super) fn is_brief(text: &str) -> bool {
    let brief =
        |parsed: &parse::Parsed| program(&parsed.program) && parsed.substitutions.values().all(program);
    text.len() <= LONGEST && parse::parse(text, Dialect::Bash).is_ok_and(|parsed| brief(&parsed))
}

fn program(program: &Program) -> bool {
    let pipelines = program.statements.iter().flat_map(|statement| {
        std::iter::once(&statement.first).chain(statement.rest.iter().map(|(_, next)| next))
    });
    pipelines.into_iter().all(pipeline)
}

fn pipeline(pipeline: &Pipeline) -> bool {
    matches!(pipeline.commands.as_slice(), [one] if command(one))
}

fn command(command: &Command) -> bool {
    let waits_for_no_file = |target: &RedirectionTarget| matches!(target, RedirectionTarget::Duplicate(_));
    command.redirections.iter().all(|redirection| waits_for_no_file(&redirection.target))
        && match &command.kind {
            Kind::Simple(Simple { words, builtin, .. }) => match builtin {
                None => words.is_empty(),
                Some(builtin) => *builtin != Builtin::Command,
            },
            Kind::Condition(_) => true,
            Kind::Group(inner) | Kind::Subshell(inner) => program(inner),
            Kind::If { branches, otherwise } => {
                branches.iter().all(|(condition, body)| program(condition) && program(body))
                    && otherwise.as_ref().is_none_or(program)
            }
            Kind::Case { items, .. } => items.iter().all(|(_, body)| program(body)),
            Kind::While { .. } | Kind::For { .. } => false,
        }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_may_wait_is_not_brief() {
        for (text, expected) in [
            (":", true),
            ("echo a; echo b >&2", true),
            ("[ -f x ] && echo yes || echo no", true),
            ("x=$(echo a); printf '%s' \"$x\"", true),
            ("if true; then echo a; fi", true),
            ("sleep 1", false),
            ("command sleep 1", false),
            ("x=$(sleep 1)", false),
            ("if sleep 1; then :; fi", false),
            ("echo a > fifo", false),
            ("echo a | cat", false),
            ("while :; do :; done", false),
            ("echo 'not closed", false),
            ("\"$x\"", false),
        ] {
            assert_eq!(super::is_brief(text), expected, "{text}");
        }
    }
}
