//! Checksums of strings.

use super::Returned;
use super::arguments::text;
use crate::template::value::Value;
use sha1::{Digest, Sha1};
use sha2::Sha256;

fn hexadecimal(bytes: &[u8]) -> Value {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

pub(super) fn sha1sum(arguments: &[Value]) -> Returned {
    Ok(hexadecimal(&Sha1::digest(text(arguments, 0))))
}

pub(super) fn sha256sum(arguments: &[Value]) -> Returned {
    Ok(hexadecimal(&Sha256::digest(text(arguments, 0))))
}

/// RFC 1950's Adler-32, in decimal.
pub(super) fn adler32sum(arguments: &[Value]) -> Returned {
    const MODULUS: u32 = 65_521;
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in text(arguments, 0).bytes() {
        low = (low + u32::from(byte)) % MODULUS;
        high = (high + low) % MODULUS;
    }
    Ok((high << 16 | low).to_string().into())
}
