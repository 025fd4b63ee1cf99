//! The bytes of a file as text: UTF-8, and UTF-16 by its byte order mark, as yaml.v3's reader takes them.
//! Knows no syntax.

use crate::diagnostic::Diagnostic;
use crate::yaml::error::ParseError;

/// Turns the bytes of a YAML file into text, without a byte order mark.
///
/// # Errors
/// When the bytes are not valid in the encoding, naming line and byte of the first that is not.
pub fn decode_bytes(bytes: Vec<u8>) -> Result<String, Box<ParseError>> {
    match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest.to_vec()),
        _ => utf8(bytes),
    }
}

fn utf8(bytes: Vec<u8>) -> Result<String, Box<ParseError>> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        let byte = bytes.get(at).copied().unwrap_or_default();
        let go = match byte {
            0x80..=0xc1 | 0xf8..=0xff => "yaml: invalid leading UTF-8 octet",
            _ if error.utf8_error().error_len().is_none() => "yaml: incomplete UTF-8 octet sequence",
            _ => "yaml: invalid trailing UTF-8 octet",
        };
        let mut error = invalid(format!("the file is not valid UTF-8: byte 0x{byte:02x} in line {line}"), go);
        error.nearly = Some((String::from_utf8_lossy(bytes).into_owned(), at));
        error
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Box<ParseError>> {
    if !bytes.len().is_multiple_of(2) {
        return Err(invalid(
            "the file ends in the middle of a UTF-16 character",
            "yaml: incomplete UTF-16 character",
        ));
    }
    let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| unit(*pair)).collect();
    String::from_utf16(&units)
        .map_err(|_| invalid("the file is not valid UTF-16", "yaml: incomplete UTF-16 surrogate pair"))
}

fn invalid(message: impl Into<String>, go: &str) -> Box<ParseError> {
    let diagnostic = Diagnostic::error("fleet::yaml::encoding", message).help("save the file as UTF-8");
    Box::new(ParseError { diagnostic, nearly: None, go: go.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::decode_bytes;

    #[test]
    fn byte_order_marks_choose_the_encoding() {
        for (bytes, text) in [
            (b"a: \xc3\xa9".as_slice(), "a: é"),
            (b"\xef\xbb\xbfa: b".as_slice(), "a: b"),
            (b"\xff\xfea\0:\0".as_slice(), "a:"),
            (b"\xfe\xff\0a\0:".as_slice(), "a:"),
            (b"".as_slice(), ""),
        ] {
            assert_eq!(decode_bytes(bytes.to_vec()).unwrap(), text);
        }
    }

    #[test]
    fn invalid_bytes_name_line_and_go_text() {
        for (bytes, message, go) in [
            (b"a: b\nc: \xff\n".as_slice(), "byte 0xff in line 2", "yaml: invalid leading UTF-8 octet"),
            (b"a: \xc3(\n".as_slice(), "byte 0xc3 in line 1", "yaml: invalid trailing UTF-8 octet"),
            (b"a: \xe2\x82".as_slice(), "byte 0xe2 in line 1", "yaml: incomplete UTF-8 octet sequence"),
            (b"\xff\xfea\0:".as_slice(), "UTF-16", "yaml: incomplete UTF-16 character"),
        ] {
            let error = decode_bytes(bytes.to_vec()).unwrap_err();
            assert!(error.diagnostic.message.contains(message), "{}", error.diagnostic.message);
            assert_eq!(error.go_message(), go);
        }
    }
}
