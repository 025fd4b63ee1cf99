//! Commands that hold commands: `if`, loops, `case`, groups, subshells.

use super::{ENDS, Parser, RESERVED, is_variable};
use crate::driver::shell::syntax::{Command, Kind, Program};
use crate::word::{Lexer, NotUnderstood, is_name};

impl Parser<'_> {
    pub(super) fn command(&mut self) -> Result<Command, NotUnderstood> {
        let place = self.lexer.not_understood("this");
        let at = self.lexer.at();
        let kind = match self.reserved(&RESERVED) {
            Some("if") => self.if_clause()?,
            Some(word @ ("while" | "until")) => self.while_clause(word)?,
            Some("for") => self.for_clause()?,
            Some("case") => self.case_clause()?,
            Some("{") => {
                self.lexer.take("{");
                let program = self.block("{", at)?;
                self.close("}", at, "reached EOF without matching `{` with `}`")?;
                Kind::Group(program)
            }
            Some("[[") => {
                self.lexer.take("[[");
                self.lexer.skip_blanks();
                if self.reserved(&["]]"]).is_some() {
                    return Err(Lexer::wrong(at, "`[[` must be followed by an expression"));
                }
                if !self.lexer.rest().contains("]]") {
                    return Err(Lexer::wrong(at, "reached EOF without matching `[[` with `]]`"));
                }
                let condition = self.condition_or(&place)?;
                self.skip_lines()?;
                if self.reserved(&["]]"]).is_none() || !self.lexer.take("]]") {
                    return Err(place);
                }
                Kind::Condition(condition)
            }
            Some("!") => return Err(place),
            Some(word) if ENDS.contains(&word) => return Err(self.stray()),
            Some(_) => return Err(place),
            None if self.lexer.rest().starts_with("((") || self.lexer.rest().starts_with("()") => {
                return Err(place);
            }
            None if self.lexer.take("(") => {
                // A loop outside cannot be left from within.
                let loops = std::mem::take(&mut self.loops);
                self.parentheses += 1;
                let program = self.block("(", at)?;
                self.parentheses -= 1;
                self.loops = loops;
                if !self.lexer.take(")") {
                    let wrong = "reached EOF without matching `(` with `)`";
                    let end = self.lexer.rest().is_empty();
                    return Err(if end { Lexer::wrong(at, wrong) } else { self.stray() });
                }
                Kind::Subshell(program)
            }
            None => return self.simple(),
        };
        let mut redirections = Vec::new();
        loop {
            self.lexer.skip_blanks();
            match self.redirection()? {
                Some(redirection) => redirections.push(redirection),
                None => return Ok(Command { kind, redirections }),
            }
        }
    }

    fn if_clause(&mut self) -> Result<Kind, NotUnderstood> {
        const UNENDED: &str = "`if` statement must end with `fi`";
        let start = self.lexer.at();
        let mut word = "if";
        let mut branches = Vec::new();
        loop {
            let at = self.lexer.at();
            self.lexer.take(word);
            let condition = self.block(word, at)?;
            let then = self.lexer.at();
            self.close("then", at, format!("`{word} <cond>` must be followed by `then`"))?;
            branches.push((condition, self.block("then", then)?));
            match self.reserved(&["elif", "else"]) {
                Some("elif") => word = "elif",
                Some(_) => {
                    let at = self.lexer.at();
                    self.lexer.take("else");
                    let otherwise = Some(self.block("else", at)?);
                    self.close("fi", start, UNENDED)?;
                    return Ok(Kind::If { branches, otherwise });
                }
                None => {
                    self.close("fi", start, UNENDED)?;
                    return Ok(Kind::If { branches, otherwise: None });
                }
            }
        }
    }

    /// The body of the loop that `word` begins at `at`.
    fn body(&mut self, word: &str, header: &str, at: usize) -> Result<Program, NotUnderstood> {
        self.skip_lines()?;
        let begin = self.lexer.at();
        self.close("do", at, format!("`{header}` must be followed by `do`"))?;
        self.loops += 1;
        let body = self.block("do", begin)?;
        self.loops -= 1;
        self.close("done", at, format!("`{word}` statement must end with `done`"))?;
        Ok(body)
    }

    fn while_clause(&mut self, word: &'static str) -> Result<Kind, NotUnderstood> {
        let at = self.lexer.at();
        self.lexer.take(word);
        let condition = self.block(word, at)?;
        let body = self.body(word, &format!("{word} <cond>"), at)?;
        Ok(Kind::While { until: word == "until", condition, body })
    }

    fn for_clause(&mut self) -> Result<Kind, NotUnderstood> {
        let at = self.lexer.at();
        self.lexer.take("for");
        self.lexer.skip_blanks();
        let place = self.lexer.not_understood("this loop");
        if self.lexer.rest().is_empty() || self.lexer.rest().starts_with(['\n', ';']) {
            return Err(Lexer::wrong(at, "`for` must be followed by a literal"));
        }
        let name = self.lexer.word()?.and_then(|word| word.bare().map(ToOwned::to_owned));
        let name = name.filter(|name| is_variable(name)).ok_or_else(|| place.clone())?;
        self.skip_lines()?;
        if self.reserved(&["in"]).is_none() || !self.lexer.take("in") {
            let rest = self.lexer.rest();
            if rest.is_empty() || (rest.starts_with(is_name) && self.reserved(&["do"]).is_none()) {
                let wrong = "`for foo` must be followed by `in`, `do`, `;`, or a newline";
                return Err(Lexer::wrong(at, wrong));
            }
            return Err(place);
        }
        let mut words = Vec::new();
        loop {
            self.lexer.skip_blanks();
            match self.word()? {
                Some(word) => words.push(word),
                None => break,
            }
        }
        self.lexer.skip_comment();
        let rest = self.lexer.rest();
        if !self.lexer.take(";") && !rest.starts_with('\n') && !rest.is_empty() {
            return Err(place);
        }
        Ok(Kind::For { name, words, body: self.body("for", "for foo [in words]", at)? })
    }

    fn case_clause(&mut self) -> Result<Kind, NotUnderstood> {
        let at = self.lexer.at();
        self.lexer.take("case");
        self.lexer.skip_blanks();
        let place = self.lexer.not_understood("this `case`");
        if self.lexer.rest().is_empty() {
            return Err(Lexer::wrong(at, "`case` must be followed by a word"));
        }
        let word = self.value()?.ok_or_else(|| place.clone())?;
        self.skip_lines()?;
        if self.lexer.rest().starts_with(is_name) && self.reserved(&["in"]).is_none() {
            return Err(Lexer::wrong(at, "`case x` must be followed by `in`"));
        }
        self.close("in", at, "`case x` must be followed by `in`")?;
        let mut items = Vec::new();
        loop {
            self.skip_lines()?;
            if self.reserved(&["esac"]).is_some() {
                self.lexer.take("esac");
                return Ok(Kind::Case { word, items });
            }
            if self.lexer.rest().is_empty() {
                return Err(Lexer::wrong(at, "`case` statement must end with `esac`"));
            }
            self.lexer.take("(");
            let mut patterns = Vec::new();
            loop {
                self.lexer.skip_blanks();
                let at = self.lexer.at();
                let wrong = || Lexer::wrong(at, "case patterns must consist of words");
                patterns.push(self.word()?.ok_or_else(wrong)?);
                self.lexer.skip_blanks();
                if self.lexer.take(")") {
                    break;
                }
                if self.lexer.rest().starts_with(is_name) {
                    return Err(Lexer::wrong(at, "case patterns must be separated with `|`"));
                }
                if self.lexer.rest().starts_with("||") || !self.lexer.take("|") {
                    return Err(place);
                }
            }
            items.push((patterns, self.program()?));
            if self.lexer.rest().starts_with(";;&") {
                return Err(place);
            }
            if !self.lexer.take(";;") && self.reserved(&["esac"]).is_none() && !self.lexer.rest().is_empty() {
                return Err(place);
            }
        }
    }
}
