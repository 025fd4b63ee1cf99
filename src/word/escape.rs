//! Backslash sequences of `echo -e`, `printf` and `$'...'`, as mvdan/sh has them.

use std::iter::Peekable;
use std::str::Chars;

/// Writes a text with its sequences replaced. An unknown one stays as it is.
pub fn expand(text: &str, to: &mut Vec<u8>) {
    let mut rest = text.chars().peekable();
    while let Some(next) = rest.next() {
        if next == '\\' { sequence(&mut rest, to) } else { push(next, to) }
    }
}

/// Reads one sequence after its backslash.
pub fn sequence(rest: &mut Peekable<Chars<'_>>, to: &mut Vec<u8>) {
    let Some(next) = rest.next() else {
        to.push(b'\\');
        return;
    };
    match next {
        'a' => to.push(0x07),
        'b' => to.push(0x08),
        'e' | 'E' => to.push(0x1b),
        'f' => to.push(0x0c),
        'n' => to.push(b'\n'),
        'r' => to.push(b'\r'),
        't' => to.push(b'\t'),
        'v' => to.push(0x0b),
        '\\' | '\'' | '"' | '?' => push(next, to),
        '0'..='7' => {
            let mut value = next.to_digit(8).unwrap_or_default();
            for _ in 0..2 {
                let Some(digit) = rest.peek().and_then(|digit| digit.to_digit(8)) else { break };
                rest.next();
                value = value * 8 + digit;
            }
            to.push(u8::try_from(value).unwrap_or(u8::MAX));
        }
        'x' | 'u' | 'U' => {
            let most = if next == 'x' {
                2
            } else if next == 'u' {
                4
            } else {
                8
            };
            let mut value = None;
            for _ in 0..most {
                let Some(digit) = rest.peek().and_then(|digit| digit.to_digit(16)) else { break };
                rest.next();
                value = Some(value.unwrap_or(0_u32) << 4 | digit);
            }
            match value {
                Some(value) if next == 'x' => to.push(u8::try_from(value).unwrap_or(u8::MAX)),
                Some(value) => push(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER), to),
                None => {
                    to.push(b'\\');
                    push(next, to);
                }
            }
        }
        other => {
            to.push(b'\\');
            push(other, to);
        }
    }
}

fn push(next: char, to: &mut Vec<u8>) {
    to.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes());
}
