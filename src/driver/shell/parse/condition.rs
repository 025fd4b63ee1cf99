//! The inside of `[[ ]]`.

use super::{DEEPEST, Parser};
use crate::driver::shell::syntax::Condition;
use crate::driver::shell::{Dialect, builtin};
use crate::word::{Lexer, NotUnderstood};

impl Parser<'_> {
    pub(super) fn condition_or(&mut self, place: &NotUnderstood) -> Result<Condition, NotUnderstood> {
        let mut left = self.condition_and(place)?;
        loop {
            self.skip_lines()?;
            if !self.lexer.take("||") {
                return Ok(left);
            }
            left = Condition::Or(Box::new(left), Box::new(self.condition_and(place)?));
        }
    }

    fn condition_and(&mut self, place: &NotUnderstood) -> Result<Condition, NotUnderstood> {
        let mut left = self.condition(place)?;
        loop {
            self.skip_lines()?;
            if !self.lexer.take("&&") {
                return Ok(left);
            }
            left = Condition::And(Box::new(left), Box::new(self.condition(place)?));
        }
    }

    fn condition(&mut self, place: &NotUnderstood) -> Result<Condition, NotUnderstood> {
        if self.depth == DEEPEST {
            return Err(place.clone());
        }
        self.skip_lines()?;
        self.depth += 1;
        let at = self.lexer.at();
        let condition = if self.reserved(&["!"]).is_some() && self.lexer.take("!") {
            self.lexer.skip_blanks();
            if self.reserved(&["]]"]).is_some() {
                return Err(Lexer::wrong(at, "`!` must be followed by an expression"));
            }
            Condition::Not(Box::new(self.condition(place)?))
        } else if self.lexer.take("(") {
            let inner = self.condition_or(place)?;
            self.skip_lines()?;
            if !self.lexer.take(")") {
                return Err(place.clone());
            }
            inner
        } else {
            self.comparison(place)?
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn comparison(&mut self, place: &NotUnderstood) -> Result<Condition, NotUnderstood> {
        let read = |parser: &mut Self, value: bool| {
            parser.lexer.skip_blanks();
            match if value { parser.value() } else { parser.word() }? {
                Some(word) if word.bare() != Some("]]") => Ok(word),
                _ => Err(place.clone()),
            }
        };
        let operand = |parser: &mut Self| read(parser, true);
        let left = operand(self)?;
        if let Some(operator) = left.bare().filter(|text| text.starts_with('-')) {
            if !builtin::is_unary_test(operator) {
                return Err(place.clone());
            }
            return Ok(Condition::Unary(operator.to_owned(), operand(self)?));
        }
        self.lexer.skip_blanks();
        for operator in ["<", ">"] {
            if self.lexer.take(operator) {
                return Ok(Condition::Binary(left, operator.to_owned(), operand(self)?));
            }
        }
        let rest = self.lexer.rest();
        if rest.starts_with(['&', '|', ')', '\n']) || self.reserved(&["]]"]).is_some() {
            return Ok(Condition::Word(left));
        }
        match operand(self)?.bare() {
            Some("=~") if self.dialect == Dialect::GoTask => {
                self.lexer.skip_blanks();
                let right = self.expression()?.ok_or_else(|| place.clone())?;
                Ok(Condition::Matches(left, right))
            }
            Some(operator) if builtin::is_binary_test(operator) => {
                let pattern = matches!(operator, "=" | "==" | "!=");
                Ok(Condition::Binary(left, operator.to_owned(), read(self, !pattern)?))
            }
            _ => Err(place.clone()),
        }
    }
}
