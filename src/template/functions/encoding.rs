//! Base 64 and base 32 with padding. What does not decode comes back as Go's sentence about it.

use super::Returned;
use super::arguments::text;
use crate::template::value::Value;

/// An alphabet and how many bits one of its letters holds; letters come in groups of whole bytes.
struct Base {
    name: &'static str,
    alphabet: &'static [u8],
    bits: u32,
    group: usize,
}

const BASE64: Base = Base {
    name: "base64",
    alphabet: b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    bits: 6,
    group: 4,
};
const BASE32: Base =
    Base { name: "base32", alphabet: b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", bits: 5, group: 8 };

impl Base {
    fn encode(&self, bytes: &[u8]) -> String {
        let mut out = String::with_capacity(bytes.len() * 8 / self.bits as usize + self.group);
        let (mut buffer, mut held) = (0_u32, 0);
        for byte in bytes {
            buffer = buffer << 8 | u32::from(*byte);
            held += 8;
            while held >= self.bits {
                held -= self.bits;
                out.push(self.letter(buffer >> held));
                buffer &= (1 << held) - 1;
            }
        }
        if held > 0 {
            out.push(self.letter(buffer << (self.bits - held)));
        }
        while !out.len().is_multiple_of(self.group) {
            out.push('=');
        }
        out
    }

    fn letter(&self, bits: u32) -> char {
        char::from(self.alphabet[bits as usize % self.alphabet.len()])
    }

    fn digit(&self, letter: u8) -> Option<u32> {
        self.alphabet.iter().position(|known| *known == letter).and_then(|digit| u32::try_from(digit).ok())
    }

    /// The bytes, or where it goes wrong.
    fn decode(&self, text: &str) -> Result<Vec<u8>, usize> {
        // Line ends may stand anywhere, and count in the place of an error.
        let letters: Vec<(usize, u8)> =
            text.bytes().enumerate().filter(|(_, byte)| !matches!(byte, b'\n' | b'\r')).collect();
        let mut out = Vec::with_capacity(letters.len() * self.bits as usize / 8);
        for group in letters.chunks(self.group) {
            let data = group.iter().take_while(|(_, letter)| *letter != b'=').count();
            let (mut buffer, mut held) = (0_u64, 0);
            for (position, letter) in &group[..data] {
                let digit = self.digit(*letter).ok_or(*position)?;
                buffer = buffer << self.bits | u64::from(digit);
                held += self.bits;
            }
            self.check_padding(group, data, text.len())?;
            for byte in (0..held / 8).map(|index| buffer >> (held - 8 * (index + 1))) {
                out.push(byte.to_le_bytes()[0]);
            }
            if data < self.group && group.last().map(|last| last.0) != letters.last().map(|last| last.0) {
                return Err(group.last().map_or(0, |last| last.0 + 1));
            }
        }
        Ok(out)
    }

    /// Whether a group of letters, of which the first `data` are no padding, is whole.
    fn check_padding(&self, group: &[(usize, u8)], data: usize, length: usize) -> Result<(), usize> {
        let start = group.first().map_or(0, |first| first.0);
        if data == self.group {
            return Ok(());
        }
        let whole_bytes = data as u32 * self.bits % 8 < self.bits && data > 1;
        if group.len() < self.group {
            return Err(match group.get(data) {
                None => start,
                Some(_) if whole_bytes => length,
                Some((position, _)) => *position,
            });
        }
        let bad = group[data..].iter().find(|(_, letter)| *letter != b'=');
        match bad {
            Some(_) if whole_bytes => Err(group[data].0),
            Some((position, _)) => Err(*position),
            None if whole_bytes => Ok(()),
            None => Err(group[data].0),
        }
    }

    fn decoded(&self, text: &str) -> Value {
        match self.decode(text) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
            Err(position) => format!("illegal {} data at input byte {position}", self.name).into(),
        }
    }
}

pub(super) fn b64enc(arguments: &[Value]) -> Returned {
    Ok(BASE64.encode(text(arguments, 0).as_bytes()).into())
}

pub(super) fn b64dec(arguments: &[Value]) -> Returned {
    Ok(BASE64.decoded(text(arguments, 0)))
}

pub(super) fn b32enc(arguments: &[Value]) -> Returned {
    Ok(BASE32.encode(text(arguments, 0).as_bytes()).into())
}

pub(super) fn b32dec(arguments: &[Value]) -> Returned {
    Ok(BASE32.decoded(text(arguments, 0)))
}
