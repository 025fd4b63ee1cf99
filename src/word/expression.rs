//! The right side of `=~`: a regular expression, in which parentheses and backslashes are the expression's own.

use super::lexer::Lexer;
use super::{NotUnderstood, Word};

impl Lexer<'_> {
    /// Reads a regular expression as mvdan/sh does: quotes group, but take no meaning away; blanks, `;`, `&`, `<` and `>` end
    /// it outside of its parentheses. `None` where none begins.
    ///
    /// # Errors
    /// An unclosed quote, or a form that is not understood.
    pub fn expression(&mut self) -> Result<Option<Word>, NotUnderstood> {
        let mut word = Word::default();
        let mut open = 0_usize;
        while let Some(next) = self.peek() {
            match next {
                ' ' | '\t' | '\r' | '\n' | ';' | '&' | '<' | '>' if open == 0 => break,
                ')' if open == 0 => break,
                '\'' => self.single_quoted(&mut word)?,
                '"' => self.double_quoted(&mut word)?,
                '$' => self.dollar(&mut word, false)?,
                '`' => return Err(self.not_understood("a command substitution")),
                '\\' => {
                    self.bump();
                    word.add('\\', true);
                    if let Some(escaped) = self.bump() {
                        word.add(escaped, true);
                    }
                }
                next => {
                    match next {
                        '(' => open += 1,
                        ')' => open -= 1,
                        _ => {}
                    }
                    self.bump();
                    word.add(next, true);
                }
            }
        }
        Ok((!word.parts.is_empty()).then_some(word))
    }
}

#[cfg(test)]
mod tests {
    use super::Lexer;
    use crate::word::Part;

    /// The parts of an expression, parameters as `$NAME`, and what follows it.
    fn read(source: &str) -> (String, &str) {
        let mut lexer = Lexer::new(source);
        let word = lexer.expression().unwrap().unwrap();
        let text = |part: &Part| match part {
            Part::Text { text, .. } => text.clone(),
            Part::Parameter { parameter, .. } => format!("${}", parameter.name),
            other => format!("{other:?}"),
        };
        (word.parts.iter().map(text).collect(), lexer.rest())
    }

    #[test]
    fn it_keeps_its_backslashes_and_loses_its_quotes() {
        assert_eq!(read(r"^v\d+\.\d$ ]]"), (r"^v\d+\.\d$".to_owned(), " ]]"));
        assert_eq!(read(r#""^a b"'\d'$x; "#), (r"^a b\d$x".to_owned(), "; "));
        assert_eq!(read(r"a\ b c"), (r"a\ b".to_owned(), " c"));
    }

    #[test]
    fn parentheses_hold_blanks_and_the_one_around_it_ends_it() {
        assert_eq!(read("^(a b|c;d)$ x"), ("^(a b|c;d)$".to_owned(), " x"));
        assert_eq!(read("(a|b)) ]]"), ("(a|b)".to_owned(), ") ]]"));
        assert!(Lexer::new(" ]]").expression().unwrap().is_none());
        assert!(Lexer::new("a`b` ]]").expression().is_err());
        assert!(Lexer::new("'a ]]").expression().is_err());
    }
}
