//! Redirections, and the here-documents that some of them begin.

use super::Parser;
use crate::driver::shell::syntax::{Redirection, RedirectionTarget};
use crate::word::{Lexer, NotUnderstood, Part, Word, document};

/// A here-document that begins behind the line.
pub(super) struct Awaited {
    /// Where its operator stands.
    at: usize,
    delimiter: String,
    /// Nothing is expanded in it.
    quoted: bool,
    /// Tabs at the beginning of its lines do not count (`<<-`).
    tabs: bool,
}

impl Awaited {
    pub(super) fn unclosed(&self) -> NotUnderstood {
        Lexer::wrong(self.at, format!("unclosed here-document `{}`", self.delimiter))
    }
}

impl Parser<'_> {
    pub(super) fn redirection(&mut self) -> Result<Option<Redirection>, NotUnderstood> {
        let rest = self.lexer.rest();
        let digits = rest.len() - rest.trim_start_matches(|next: char| next.is_ascii_digit()).len();
        let (number, operator) = rest.split_at(digits);
        if !operator.starts_with(['<', '>']) {
            return Ok(None);
        }
        let place = self.lexer.not_understood("this redirection");
        let at = self.lexer.at() + digits;
        let stream =
            if number.is_empty() { None } else { Some(number.parse::<usize>().map_err(|_| place.clone())?) };
        self.lexer.take(number);
        let operators = ["<<<", "<<-", "<<", "<>", "<&", "<(", ">>", ">|", ">&", ">(", "<", ">"];
        let Some(operator) = operators.into_iter().find(|operator| self.lexer.take(operator)) else {
            return Err(place);
        };
        self.lexer.skip_blanks();
        let rest = self.lexer.rest();
        let operator_follows =
            rest.starts_with(['\n', ';', '<', '>', '&', '|']) && rest.get(1..2) != Some("(");
        if rest.is_empty() || operator_follows {
            return Err(Lexer::wrong(at, format!("`{operator}` must be followed by a word")));
        }
        let delimits = matches!(operator, "<<" | "<<-");
        let word = if delimits { self.word() } else { self.value() };
        let word = word?.ok_or_else(|| place.clone())?;
        let reads = operator.starts_with('<');
        let stream = stream.unwrap_or(usize::from(!reads));
        let target = match operator {
            "<" => RedirectionTarget::Read(word),
            "<<<" => RedirectionTarget::Text(word),
            "<<" | "<<-" => {
                let delimiter = word.literal().ok_or_else(|| place.clone())?;
                let quoted = word.parts.iter().any(|part| matches!(part, Part::Text { quoted: true, .. }));
                self.awaited.push(Awaited { at, delimiter, quoted, tabs: operator == "<<-" });
                RedirectionTarget::Here(self.documents.len() + self.awaited.len() - 1)
            }
            ">" => RedirectionTarget::Write(word),
            ">>" => RedirectionTarget::Append(word),
            ">&" => match word.bare() {
                Some("1") => RedirectionTarget::Duplicate(1),
                Some("2") => RedirectionTarget::Duplicate(2),
                _ => return Err(place),
            },
            _ => return Err(place),
        };
        if reads != (stream == 0) || stream > 2 {
            return Err(place);
        }
        Ok(Some(Redirection { stream, target }))
    }

    /// Reads the here-documents that begin on this line.
    pub(super) fn heredocs(&mut self) -> Result<(), NotUnderstood> {
        for awaited in std::mem::take(&mut self.awaited) {
            let Awaited { delimiter, quoted, tabs, .. } = &awaited;
            let place = self.lexer.not_understood("this here-document");
            let mut text = String::new();
            loop {
                let line = self.lexer.line().ok_or_else(|| awaited.unclosed())?;
                let line = if *tabs { line.trim_start_matches('\t') } else { line };
                if line == delimiter {
                    break;
                }
                text.push_str(line);
                text.push('\n');
            }
            let word = if *quoted {
                Word { parts: vec![Part::Text { text, quoted: true }] }
            } else {
                document(&text).map_err(|_| place.clone())?
            };
            self.check(&word, &place)?;
            self.documents.push(word);
        }
        Ok(())
    }
}
