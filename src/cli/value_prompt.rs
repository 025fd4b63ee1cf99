//! The question for the value of a variable: a line to fill in, or a list to choose from (go-task 3.54 `internal/input`).
//! It stands on standard error, and nothing is left of it.

use super::keys::{Key, Keys};
use crate::process::Cancel;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;

const QUESTION: &str = "1;36";
const CHOSEN: &str = "1;32";
const FAINT: &str = "90";

/// A question.
pub(super) struct ValuePrompt<'a> {
    /// The variable.
    pub(super) name: &'a str,
    /// What it may be; anything where there is nothing.
    pub(super) allowed: &'a [String],
    pub(super) coloured: bool,
    pub(super) cancel: &'a Cancel,
}

impl ValuePrompt<'_> {
    /// Asks; `None` where no answer is given.
    ///
    /// # Errors
    /// There is no terminal.
    pub(super) fn ask(&self) -> io::Result<Option<String>> {
        let stdin = io::stdin();
        let keys = Keys::new(stdin.as_fd(), self.cancel)?;
        if self.allowed.is_empty() { self.line(&keys) } else { self.choice(&keys) }
    }

    fn line(&self, keys: &Keys<'_>) -> io::Result<Option<String>> {
        let question = format!("{}> ", self.paint(QUESTION, &format!("? Enter value for {}: ", self.name)));
        let mut line = Line::default();
        loop {
            let back = match line.letters.len() - line.at {
                0 => String::new(),
                letters => format!("\x1b[{letters}D"),
            };
            show(&format!("\r\x1b[J{question}{}{back}", line.letters.iter().collect::<String>()))?;
            let key = keys.next()?;
            if matches!(key, Key::Enter | Key::Cancel) {
                show("\r\x1b[J")?;
                return Ok((key == Key::Enter).then(|| line.letters.into_iter().collect()));
            }
            line.press(key);
        }
    }

    fn choice(&self, keys: &Keys<'_>) -> io::Result<Option<String>> {
        let mut at = 0;
        loop {
            let mut text = format!(
                "\r\x1b[J{}\r\n",
                self.paint(QUESTION, &format!("? Select value for {}:", self.name))
            );
            for (index, value) in self.allowed.iter().enumerate() {
                let _ = if index == at {
                    write!(text, "{}{}\r\n", self.paint(QUESTION, "\u{276f} "), self.paint(CHOSEN, value))
                } else {
                    write!(text, "  {value}\r\n")
                };
            }
            let help = "  (\u{2191}/\u{2193} to move, enter to select, esc to cancel)";
            // The cursor goes back to the first line.
            let _ = write!(text, "{}\r\x1b[{}A", self.paint(FAINT, help), self.allowed.len() + 1);
            show(&text)?;
            match keys.next()? {
                Key::Up | Key::Letter('k') => at = at.saturating_sub(1),
                Key::Down | Key::Letter('j') => at = (at + 1).min(self.allowed.len() - 1),
                key @ (Key::Enter | Key::Cancel) => {
                    show("\r\x1b[J")?;
                    return Ok(self.allowed.get(at).filter(|_| key == Key::Enter).cloned());
                }
                _ => {}
            }
        }
    }

    fn paint(&self, codes: &str, text: &str) -> String {
        if self.coloured { format!("\x1b[{codes}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn show(text: &str) -> io::Result<()> {
    io::stderr().write_all(text.as_bytes())
}

/// A line that is being typed.
#[derive(Default)]
struct Line {
    letters: Vec<char>,
    /// The cursor stands before this letter.
    at: usize,
}

impl Line {
    fn press(&mut self, key: Key) {
        let end = self.letters.len();
        match key {
            Key::Letter(letter) => {
                self.letters.insert(self.at, letter);
                self.at += 1;
            }
            Key::Left => self.at = self.at.saturating_sub(1),
            Key::Right => self.at = (self.at + 1).min(end),
            Key::Home => self.at = 0,
            Key::End => self.at = end,
            Key::Delete if self.at < end => {
                self.letters.remove(self.at);
            }
            Key::Backspace => self.take(self.at.saturating_sub(1)),
            Key::DeleteBefore => self.take(0),
            Key::DeleteAfter => self.letters.truncate(self.at),
            Key::DeleteWord => {
                let before = &self.letters[..self.at];
                let word = before.iter().rposition(|letter| *letter != ' ').map_or(0, |last| last + 1);
                let start =
                    before[..word].iter().rposition(|letter| *letter == ' ').map_or(0, |space| space + 1);
                self.take(start);
            }
            _ => {}
        }
    }

    /// Deletes from here to the cursor.
    fn take(&mut self, from: usize) {
        self.letters.drain(from..self.at);
        self.at = from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_edited_as_a_shell_does_it() {
        let mut line = Line::default();
        let mut after = |keys: &[Key]| {
            keys.iter().for_each(|key| line.press(*key));
            let mut text: String = line.letters.iter().collect();
            text.insert(text.char_indices().nth(line.at).map_or(text.len(), |(at, _)| at), '|');
            text
        };
        let typed: Vec<Key> = "one two\u{e9}  ".chars().map(Key::Letter).collect();
        assert_eq!(after(&typed), "one two\u{e9}  |");
        assert_eq!(after(&[Key::DeleteWord]), "one |");
        assert_eq!(after(&[Key::Backspace, Key::Home, Key::Left, Key::Delete, Key::Right]), "n|e");
        assert_eq!(after(&[Key::End, Key::Right, Key::Delete, Key::Letter('w')]), "new|");
        assert_eq!(after(&[Key::Left, Key::DeleteAfter]), "ne|");
        assert_eq!(after(&[Key::Left, Key::DeleteBefore, Key::Backspace, Key::DeleteWord]), "|e");
    }
}
