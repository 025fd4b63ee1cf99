//! What type a value has.

use super::Returned;
use super::arguments::text;
use crate::template::value::Value;

pub(super) fn type_of(arguments: &[Value]) -> Returned {
    Ok(arguments[0].type_name().into())
}

pub(super) fn type_is(arguments: &[Value]) -> Returned {
    Ok((arguments[1].type_name() == text(arguments, 0)).into())
}

pub(super) fn type_is_like(arguments: &[Value]) -> Returned {
    // sprig also takes a pointer to the type, and no value here is one.
    type_is(arguments)
}

pub(super) fn kind_of(arguments: &[Value]) -> Returned {
    Ok(arguments[0].kind_name().into())
}

pub(super) fn kind_is(arguments: &[Value]) -> Returned {
    Ok((arguments[1].kind_name() == text(arguments, 0)).into())
}

pub(super) fn deep_equal(arguments: &[Value]) -> Returned {
    Ok((arguments[0] == arguments[1]).into())
}
