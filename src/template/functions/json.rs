//! JSON as Go's `encoding/json` writes and reads it.

mod decode;
mod encode;

use super::Returned;
use super::arguments::text;
use crate::template::value::Value;
use decode::decode;
use encode::{Style, encode};

const COMPACT: Style = Style { escape_html: true, pretty: false };
const PRETTY: Style = Style { escape_html: true, pretty: true };
const RAW: Style = Style { escape_html: false, pretty: false };

pub(super) fn must_to_json(arguments: &[Value]) -> Returned {
    Ok(encode(&arguments[0], COMPACT)?.into())
}

pub(super) fn must_to_pretty_json(arguments: &[Value]) -> Returned {
    Ok(encode(&arguments[0], PRETTY)?.into())
}

pub(super) fn must_to_raw_json(arguments: &[Value]) -> Returned {
    Ok(encode(&arguments[0], RAW)?.into())
}

/// The forms without `must` leave nothing where there is an error.
pub(super) fn to_json(arguments: &[Value]) -> Returned {
    Ok(encode(&arguments[0], COMPACT).unwrap_or_default().into())
}

pub(super) fn to_pretty_json(arguments: &[Value]) -> Returned {
    Ok(encode(&arguments[0], PRETTY).unwrap_or_default().into())
}

pub(super) fn to_raw_json(arguments: &[Value]) -> Returned {
    encode(&arguments[0], RAW).map(Value::from)
}

pub(super) fn must_from_json(arguments: &[Value]) -> Returned {
    decode(text(arguments, 0))
}

pub(super) fn from_json(arguments: &[Value]) -> Returned {
    Ok(decode(text(arguments, 0)).unwrap_or_default())
}
