//! Loops of a script for bash. In mvdan/sh a `while` or `until` that ends by its condition has succeeded; in bash it has
//! the status of its last round, which ends a script where the loop is the last command of a pipeline or function:
//! `ls | while read -r f; do [ "$f" = x ] && echo x; done`. A `:` at the end of each round says the same to bash.

/// What ends a round well.
const SUCCEED: &str = ":; ";
/// How deep commands, quotes and expansions may stand in each other.
const DEEPEST: usize = 60;
/// How often `((` may turn out to be something else: each time the text behind it is read again.
const MOST_ATTEMPTS: usize = 20;

/// The script with loops that end as in mvdan/sh; as it was, where it is not understood or tells what it runs (`set -x`).
pub(super) fn ending_well(script: &str) -> String {
    let mut text = script.to_owned();
    if !script.contains("done") || traces(script) {
        return text;
    }
    let mut scanner = Scanner {
        text: script,
        at: 0,
        depth: 0,
        quoted: false,
        attempts: 0,
        documents: Vec::new(),
        ends: Vec::new(),
    };
    if scanner.program(false).is_some() {
        // What stands later in the text may have been read earlier.
        scanner.ends.sort_unstable();
        for end in scanner.ends.iter().rev() {
            text.insert_str(*end, SUCCEED);
        }
    }
    text
}

fn traces(script: &str) -> bool {
    let option = |rest: &str| rest.bytes().take_while(u8::is_ascii_alphabetic).any(|letter| letter == b'x');
    script.contains("xtrace") || script.split("set -").skip(1).any(option)
}

/// What a program has begun and not ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// `while` or `until`
    While,
    /// `for` or `select`
    For,
    /// `case`
    Case,
    /// `case`, where a pattern stands next.
    Pattern,
}

/// Reads bash's language as far as it is needed to know where commands begin. `None` from its functions: not understood.
struct Scanner<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    /// In double quotes.
    quoted: bool,
    /// How often `((` was no arithmetic.
    attempts: usize,
    /// Delimiters of here-documents that begin behind this line, and whether tabs before them count.
    documents: Vec<(String, bool)>,
    /// Where the rounds of `while` and `until` end.
    ends: Vec<usize>,
}

impl<'t> Scanner<'t> {
    /// Commands up to the end, or up to and with the parenthesis that closes them.
    fn program(&mut self, closed: bool) -> Option<()> {
        let quoted = std::mem::take(&mut self.quoted);
        self.deeper(|scanner| scanner.commands(closed))?;
        self.quoted = quoted;
        Some(())
    }

    fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        if self.depth == DEEPEST || self.attempts > MOST_ATTEMPTS {
            return None;
        }
        self.depth += 1;
        read(self)?;
        self.depth -= 1;
        Some(())
    }

    fn commands(&mut self, closed: bool) -> Option<()> {
        let mut open: Vec<Open> = Vec::new();
        // Whether a command may begin here, whether what stood before has ended, and whether a word belongs to a redirection.
        let (mut begins, mut separated, mut target) = (true, true, false);
        loop {
            self.blanks();
            if open.last() == Some(&Open::Pattern) {
                let is_end = self.pattern()?;
                open.pop();
                if !is_end {
                    open.push(Open::Case);
                }
                (begins, separated) = (!is_end, !is_end);
                continue;
            }
            match self.peek() {
                0 if self.at >= self.text.len() => return (!closed && open.is_empty()).then_some(()),
                b'\n' => {
                    self.at += 1;
                    self.skip_documents();
                    (begins, separated) = (true, true);
                }
                b'#' => self.at += self.rest().find('\n').unwrap_or(self.rest().len()),
                b';' if self.take(";;") || self.take(";&") => {
                    self.take("&");
                    *open.last_mut().filter(|open| **open == Open::Case)? = Open::Pattern;
                }
                b'&' if self.take("&>") => {
                    self.take(">");
                    target = true;
                }
                b';' | b'&' | b'|' => {
                    separated = !(self.take("&&") || self.take("||") || self.take("|&") || self.take("|"));
                    self.at += usize::from(separated);
                    begins = true;
                }
                b'(' if begins && self.arithmetic() => (begins, separated) = (false, false),
                b'(' => {
                    self.at += 1;
                    let defines = !begins;
                    if defines {
                        self.blanks();
                        self.take(")").then_some(())?;
                    } else {
                        self.program(true)?;
                    }
                    (begins, separated) = (defines, false);
                }
                b')' => {
                    self.at += 1;
                    return (closed && open.is_empty()).then_some(());
                }
                b'<' | b'>' => target = self.redirection()?,
                _ => {
                    let start = self.at;
                    self.word()?;
                    let word = self.text.get(start..self.at)?;
                    if std::mem::take(&mut target) {
                        continue;
                    }
                    let began = std::mem::replace(&mut begins, false);
                    if began {
                        begins = self.reserved(word, separated.then_some(start), &mut open)?;
                    }
                    separated = false;
                }
            }
        }
    }

    /// A word where a command may begin; gives whether one may begin behind it. `end`: where a round would end.
    fn reserved(&mut self, word: &str, end: Option<usize>, open: &mut Vec<Open>) -> Option<bool> {
        match word {
            "while" | "until" => open.push(Open::While),
            "if" | "then" | "elif" | "else" | "do" | "{" | "!" | "time" => {}
            "for" | "select" => {
                open.push(Open::For);
                self.blanks();
                if !self.arithmetic() {
                    self.word()?;
                }
                return Some(false);
            }
            "done" => {
                match open.pop()? {
                    Open::While => self.ends.extend(end),
                    Open::For => {}
                    Open::Case | Open::Pattern => return None,
                }
                return Some(false);
            }
            "case" => {
                self.blanks();
                self.word()?;
                self.blanks_and_lines();
                self.take("in").then_some(())?;
                open.push(Open::Pattern);
            }
            "esac" => {
                (open.pop()? == Open::Case).then_some(())?;
                return Some(false);
            }
            "[[" => {
                self.condition()?;
                return Some(false);
            }
            "function" => {
                self.blanks();
                self.word()?;
                self.blanks();
                if self.take("(") {
                    self.blanks();
                    self.take(")").then_some(())?;
                }
            }
            "coproc" => return None,
            _ => return Some(false),
        }
        Some(true)
    }

    /// A pattern of `case` with its parenthesis, or the `esac` instead of it; gives whether it was that.
    fn pattern(&mut self) -> Option<bool> {
        self.blanks_and_lines();
        if let Some(after) = self.rest().strip_prefix("esac")
            && !after.starts_with(|next: char| next.is_ascii_alphanumeric() || "_-*|)".contains(next))
        {
            self.at += "esac".len();
            return Some(true);
        }
        self.take("(");
        self.balanced(b')')?;
        Some(false)
    }

    /// The inside of `[[ ]]` with its end.
    fn condition(&mut self) -> Option<()> {
        loop {
            self.blanks_and_lines();
            if self.take("]]") {
                return Some(());
            }
            match self.peek() {
                0 => return None,
                b'(' | b')' | b'<' | b'>' | b'&' | b'|' | b';' => self.at += 1,
                _ => {
                    while !matches!(self.peek(), 0 | b' ' | b'\t' | b'\n') {
                        self.piece()?;
                    }
                }
            }
        }
    }

    /// A redirection without its target; gives whether a target follows.
    fn redirection(&mut self) -> Option<bool> {
        if self.take("<(") || self.take(">(") {
            self.program(true)?;
            return Some(false);
        }
        if !self.take("<<<") && self.take("<<") {
            let keeps = !self.take("-");
            self.blanks();
            let start = self.at;
            self.word()?;
            let written = self.text.get(start..self.at)?;
            self.documents.push((written.replace(['\'', '"', '\\'], ""), keeps));
            return Some(false);
        }
        while matches!(self.peek(), b'<' | b'>' | b'&' | b'|') {
            self.at += 1;
        }
        Some(true)
    }

    /// The here-documents that begin here.
    fn skip_documents(&mut self) {
        for (delimiter, keeps) in std::mem::take(&mut self.documents) {
            while self.at < self.text.len() {
                let line = self.rest().split('\n').next().unwrap_or_default();
                self.at += (line.len() + 1).min(self.rest().len());
                if (if keeps { line } else { line.trim_start_matches('\t') }) == delimiter {
                    break;
                }
            }
        }
    }

    /// A word of at least one character.
    fn word(&mut self) -> Option<()> {
        let start = self.at;
        loop {
            match self.peek() {
                b'(' => {
                    // A list, or a pattern; behind anything else it is no part of the word.
                    let before = self.text.get(start..self.at)?;
                    if !before.ends_with(['=', '@', '!', '?', '*', '+']) {
                        break;
                    }
                    self.at += 1;
                    self.balanced(b')')?;
                }
                0 | b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b')' => break,
                _ => self.piece()?,
            }
        }
        (self.at > start).then_some(())
    }

    /// Up to and with what closes a pair, with pairs of parentheses in it.
    fn balanced(&mut self, close: u8) -> Option<()> {
        self.deeper(|scanner| {
            loop {
                match scanner.peek() {
                    0 => return None,
                    // In double quotes this is itself, or a quote, as the rest of the expansion says.
                    b'\'' if scanner.quoted => return None,
                    next if next == close => {
                        scanner.at += 1;
                        return Some(());
                    }
                    b'(' => {
                        scanner.at += 1;
                        scanner.balanced(b')')?;
                    }
                    b'#' if scanner.text.get(..scanner.at)?.ends_with(['\n', ' ']) && close == b')' => {
                        return None;
                    }
                    _ => scanner.piece()?,
                }
            }
        })
    }

    /// A character, a quote or an expansion.
    fn piece(&mut self) -> Option<()> {
        match self.peek() {
            0 => return None,
            b'\\' => self.at += 1 + self.rest().chars().nth(1).map_or(0, char::len_utf8),
            b'\'' => self.at += 2 + self.rest().get(1..)?.find('\'')?,
            b'"' => {
                self.at += 1;
                let outside = std::mem::replace(&mut self.quoted, true);
                self.deeper(|scanner| {
                    while !scanner.take("\"") {
                        let plain = ["'", "$'", "$\""].iter().any(|text| scanner.rest().starts_with(text));
                        if plain {
                            scanner.at += 1;
                        } else {
                            scanner.piece()?;
                        }
                    }
                    Some(())
                })?;
                self.quoted = outside;
            }
            b'`' => self.escaped('`')?,
            b'$' => {
                self.at += 1;
                match self.peek() {
                    b'\'' => self.escaped('\'')?,
                    b'{' => {
                        self.at += 1;
                        self.balanced(b'}')?;
                    }
                    b'(' if !self.arithmetic() => {
                        self.at += 1;
                        self.program(true)?;
                    }
                    _ => {}
                }
            }
            _ => self.at += self.rest().chars().next().map_or(1, char::len_utf8),
        }
        Some(())
    }

    /// Up to and with a second quote like that which stands here.
    fn escaped(&mut self, quote: char) -> Option<()> {
        let mut escaped = false;
        let end = self.rest().char_indices().skip(1).find(|(_, next)| {
            let ends = *next == quote && !escaped;
            escaped = *next == '\\' && !escaped;
            ends
        })?;
        self.at += end.0 + 1;
        Some(())
    }

    /// `((...))`, if that stands here.
    fn arithmetic(&mut self) -> bool {
        let (start, depth, quoted) = (self.at, self.depth, self.quoted);
        let (documents, ends) = (self.documents.len(), self.ends.len());
        if !self.take("((") {
            return false;
        }
        if self.balanced(b')').is_some() && self.take(")") {
            return true;
        }
        (self.at, self.depth, self.quoted) = (start, depth, quoted);
        self.documents.truncate(documents);
        self.ends.truncate(ends);
        self.attempts += 1;
        false
    }

    fn blanks(&mut self) {
        while self.take(" ") || self.take("\t") || self.take("\\\n") || self.take("\r") {}
    }

    fn blanks_and_lines(&mut self) {
        loop {
            self.blanks();
            if self.rest().starts_with('#') {
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            } else if !self.take("\n") {
                return;
            }
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next byte; 0 at the end.
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or_default()
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::ending_well;

    #[test]
    fn rounds_of_while_and_until_end_well_and_those_of_for_do_not() {
        for (script, expected) in [
            ("while a; do b; done", "while a; do b; :; done"),
            ("until a\ndo\n  b\ndone | c", "until a\ndo\n  b\n:; done | c"),
            ("for x in 1; do b; done", "for x in 1; do b; done"),
            (
                "for ((i=0; i<3; i++)); do while a; do b & done; done",
                "for ((i=0; i<3; i++)); do while a; do b & :; done; done",
            ),
            (
                "a | while read x; do for y in $x; do c; done; done",
                "a | while read x; do for y in $x; do c; done; :; done",
            ),
            ("x=$(while a; do b; done)", "x=$(while a; do b; :; done)"),
            ("echo \"${x:-$(while a; do b; done)}\"", "echo \"${x:-$(while a; do b; :; done)}\""),
            (
                "f() { while a; do case $1 in (done) b;; done|*) c;; esac; done; }",
                "f() { while a; do case $1 in (done) b;; done|*) c;; esac; :; done; }",
            ),
            (
                "while a; do b; done < <(while c; do d; done)",
                "while a; do b; :; done < <(while c; do d; :; done)",
            ),
            (
                "cat <<E | while a\nwhile x; do y; done\nE\ndo b; done",
                "cat <<E | while a\nwhile x; do y; done\nE\ndo b; :; done",
            ),
            (
                "while [[ $a =~ ^(x|y) ]]; do a=(\"done\" done); done",
                "while [[ $a =~ ^(x|y) ]]; do a=(\"done\" done); :; done",
            ),
            ("while ((i++ < 3)); do (a); done", "while ((i++ < 3)); do (a); :; done"),
            ("while ((a) | b); do c; done", "while ((a) | b); do c; :; done"),
        ] {
            assert_eq!(ending_well(script), expected);
            let unchanged = ending_well(&format!("set -x; {script}"));
            assert_eq!(unchanged, format!("set -x; {script}"));
        }
    }

    #[test]
    fn what_is_not_understood_stays_as_it_was() {
        let deep = format!("{} done", "$((".repeat(50_000));
        let deeper = format!("{} done", "\"$(".repeat(50_000));
        for script in [
            "echo done",
            "echo while a; do b; done",
            "# while a; do b; done",
            "echo 'while a; do b; done' \"while a; do b; done\" $'while a; do b; done\\''",
            "while a; do if b; then c; fi done",
            "while a; do b; done; }; )",
            "while a; do b; done; done",
            "while a; do \"b; done",
            "while a; do echo \"${x:-it's}\"; done; echo '",
            "while a; do case x in y) b; done",
            "`while a; do b; done`",
            "while a; do b; done )",
            "coproc a; while a; do b; done",
            &deep,
            &deeper,
        ] {
            assert_eq!(ending_well(script), script);
        }
    }
}
