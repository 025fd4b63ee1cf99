//! Texts in messages, as Go's `%q` shows them.

/// A text in double quotes.
pub(in super::super) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for next in text.chars() {
        match next {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            next if next.is_control() && next.is_ascii() => {
                quoted.push_str(&format!("\\x{:02x}", next as u32));
            }
            next => quoted.push(next),
        }
    }
    quoted.push('"');
    quoted
}
