//! Single values of a Fleetfile: words, counts, sizes, durations, texts. Every mistake is told with what would be right.

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::frontend::fleetfile::keys::Words;
use crate::model::Text;
use crate::source::Spanned;
use crate::yaml::{Decoder, Field, Node};
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

/// A text that is rendered later.
pub(super) fn text(decoder: &mut Decoder, node: &Node) -> Option<Text> {
    let text = decoder.string(node)?;
    Some(Text::new(text.value, text.span))
}

/// A list of texts.
pub(super) fn texts(decoder: &mut Decoder, node: &Node) -> Vec<Text> {
    decoder.strings(node).into_iter().map(|text| Text::new(text.value, text.span)).collect()
}

/// A text that must say something.
pub(super) fn filled_text(decoder: &mut Decoder, field: &Field<'_>) -> Option<Text> {
    let text = match field.value.is_null() {
        true => None,
        false => Some(text(decoder, field.value)?),
    };
    if text.as_ref().is_some_and(|text| !text.raw().trim().is_empty()) {
        return text;
    }
    let message = format!("`{}` is empty", field.name);
    decoder.push(
        Diagnostic::error("fleet::fleetfile::empty", message)
            .at(field.key_span, "has no value")
            .help("give it a value, or take the key out"),
    );
    None
}

/// A name taken as it is: a template in it would reach the flake or a shell unrendered.
pub(super) fn plain_name(decoder: &mut Decoder, field: &Field<'_>, what: &str) -> Option<String> {
    let text = filled_text(decoder, field)?;
    let starts_well = text.raw().starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if starts_well && text.raw().bytes().all(plain) {
        return Some(text.raw().to_owned());
    }
    let message = format!("`{}` cannot be {what}", text.raw().escape_debug());
    let help = match text.is_plain() {
        true => "letters, digits, `-`, `_` and `.` only, a letter, digit or `_` first",
        false => "no template is rendered here; write the name itself",
    };
    decoder.push(Diagnostic::error("fleet::fleetfile::name", message).at(field.value.place(), "").help(help));
    None
}

/// One of some words; `what` reads like "an action".
pub(super) fn word<T: Copy, const N: usize>(
    decoder: &mut Decoder,
    node: &Node,
    words: &Words<T, N>,
    what: &str,
) -> Option<T> {
    let written = decoder.string(node)?;
    if let Some((_, value)) = words.iter().find(|(word, _)| **word == **written) {
        return Some(*value);
    }
    let message = format!("`{}` is not {what}", written.escape_debug());
    let help = choices(&written, words.iter().map(|(word, _)| *word));
    decoder.push(
        Diagnostic::error("fleet::fleetfile::unknown_word", message).at(node.place(), "not known").help(help),
    );
    None
}

/// "did you mean", or all there is.
pub(super) fn choices<'a>(written: &str, names: impl Iterator<Item = &'a str> + Clone) -> String {
    // Case and the choice between `-` and `_` are the usual mistakes.
    let plain = |word: &str| word.to_ascii_lowercase().replace('_', "-");
    let same = names.clone().find(|name| plain(name) == plain(written));
    match same.or_else(|| did_you_mean(written, names.clone())) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known: {}", quoted(names)),
    }
}

/// Names in backticks with commas between.
pub(super) fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A whole number from `least` to `most`.
pub(super) fn number<N: TryFrom<i64> + PartialOrd + Display + Copy>(
    decoder: &mut Decoder,
    field: &Field<'_>,
    least: N,
    most: N,
) -> Option<N> {
    let written = decoder.int(field.value)?;
    if let Ok(number) = N::try_from(*written)
        && number >= least
        && number <= most
    {
        return Some(number);
    }
    let message = format!("`{}` cannot be {}", field.name, *written);
    decoder.push(
        Diagnostic::error("fleet::fleetfile::range", message)
            .at(field.value.place(), "out of range")
            .help(format!("give a number from {least} to {most}")),
    );
    None
}

/// How many things may happen at once.
pub(super) fn at_once(decoder: &mut Decoder, field: &Field<'_>) -> Option<usize> {
    number(decoder, field, 1_usize, 100_000)
}

/// A duration above zero.
pub(super) fn duration(decoder: &mut Decoder, field: &Field<'_>) -> Option<Duration> {
    let nanoseconds = decoder.duration(field.value)?;
    if let Ok(nanoseconds @ 1..) = u64::try_from(*nanoseconds) {
        return Some(Duration::from_nanos(nanoseconds));
    }
    let message = format!("`{}` must be longer than nothing", field.name);
    decoder.push(
        Diagnostic::error("fleet::fleetfile::range", message)
            .at(field.value.place(), "not above zero")
            .help("leave the key out for the default"),
    );
    None
}

/// A size with its unit, in MiB, rounded up.
pub(super) fn size_mib(decoder: &mut Decoder, field: &Field<'_>) -> Option<u64> {
    let written = decoder.string(field.value)?;
    if let Some(bytes) = parse_size(&written) {
        return Some(bytes.div_ceil(1 << 20));
    }
    let help = match written.parse::<u64>() {
        Ok(number) => format!("give a unit: `{number}GiB`, `{number}MiB`"),
        Err(_) => {
            "write a number with a unit (KiB, MiB, GiB, TiB; KB, MB, GB, TB), such as `2GiB`".to_owned()
        }
    };
    let message = format!("`{}` is not a size", written.escape_debug());
    decoder.push(Diagnostic::error("fleet::fleetfile::size", message).at(field.value.place(), "").help(help));
    None
}

/// A number of bytes: a number, which may have a fraction, and a unit.
fn parse_size(text: &str) -> Option<u64> {
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
    let (number, unit) = text.split_at(end);
    let scale: u64 = match unit.trim() {
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if fraction.len() > 6 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let power = 10_u64.pow(u32::try_from(fraction.len()).ok()?);
    let part = fraction.parse::<u64>().ok()?.checked_mul(scale)? / power;
    whole.parse::<u64>().ok()?.checked_mul(scale)?.checked_add(part)
}

/// A name that is kept.
pub(super) fn owned(text: Spanned<Arc<str>>) -> Spanned<String> {
    text.map(|text| text.as_ref().to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse_size;

    #[test]
    fn sizes_need_a_unit() {
        for (text, bytes) in [
            ("2GiB", Some(2 << 30)),
            ("500MiB", Some(500 << 20)),
            ("1.5GiB", Some(3 << 29)),
            ("2 GiB", Some(2 << 30)),
            ("1GB", Some(1_000_000_000)),
            ("0MB", Some(0)),
            ("2", None),
            ("GiB", None),
            ("-2GiB", None),
            ("2gib", None),
            ("2GiBs", None),
            ("1.GiB", None),
            ("1.2.3GiB", None),
            ("99999999999TiB", None),
            ("", None),
        ] {
            assert_eq!(parse_size(text), bytes, "{text}");
        }
    }
}
