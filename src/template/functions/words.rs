//! Shell words: quoting for bash and splitting as go-task's shell does it. Runs nothing and looks at no file.

mod braces;
mod quote;
mod split;

use super::Returned;
use super::arguments::text;
use crate::template::value::Value;

pub(super) fn shell_quote(arguments: &[Value]) -> Returned {
    Ok(quote::quote(text(arguments, 0))?.into())
}

pub(super) fn split_args(arguments: &[Value]) -> Returned {
    Ok(Value::strings(split::split(text(arguments, 0))?))
}

/// A variable of the process; nothing where it is not set.
fn environment(name: &str) -> Option<String> {
    // The standard library may panic on such names.
    if name.is_empty() || name.contains(['=', '\0']) {
        return None;
    }
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

pub(super) fn env(arguments: &[Value]) -> Returned {
    Ok(environment(text(arguments, 0)).unwrap_or_default().into())
}

/// Go's `os.ExpandEnv`.
pub(super) fn expandenv(arguments: &[Value]) -> Returned {
    let mut out = String::new();
    let mut rest = text(arguments, 0);
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (name, length) = variable_name(after);
        match (name, length) {
            ("", 0) => out.push('$'),
            (name, _) => out.push_str(&environment(name).unwrap_or_default()),
        }
        rest = &after[length..];
    }
    out.push_str(rest);
    Ok(out.into())
}

/// The name after a `$`, and how much of the text it takes.
fn variable_name(text: &str) -> (&str, usize) {
    let is_special = |byte: &u8| b"*#$@!?-0123456789".contains(byte);
    match text.as_bytes() {
        [b'{', special, b'}', ..] if is_special(special) => (&text[1..2], 3),
        [b'{', ..] => match text.find('}') {
            Some(1) => ("", 2),
            Some(end) => (&text[1..end], end + 1),
            None => ("", 1),
        },
        [special, ..] if is_special(special) => (&text[..1], 1),
        bytes => {
            let length =
                bytes.iter().take_while(|byte| **byte == b'_' || byte.is_ascii_alphanumeric()).count();
            (&text[..length], length)
        }
    }
}
