//! The texts of numbers and strings to what they are.

/// The number that a text is, by C's `strtod`: a plus, leading zeros and a bare point are fine.
pub(in crate::query) fn number(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned.eq_ignore_ascii_case("nan") {
        return Some(f64::NAN);
    }
    let plain = unsigned.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    if !plain {
        return None;
    }
    text.parse().ok()
}

/// The text of a string without its quotes.
pub(in crate::query) fn unescape(raw: &[u8]) -> Result<String, &'static str> {
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    let unit = |at: usize| -> Option<u32> {
        let digits = raw.get(at..at + 4)?;
        digits.iter().try_fold(0, |sum, digit| Some(sum * 16 + char::from(*digit).to_digit(16)?))
    };
    while let Some(&byte) = raw.get(at) {
        at += 1;
        match byte {
            b'\\' => {
                let escaped = *raw.get(at).ok_or("Expected escape character at end of string")?;
                at += 1;
                out.push(match escaped {
                    b'\\' | b'"' | b'/' => escaped,
                    b'b' => 0x08,
                    b'f' => 0x0c,
                    b't' => b'\t',
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b'u' => {
                        if raw.len() < at + 4 {
                            return Err("Invalid \\uXXXX escape");
                        }
                        let mut point = unit(at).ok_or("Invalid characters in \\uXXXX escape")?;
                        at += 4;
                        if (0xd800..0xdc00).contains(&point) {
                            let low = match raw.get(at..at + 2) {
                                Some(b"\\u") => unit(at + 2),
                                _ => None,
                            };
                            let low = low.filter(|low| (0xdc00..0xe000).contains(low));
                            let low = low.ok_or("Invalid \\uXXXX\\uXXXX surrogate pair escape")?;
                            at += 6;
                            point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
                        }
                        let letter = char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER);
                        out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                        continue;
                    }
                    _ => return Err("Invalid escape"),
                });
            }
            0..=0x1f => {
                return Err("Invalid string: control characters from U+0000 through U+001F must be escaped");
            }
            _ => out.push(byte),
        }
    }
    Ok(String::from_utf8(out).unwrap_or_else(|error| lossy(error.as_bytes())))
}

/// The text that bytes are. What is no UTF-8 becomes replacement letters, as jq reckons them: one for all that is left
/// where a letter is cut off.
#[must_use]
pub fn lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        let (valid, length) = match std::str::from_utf8(rest) {
            Ok(valid) => {
                text.push_str(valid);
                return text;
            }
            Err(error) => {
                (error.valid_up_to(), sequence(rest.get(error.valid_up_to()..).unwrap_or_default()))
            }
        };
        text.push_str(std::str::from_utf8(rest.get(..valid).unwrap_or_default()).unwrap_or_default());
        text.push(char::REPLACEMENT_CHARACTER);
        rest = rest.get(valid + length..).unwrap_or_default();
    }
}

/// How many bytes one replacement letter stands for, at the beginning of what is no UTF-8.
fn sequence(bytes: &[u8]) -> usize {
    let length = match bytes.first() {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        _ => 1,
    };
    if length > bytes.len() {
        return bytes.len();
    }
    let continues = |byte: &&u8| (0x80..0xc0).contains(*byte);
    1 + bytes.iter().take(length).skip(1).take_while(continues).count()
}
