//! `[[ ... ]]`: whether a condition holds.

use super::run::Run;
use super::syntax::Condition;
use crate::template::GoRegex;

/// Status after an error.
const FAILED: i32 = 1;
/// Status after a regular expression that is none.
const NO_EXPRESSION: i32 = 2;
/// Where a match is kept: the whole here, each part under its number.
const MATCH: &str = "BASH_REMATCH";

impl Run<'_, '_> {
    /// Whether a condition holds; a status after an error.
    pub(super) fn holds(&mut self, condition: &Condition) -> Result<bool, i32> {
        Ok(match condition {
            Condition::Word(word) => !self.string(word).ok_or(FAILED)?.is_empty(),
            Condition::Unary(operator, word) => {
                let text = self.string(word).ok_or(FAILED)?;
                self.with_test_context(|context| context.unary(operator, &text))
            }
            Condition::Binary(left, operator, right) if matches!(operator.as_str(), "=" | "==" | "!=") => {
                let text = self.string(left).ok_or(FAILED)?;
                let pattern = self.pattern(right).ok_or(FAILED)?;
                let matches = pattern.is_some_and(|pattern| pattern.matches(text.as_bytes()));
                matches == (operator != "!=")
            }
            Condition::Binary(left, operator, right) => {
                let (left, right) = (self.string(left).ok_or(FAILED)?, self.string(right).ok_or(FAILED)?);
                self.with_test_context(|context| context.binary(&left, operator, &right))
            }
            Condition::Matches(left, right) => {
                let (text, expression) =
                    (self.string(left).ok_or(FAILED)?, self.string(right).ok_or(FAILED)?);
                self.matches(&text, &expression)?
            }
            Condition::Not(inner) => !self.holds(inner)?,
            Condition::And(left, right) => self.holds(left)? && self.holds(right)?,
            Condition::Or(left, right) => self.holds(left)? || self.holds(right)?,
        })
    }

    /// Matches as Go's regular expressions do (mvdan/sh), and keeps what matched.
    fn matches(&mut self, text: &str, expression: &str) -> Result<bool, i32> {
        let expression = GoRegex::new(expression).map_err(|_| NO_EXPRESSION)?;
        let Some(parts) = expression.parts(text) else { return Ok(false) };
        let variables = &mut self.state.variables;
        let old = (0..).map(|number| format!("{MATCH}[{number}]"));
        for name in old.take_while(|name| variables.get(name).is_some()).collect::<Vec<_>>() {
            variables.unset(&name);
        }
        for (number, part) in parts.iter().enumerate() {
            variables.set_private(&format!("{MATCH}[{number}]"), (*part).to_owned());
        }
        variables.set_private(MATCH, parts.first().copied().unwrap_or_default().to_owned());
        Ok(true)
    }
}
