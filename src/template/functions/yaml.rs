//! `toYaml` and `fromYaml`, as Go's yaml.v3 does them.

mod emit;
mod scalar;

use super::Returned;
use super::arguments::text;
use crate::source::SourceId;
use crate::template::value::Value;
use crate::yaml::parse;

pub(super) fn must_from_yaml(arguments: &[Value]) -> Returned {
    match parse(SourceId::NONE, text(arguments, 0)) {
        Ok(document) => Ok(document.root.to_value_with_times()),
        Err(error) => Err(error.go_message().to_owned()),
    }
}

pub(super) fn from_yaml(arguments: &[Value]) -> Returned {
    Ok(must_from_yaml(arguments).unwrap_or_default())
}

pub(super) fn to_yaml(arguments: &[Value]) -> Returned {
    Ok(emit::emit(&arguments[0])?.into())
}
