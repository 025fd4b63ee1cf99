//! The colours that go-task puts into the lines of a decode error, which it does even where no terminal is:
//! the tokens of chroma's YAML lexer in the eight colours of go-task's theme. Knows no YAML beyond that.

/// What a piece of text is. Neighbours of one kind are coloured as one.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Token {
    Marker,
    Key,
    Text,
    Blank,
    Punctuation,
    Comment,
    Property,
    Block,
    Constant,
    Double,
    Single,
    Date,
    Number,
    Literal,
}

impl Token {
    fn colour(self) -> &'static str {
        match self {
            Self::Marker | Self::Key => "\x1b[33m",
            Self::Text | Self::Blank | Self::Punctuation => "\x1b[1m\x1b[30m",
            Self::Comment | Self::Property => "\x1b[3m\x1b[33m",
            Self::Constant => "\x1b[32m",
            Self::Block | Self::Double | Self::Single | Self::Date | Self::Number | Self::Literal => {
                "\x1b[36m"
            }
        }
    }
}

/// The first `count` lines of a text, coloured.
pub(super) fn highlight(text: &str, count: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut open: Option<(Token, usize)> = None;
    let mut at = 0;
    while at < text.len() && lines.len() <= count {
        for (token, len) in token(text, at) {
            match open {
                Some((last, _)) if last == token => {}
                _ => {
                    if let Some((last, start)) = open {
                        write(&mut lines, last, &text[start..at]);
                    }
                    open = Some((token, at));
                }
            }
            at += len;
        }
    }
    if let Some((last, start)) = open {
        write(&mut lines, last, &text[start..at]);
    }
    lines.truncate(count);
    lines
}

fn write(lines: &mut Vec<String>, token: Token, text: &str) {
    let mut parts = text.split('\n').peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        if let Some(line) = lines.last_mut()
            && !(last && part.is_empty())
        {
            line.push_str(token.colour());
            line.push_str(part);
            line.push_str("\x1b[0m");
        }
        if !last {
            lines.push(String::new());
        }
    }
}

/// The tokens that start at an offset, with their lengths: the first rule that matches, in the lexer's order.
fn token(text: &str, at: usize) -> Vec<(Token, usize)> {
    let rest = &text[at..];
    let line = rest.split('\n').next().unwrap_or_default();
    let line_start = at == 0 || text[..at].ends_with('\n');
    let to_blank = |text: &str| text.find(char::is_whitespace).unwrap_or(text.len());
    let blanks = rest.len() - rest.trim_start().len();
    if blanks > 0 {
        return vec![(Token::Blank, blanks)];
    }
    if line_start && (rest.starts_with("---") || rest.starts_with("...")) {
        return vec![(Token::Marker, 3)];
    }
    if rest.starts_with("- ") {
        return vec![(Token::Text, 2)];
    }
    if let Some(after) = rest.strip_prefix('?') {
        let gap = after.len() - after.trim_start().len();
        if after[gap..].starts_with("- ") {
            return vec![(Token::Text, 1 + gap + 2)];
        }
    }
    if rest.starts_with('#') {
        return vec![(Token::Comment, line.len())];
    }
    for property in ["!!", "&", "*"] {
        if let Some(name) = rest.strip_prefix(property)
            && to_blank(name) > 0
        {
            return vec![(Token::Property, property.len() + to_blank(name))];
        }
    }
    key(rest, line).or_else(|| value(text, at, line)).unwrap_or_else(|| {
        let first = rest.chars().next().map_or(1, char::len_utf8);
        let kind = if rest.starts_with(['?', ':', ',', '[', ']']) { Token::Punctuation } else { Token::Text };
        vec![(kind, first)]
    })
}

/// `"key": ` or `key:` before a blank or the end of the line.
fn key(rest: &str, line: &str) -> Option<Vec<(Token, usize)>> {
    if let Some(inner) = line.strip_prefix('"')
        && !inner.starts_with(['"', '#'])
        && let Some(end) = inner.rfind("\": ").filter(|end| *end > 0)
    {
        return Some(vec![(Token::Key, 1 + end + 3)]);
    }
    let plain = line.find(['"', '{', '#']).unwrap_or(line.len());
    let colon = line[..plain].match_indices(':').map(|(at, _)| at);
    let separator = |at: usize, blank: char| rest[at + 1..].starts_with(blank);
    let mut colon = colon.filter(|at| separator(*at, ' ') || separator(*at, '\n'));
    // A colon before a blank is looked for first, wherever one at the end of the line stands.
    let at = colon.next()?;
    let mut tokens = vec![(Token::Punctuation, 1), (Token::Blank, 1)];
    if at > 0 {
        tokens.insert(0, (Token::Key, at));
    }
    Some(tokens)
}

fn value(text: &str, at: usize, line: &str) -> Option<Vec<(Token, usize)>> {
    let rest = &text[at..];
    if rest.starts_with(['>', '|']) {
        let header = if rest[1..].starts_with(['+', '-']) { 2 } else { 1 };
        if let Some(len) = block(&rest[header..]) {
            return Some(vec![(Token::Punctuation, header), (Token::Block, len)]);
        }
    }
    let word_end = rest.find(|letter: char| !is_word(letter)).unwrap_or(rest.len());
    if CONSTANTS.contains(&&rest[..word_end]) {
        return Some(vec![(Token::Constant, word_end)]);
    }
    for (quote, kind) in [('"', Token::Double), ('\'', Token::Single)] {
        if let Some(len) = quoted(rest, quote) {
            return Some(vec![(kind, len)]);
        }
    }
    if let Some(len) = date(rest) {
        return Some(vec![(Token::Date, len)]);
    }
    let before = text[..at].chars().next_back().is_some_and(is_word);
    if let Some(len) = number(rest).filter(|_| before != rest.starts_with(is_word)) {
        return Some(vec![(Token::Number, len)]);
    }
    if rest.starts_with(['{', '}', '[', ']', '?', ',', ':', '!', '-', '*', '&', '@']) {
        return None;
    }
    if let Some(comment) = line.rmatch_indices(" #").map(|(at, _)| at).find(|at| *at > 0) {
        return Some(vec![
            (Token::Literal, comment),
            (Token::Blank, 1),
            (Token::Comment, line.len() - comment - 1),
        ]);
    }
    Some(vec![(Token::Literal, line.len())])
}

const CONSTANTS: &[&str] = &[
    "false", "False", "FALSE", "true", "True", "TRUE", "null", "Off", "off", "yes", "Yes", "YES", "OFF",
    "On", "ON", "no", "No", "on", "NO", "n", "N", "Y", "y",
];

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The lines of a block scalar: all that are indented as the first, blank lines between them included.
fn block(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix('\n')?;
    let indent = body.len() - body.trim_start_matches(' ').len();
    if indent == 0 {
        return None;
    }
    let line_len = |text: &str| text.find('\n').unwrap_or(text.len());
    let mut end = line_len(body);
    loop {
        let gap = body[end..].len() - body[end..].trim_start_matches('\n').len();
        let next = &body[end + gap..];
        if gap == 0 || next.len() - next.trim_start_matches(' ').len() < indent {
            return Some(1 + end);
        }
        end += gap + line_len(next);
    }
}

fn quoted(rest: &str, quote: char) -> Option<usize> {
    let mut letters = rest.strip_prefix(quote)?.char_indices();
    while let Some((at, letter)) = letters.next() {
        if letter == quote {
            return Some(1 + at + 1);
        }
        if letter == '\\' && letters.next()?.1 == '\n' {
            return None;
        }
    }
    None
}

fn digits(text: &str) -> usize {
    text.len() - text.trim_start_matches(|letter: char| letter.is_ascii_digit()).len()
}

/// A date, with a time and an offset where they follow.
fn date(rest: &str) -> Option<usize> {
    let day = shaped(rest, "dddd-dd-dd")?;
    let Some(time) = shaped(&rest[day..], "Tdd:dd:dd").or_else(|| shaped(&rest[day..], " dd:dd:dd")) else {
        return Some(day);
    };
    let mut end = day + time;
    if let Some(fraction) = rest[end..].strip_prefix('.').map(digits).filter(|digits| *digits > 0) {
        end += 1 + fraction;
    }
    let after = &rest[end..];
    let gap = after.len() - after.trim_start().len();
    if after.starts_with('Z') {
        end += 1;
    } else if gap > 0 && after[gap..].starts_with(['+', '-']) && digits(&after[gap + 1..]) > 0 {
        end += gap + 1 + digits(&after[gap + 1..]);
    }
    Some(end)
}

/// The length of a shape in which `d` is a digit and all else itself.
fn shaped(rest: &str, shape: &str) -> Option<usize> {
    let fits = |(shape, byte): (u8, u8)| if shape == b'd' { byte.is_ascii_digit() } else { byte == shape };
    (rest.len() >= shape.len() && shape.bytes().zip(rest.bytes()).all(fits)).then_some(shape.len())
}

fn number(rest: &str) -> Option<usize> {
    let signed = usize::from(rest.starts_with(['+', '-']));
    let body = &rest[signed..];
    let hex = |letter: char| letter.is_ascii_digit() || ('a'..='f').contains(&letter);
    let prefixed = |prefix: &str, digit: &dyn Fn(char) -> bool| {
        let after = body.strip_prefix(prefix)?;
        let len = after.find(|letter: char| !digit(letter)).unwrap_or(after.len());
        (len > 0).then_some(prefix.len() + len)
    };
    let decimal = || {
        let whole = digits(body);
        let point = usize::from(body[whole..].starts_with('.'));
        let fraction = digits(&body[whole + point..]);
        let mantissa = whole + point + fraction;
        if whole + fraction == 0 {
            return None;
        }
        let exponent = body[mantissa..].strip_prefix('e').map_or(0, |after| {
            let sign = usize::from(after.starts_with(['+', '-']));
            match digits(&after[sign..]) {
                0 => 0,
                digits => 1 + sign + digits,
            }
        });
        // Back off to where a word can end, as the pattern does.
        let ends = [mantissa + exponent, mantissa, whole];
        ends.into_iter().find(|end| *end > 0 && ends_word(body, *end))
    };
    let found = prefixed("0x", &hex)
        .or_else(|| prefixed("0o", &|letter| ('0'..='7').contains(&letter)))
        .filter(|end| ends_word(body, *end))
        .or_else(decimal);
    found.map(|len| signed + len)
}

/// Whether a word ends at an offset: a boundary between a word's letter and none.
fn ends_word(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back().is_some_and(is_word);
    before != text[at..].chars().next().is_some_and(is_word)
}

#[cfg(test)]
mod tests {
    use super::highlight;

    /// Colours as one letter: y key, d dark, c value, g constant, i comment.
    fn show(text: &str) -> String {
        let mut out = highlight(text, text.lines().count()).join("\n");
        for (code, letter) in [
            ("\x1b[3m\x1b[33m", "<i:"),
            ("\x1b[1m\x1b[30m", "<d:"),
            ("\x1b[33m", "<y:"),
            ("\x1b[36m", "<c:"),
            ("\x1b[32m", "<g:"),
            ("\x1b[0m", ">"),
        ] {
            out = out.replace(code, letter);
        }
        out
    }

    #[test]
    fn lines_are_coloured_as_go_task_colours_them() {
        for (text, coloured) in [
            ("version: \"3\"\n", "<y:version><d::><d: ><c:\"3\"><d:>"),
            ("tasks: []\n", "<y:tasks><d::><d: ><d:[]><d:>"),
            ("tasks: 5 # c\n", "<y:tasks><d::><d: ><c:5><d: ><i:# c><d:>"),
            ("tasks: [&x a, *x]\n", "<y:tasks><d::><d: ><d:[><i:&x><d: ><c:a, *x]><d:>"),
            ("tasks:\n  - \"b\" # x\n", "<y:tasks><d::><d:>\n<d:  ><d:- ><c:\"b\"><d: ><i:# x><d:>"),
            ("- {{.X}}: d\n", "<d:- {{><y:.X}}><d::><d: ><c:d><d:>"),
            (
                "- |\n    foo: bar\n    baz\n  - x\n",
                "<d:- ><d:|><c:>\n<c:    foo: bar>\n<c:    baz><d:>\n<d:  ><d:- ><c:x><d:>",
            ),
            ("d: no-cache\n", "<y:d><d::><d: ><g:no><d:-><c:cache><d:>"),
            ("\"tasks\": [x]\n", "<y:\"tasks\": ><d:[><c:x]><d:>"),
            ("y: -5\n", "<y:y><d::><d: ><d:-><c:5><d:>"),
            ("d: a  # b # c\n", "<y:d><d::><d: ><c:a  # b><d: ><i:# c><d:>"),
            ("a: \"x\n  y\"\n", "<y:a><d::><d: ><c:\"x>\n<c:  y\"><d:>"),
            ("E: 2024-01-02T10:00:00Z\n", "<y:E><d::><d: ><c:2024-01-02T10:00:00Z><d:>"),
            ("---\n...\n", "<y:---><d:>\n<y:...><d:>"),
            ("d: 1.5.6\ne: 1_000\n", "<y:d><d::><d: ><c:1.5.6><d:>\n<y:e><d::><d: ><c:1_000><d:>"),
        ] {
            assert_eq!(show(text), coloured, "{text:?}");
        }
    }
}
