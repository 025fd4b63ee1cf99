//! `echo`

use crate::word::escape;

/// The text that `echo` writes. Options count one by one: `-ne` is a text (mvdan/sh).
pub(in super::super) fn echo(mut args: &[String]) -> Vec<u8> {
    let (mut newline, mut escapes) = (true, false);
    while let Some((first, rest)) = args.split_first() {
        match first.as_str() {
            "-n" => newline = false,
            "-e" => escapes = true,
            "-E" => {}
            _ => break,
        }
        args = rest;
    }
    let mut text = Vec::new();
    for (index, arg) in args.iter().enumerate() {
        if index > 0 {
            text.push(b' ');
        }
        if escapes {
            escape::expand(arg, &mut text);
        } else {
            text.extend_from_slice(arg.as_bytes());
        }
    }
    if newline {
        text.push(b'\n');
    }
    text
}
