//! What a script may change, as far as its text tells.

use super::Dialect;
use super::parse;
use super::reader;
use super::syntax::{Command, Kind, Program, RedirectionTarget};

/// Longer scripts are not looked at.
const LONGEST: usize = 1 << 12;
/// Scripts that are words of scripts (`sh -c`).
const DEEPEST: usize = 4;

/// What a script may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::driver) enum Effect {
    /// Nothing: what it starts is known to read alone.
    None,
    /// It opens no file to write to, but starts programs that may do anything.
    Programs,
    /// Anything: it writes to files, or was not understood.
    Any,
}

/// What this script may change.
pub(super) fn of(text: &str) -> Effect {
    within(text, 0)
}

/// The same of a script that stands so deep in others.
pub(super) fn within(text: &str, depth: usize) -> Effect {
    if text.len() > LONGEST || depth == DEEPEST {
        return Effect::Any;
    }
    // In this dialect less is understood.
    match parse::parse(text, Dialect::Bash) {
        Ok(parsed) if !parsed.runs_beside => {
            let programs = std::iter::once(&parsed.program).chain(parsed.substitutions.values());
            most(programs.map(|inner| program(inner, depth)))
        }
        _ => Effect::Any,
    }
}

fn most(effects: impl IntoIterator<Item = Effect>) -> Effect {
    effects.into_iter().max().unwrap_or(Effect::None)
}

fn program(program: &Program, depth: usize) -> Effect {
    let pipelines = program.statements.iter().flat_map(|statement| {
        std::iter::once(&statement.first).chain(statement.rest.iter().map(|(_, next)| next))
    });
    most(pipelines.flat_map(|pipeline| &pipeline.commands).map(|one| command(one, depth)))
}

fn command(command: &Command, depth: usize) -> Effect {
    let redirections = most(command.redirections.iter().map(|redirection| target(&redirection.target)));
    let inner = |inner: &Program| program(inner, depth);
    let kind = match &command.kind {
        Kind::Simple(simple) => match simple.builtin {
            Some(super::builtin::Builtin::Command) => {
                reader::effect(simple.words.get(1..).unwrap_or_default(), depth)
            }
            Some(_) => Effect::None,
            None => reader::effect(&simple.words, depth),
        },
        Kind::Group(body) | Kind::Subshell(body) => inner(body),
        Kind::If { branches, otherwise } => {
            let branches = branches.iter().flat_map(|(condition, body)| [condition, body]);
            most(branches.chain(otherwise).map(inner))
        }
        Kind::While { condition, body, .. } => most([condition, body].map(inner)),
        Kind::For { body, .. } => inner(body),
        Kind::Case { items, .. } => most(items.iter().map(|(_, body)| inner(body))),
        Kind::Condition(_) => Effect::None,
    };
    kind.max(redirections)
}

fn target(target: &RedirectionTarget) -> Effect {
    const STREAMS: [&str; 3] = ["/dev/null", "/dev/stdout", "/dev/stderr"];
    match target {
        RedirectionTarget::Write(file) | RedirectionTarget::Append(file)
            if !file.literal().is_some_and(|file| STREAMS.contains(&file.as_str())) =>
        {
            Effect::Any
        }
        _ => Effect::None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Effect, of};

    #[test]
    fn only_what_is_known_to_read_has_no_effect() {
        let table = [
            (Effect::None, "sleep 1 && echo a"),
            (Effect::None, "git rev-parse --short HEAD 2>/dev/null || echo none"),
            (Effect::None, "git -C sub --no-pager log -1 --format=%H | cut -c1-7"),
            (Effect::None, "for f in a b; do cat $f; done; cat x | sort -u"),
            (Effect::None, "x=$(date +%s); if [ -f y ]; then /usr/bin/wc -l < y; fi"),
            (Effect::None, "sh -c 'sleep 1; uname -m'"),
            (Effect::None, "sed -n 's/^v//p' VERSION | awk '{print $1}'"),
            (Effect::None, "find . -name '*.go' | xargs -n 1 basename"),
            (Effect::None, "go env GOOS; node --version; curl -fsSL https://example.org"),
            (Effect::Programs, "./version.sh"),
            (Effect::Programs, "cat $(mktemp)"),
            (Effect::Programs, "bash -c 'touch x'"),
            (Effect::Programs, "git fetch && git rev-parse HEAD"),
            (Effect::Programs, "git config user.name me"),
            (Effect::Programs, "git tag v1"),
            (Effect::Programs, "sed -i s/a/b/ x"),
            (Effect::Programs, "sed 's/a/b/w out' x"),
            (Effect::Programs, "sed 's/a/date/e' x"),
            (Effect::Programs, "awk '{print > \"out\"}' x"),
            (Effect::Programs, "find . -delete"),
            (Effect::Programs, "sort -o x x"),
            (Effect::Programs, "sort -uo x x"),
            (Effect::Programs, "uniq a b"),
            (Effect::Programs, "hostname new"),
            (Effect::Programs, "date -s 12:00"),
            (Effect::Programs, "curl -o x https://example.org"),
            (Effect::Programs, "curl -X POST https://example.org"),
            (Effect::Programs, "printenv"),
            (Effect::Programs, "./cat x"),
            (Effect::Programs, "ls | xargs rm"),
            (Effect::Programs, "git $SUBCOMMAND"),
            (Effect::Any, "date > x"),
            (Effect::Any, "date >> $x"),
            (Effect::Any, "sh -c 'date > x'"),
            (Effect::Any, "sleep 1 &"),
            (Effect::Any, "f() { date; }; f"),
            (Effect::Any, "eval date"),
            (Effect::Any, "'"),
        ];
        let other: Vec<_> = table.into_iter().filter(|(effect, text)| of(text) != *effect).collect();
        assert_eq!(other, []);
    }
}
