//! Texts in the Nix language. Knows its strings and attribute paths.

/// A text as a Nix string, whatever it holds.
pub(super) fn string(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' | '$' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// A Nix list of strings.
pub(super) fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let texts: Vec<_> = texts.into_iter().map(string).collect();
    format!("[{}]", texts.join(" "))
}

/// A name in the attribute path of an installable, where quotes hold everything but a quote (nix
/// `src/libexpr/attr-path.cc`, `parseAttrPath`).
pub(super) fn attribute(name: &str) -> Option<String> {
    (!name.is_empty() && !name.contains(['"', '\0'])).then(|| format!("\"{name}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_hold_everything() {
        assert_eq!(string("a\"b\\c${d}\n"), r#""a\"b\\c\${d}\n""#);
        assert_eq!(list(["a", "b-c"]), r#"["a" "b-c"]"#);
    }

    #[test]
    fn attributes_are_quoted_or_refused() {
        assert_eq!(attribute("a.b").as_deref(), Some("\"a.b\""));
        assert_eq!(attribute("a\"b"), None);
        assert_eq!(attribute(""), None);
    }
}
