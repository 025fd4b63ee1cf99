//! Statements, and the pipelines that they are made of.

use super::Parser;
use crate::driver::shell::Dialect;
use crate::driver::shell::builtin::Builtin;
use crate::driver::shell::syntax::{
    Command, Connective, Kind, Pipeline, Redirection, RedirectionTarget, Simple, Statement,
};
use crate::word::{Lexer, NotUnderstood};

impl Parser<'_> {
    pub(super) fn statement(&mut self) -> Result<Statement, NotUnderstood> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.lexer.skip_blanks();
            let at = self.lexer.at();
            let (connective, operator) = if self.lexer.take("&&") {
                (Connective::And, "&&")
            } else if self.lexer.take("||") {
                (Connective::Or, "||")
            } else {
                return Ok(Statement { first, rest, beside: false });
            };
            self.follows(operator, at)?;
            rest.push((connective, self.pipeline()?));
        }
    }

    /// Reads the `&` behind a statement that can be run beside the script. A real shell runs the others, and all where what
    /// they are called matters to none but bash.
    pub(super) fn beside(&mut self, statement: &Statement) -> bool {
        let rest = self.lexer.rest();
        let other = ["&&", "&>", "&|"].iter().any(|other| rest.starts_with(other));
        let here = self.dialect == Dialect::GoTask && !self.is_captured && can_be_beside(statement);
        if other || !here || !self.lexer.take("&") {
            return false;
        }
        self.runs_beside = true;
        true
    }

    /// Skips to the statement that must follow an operator.
    fn follows(&mut self, operator: &str, at: usize) -> Result<(), NotUnderstood> {
        self.skip_lines()?;
        if self.lexer.rest().is_empty() || self.lexer.rest().starts_with([';', '&', '|', ')']) {
            return Err(Lexer::wrong(at, format!("`{operator}` must be followed by a statement")));
        }
        Ok(())
    }

    fn pipeline(&mut self) -> Result<Pipeline, NotUnderstood> {
        let at = self.lexer.at();
        let negated = self.reserved(&["!"]).is_some() && self.lexer.take("!");
        self.lexer.skip_blanks();
        if negated && (self.lexer.rest().is_empty() || self.lexer.rest().starts_with(['\n', ';'])) {
            return Err(Lexer::wrong(at, "`!` cannot form a statement alone"));
        }
        if negated && self.reserved(&["!"]).is_some() {
            return Err(Lexer::wrong(at, "cannot negate a command multiple times"));
        }
        let place = self.lexer.not_understood("this pipeline");
        let mut commands = vec![self.command()?];
        loop {
            self.lexer.skip_blanks();
            let (rest, at) = (self.lexer.rest(), self.lexer.at());
            if rest.starts_with("||") || rest.starts_with("|&") || !self.lexer.take("|") {
                break;
            }
            self.follows("|", at)?;
            commands.push(self.command()?);
        }
        if commands.len() > 1 && !can_be_piped(&commands) {
            return Err(place);
        }
        Ok(Pipeline { negated, commands })
    }
}

/// One program, or one of our own commands that waits for nothing.
fn can_be_beside(statement: &Statement) -> bool {
    let Statement { first: Pipeline { negated: false, commands }, rest, .. } = statement else {
        return false;
    };
    let [Command { kind: Kind::Simple(Simple { words, builtin, .. }), .. }] = commands.as_slice() else {
        return false;
    };
    rest.is_empty() && !words.is_empty() && builtin.is_none_or(reads_nothing)
}

/// One of ours that is done at once and changes nothing.
fn reads_nothing(builtin: Builtin) -> bool {
    matches!(builtin, Builtin::Succeed | Builtin::Fail | Builtin::Echo | Builtin::Printf | Builtin::Pwd)
}

/// Programs run side by side; of ours only what is done at once can be among them, at the beginning.
fn can_be_piped(commands: &[Command]) -> bool {
    let plain = |command: &Command| {
        let reads = |redirection: &Redirection| redirection.stream == 0;
        let Kind::Simple(simple) = &command.kind else { return None };
        (!simple.words.is_empty()).then_some((simple.builtin, command.redirections.iter().any(reads)))
    };
    // Before the last one, only what a `Feeder` can do.
    let feeds = |command: &Command| {
        command.redirections.iter().all(|redirection| match &redirection.target {
            RedirectionTarget::Write(word) | RedirectionTarget::Append(word) => {
                redirection.stream == 2 && word.bare() == Some("/dev/null")
            }
            RedirectionTarget::Duplicate(to) => (redirection.stream, *to) == (2, 1),
            RedirectionTarget::Read(_) | RedirectionTarget::Text(_) | RedirectionTarget::Here(_) => true,
        })
    };
    // Only ours before it: nothing is lost on what reads nothing.
    let mut ours = true;
    commands.iter().enumerate().all(|(index, command)| {
        let place = index + 1 == commands.len() || (feeds(command) && command.redirections.len() < 2);
        let before = ours;
        place
            && match plain(command) {
                Some((None, reads)) => {
                    ours = false;
                    index == 0 || !reads
                }
                Some((Some(builtin), reads)) => {
                    before && reads_nothing(builtin) && !reads && command.redirections.is_empty()
                }
                _ => false,
            }
    })
}
