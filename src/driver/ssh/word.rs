//! Words for a POSIX shell. Knows no command.

/// A text as one word of a POSIX shell, whatever it holds.
pub(crate) fn quote(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@%+=:,./-_".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    let mut word = String::with_capacity(text.len() + 2);
    word.push('\'');
    for part in text.split_inclusive('\'') {
        match part.strip_suffix('\'') {
            Some(before) => {
                word.push_str(before);
                word.push_str(r"'\''");
            }
            None => word.push_str(part),
        }
    }
    word.push('\'');
    word
}

/// Splits options the way newer Nix does `NIX_SSHOPTS`: at blanks, with single and double quotes and backslashes
/// (nix 2.26, `src/libutil/strings.cc`, `shellSplitString`). An open quote runs to the end.
pub(crate) fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (quoted, character) {
            (Some(quote), _) if character == quote => quoted = None,
            (Some('\''), _) => word.get_or_insert_default().push(character),
            (_, '\\') => word.get_or_insert_default().extend(characters.next()),
            (Some(_), _) => word.get_or_insert_default().push(character),
            (None, '\'' | '"') => {
                word.get_or_insert_default();
                quoted = Some(character);
            }
            (None, _) if character.is_whitespace() => words.extend(word.take()),
            (None, _) => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_shell_reads_each_word_back() {
        for text in [
            "",
            "plain",
            "two words",
            "a'b",
            "''",
            "$(id)",
            "a;b",
            "new\nline",
            "-oProxyCommand=x",
            "\\",
            "é",
        ] {
            let script = format!("printf '%s|' {}", quote(text));
            let output = Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{text}|"));
        }
    }

    #[test]
    fn options_are_split_at_blanks_outside_quotes() {
        assert_eq!(split(" -F /a/b  -p 22 "), ["-F", "/a/b", "-p", "22"]);
        assert_eq!(split(r#"-o "A b" 'c "d' e\ f ''"#), ["-o", "A b", "c \"d", "e f", ""]);
        assert_eq!(split("\"open end"), ["open end"]);
    }
}
