//! Shell expansion of one word that is a path: `~`, `$NAME`, `${NAME}`, `${NAME:-default}`. Runs no commands:
//! a command substitution is an error.

/// Expands a word as go-task expands the paths of includes (mvdan/sh `expand.Literal` of a here-document):
/// quotes have no meaning, a backslash takes the meaning from `$`, a backquote or a backslash.
///
/// # Errors
/// mvdan/sh's message for an expansion that does not parse.
pub fn expand(word: &str, environment: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::with_capacity(word.len());
    let mut rest = word;
    if let Some(after) = word.strip_prefix('~')
        && (after.is_empty() || after.starts_with('/'))
        && let Some(home) = environment("HOME")
    {
        out.push_str(&home);
        rest = after;
    }
    while let Some(at) = rest.find(['$', '\\', '`']) {
        out.push_str(&rest[..at]);
        // The column of what follows `${`.
        let column = word.len() - rest.len() + at + 3;
        let special = &rest[at..];
        if special.starts_with("$(") || special.starts_with('`') {
            return Err(format!("unexpected command substitution at 1:{}", column - 2));
        }
        if let Some(after) = special.strip_prefix('\\') {
            match after.chars().next() {
                Some(letter @ ('$' | '`' | '\\')) => {
                    out.push(letter);
                    rest = &after[1..];
                }
                _ => {
                    out.push('\\');
                    rest = after;
                }
            }
        } else if let Some(after) = special.strip_prefix("${") {
            let end = after.find('}').filter(|end| *end > 0);
            let Some(end) = end else { return Err(format!("1:{column}: invalid parameter name")) };
            let (name, default) = parameter(&after[..end]);
            if !is_name(name) {
                return Err(format!("1:{column}: invalid parameter name"));
            }
            out.push_str(&default(environment(name)));
            rest = &after[end + 1..];
        } else {
            let after = &special[1..];
            let end = after.find(|letter: char| !is_name_letter(letter)).unwrap_or(after.len());
            let name = &after[..end];
            if is_name(name) {
                out.push_str(&environment(name).unwrap_or_default());
                rest = &after[end..];
            } else {
                out.push('$');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// Splits `NAME:-word` into the name and what becomes of its value.
fn parameter(inner: &str) -> (&str, impl Fn(Option<String>) -> String) {
    let end = inner.find(|letter: char| !is_name_letter(letter)).unwrap_or(inner.len());
    let (name, operator) = inner.split_at(end);
    let (colon, word) = match operator.strip_prefix(":-") {
        Some(word) => (true, Some(word)),
        None => (false, operator.strip_prefix('-')),
    };
    (name, move |value: Option<String>| match (value, word) {
        (Some(value), _) if !(colon && value.is_empty()) => value,
        (_, Some(word)) => word.to_owned(),
        (value, None) => value.unwrap_or_default(),
    })
}

fn is_name_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(|letter: char| letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn words_expand_as_in_a_here_document() {
        let environment = |name: &str| match name {
            "HOME" => Some("/home/me".to_owned()),
            "A" => Some("a b".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        for (word, expanded) in [
            ("", ""),
            ("./x", "./x"),
            ("~", "/home/me"),
            ("~/x", "/home/me/x"),
            ("x/~", "x/~"),
            ("$A/x", "a b/x"),
            ("${A}x", "a bx"),
            ("$NONE/x", "/x"),
            ("${NONE:-d}", "d"),
            ("${EMPTY:-d}${EMPTY-e}", "d"),
            ("'$A'", "'a b'"),
            ("\\$A \\x", "$A \\x"),
            ("a$", "a$"),
        ] {
            assert_eq!(expand(word, environment).as_deref(), Ok(expanded), "{word}");
        }
        assert_eq!(expand("./${", environment), Err("1:5: invalid parameter name".to_owned()));
        for (word, column) in [("x$(y)", 2), ("`y`", 1), ("\\`$A$(y)", 5)] {
            let error = format!("unexpected command substitution at 1:{column}");
            assert_eq!(expand(word, environment), Err(error), "{word}");
        }
    }
}
