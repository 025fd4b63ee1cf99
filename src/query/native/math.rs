//! Functions of numbers, as C's library has them.

use super::Native;
use crate::query::raise::{Evaluated, Raise};
use crate::query::value::Value;

fn number(value: &Value) -> Result<f64, Raise> {
    match value {
        Value::Number(number) => Ok(*number),
        _ => Err(Raise::of(value, "number required")),
    }
}

fn one(input: &Value, function: impl Fn(f64) -> f64) -> Evaluated {
    number(input).map(|number| Value::Number(function(number)))
}

fn two(arguments: &[Value], function: impl Fn(f64, f64) -> f64) -> Evaluated {
    let (first, second) = (number(&arguments[0])?, number(&arguments[1])?);
    Ok(Value::Number(function(first, second)))
}

fn pair(first: f64, second: f64) -> Evaluated {
    Ok(Value::from(vec![Value::Number(first), Value::Number(second)]))
}

fn exponent(number: f64) -> i32 {
    number.clamp(-100_000.0, 100_000.0) as i32
}

/// Ties go to the even one.
fn nearest(number: f64) -> f64 {
    number.round_ties_even()
}

fn significand(number: f64) -> f64 {
    if number == 0.0 || !number.is_finite() {
        return number;
    }
    let (fraction, _) = libm::frexp(number);
    fraction * 2.0
}

fn logb(number: f64) -> f64 {
    if number == 0.0 {
        return f64::NEG_INFINITY;
    }
    if !number.is_finite() {
        return number.abs();
    }
    f64::from(libm::frexp(number).1 - 1)
}

pub(super) fn find(name: &str, arity: usize) -> Option<Native> {
    match arity {
        0 => of_input(name),
        2 => of_two(name),
        3 if name == "fma" => Some(|_, _, arguments| {
            let [a, b, c] = [number(&arguments[0])?, number(&arguments[1])?, number(&arguments[2])?];
            Ok(Value::Number(a.mul_add(b, c)))
        }),
        _ => None,
    }
}

fn of_input(name: &str) -> Option<Native> {
    Some(match name {
        "floor" => |_, input, _| one(input, f64::floor),
        "ceil" => |_, input, _| one(input, f64::ceil),
        "round" => |_, input, _| one(input, f64::round),
        "trunc" => |_, input, _| one(input, f64::trunc),
        "rint" | "nearbyint" => |_, input, _| one(input, nearest),
        "fabs" => |_, input, _| one(input, f64::abs),
        "sqrt" => |_, input, _| one(input, f64::sqrt),
        "cbrt" => |_, input, _| one(input, f64::cbrt),
        "exp" => |_, input, _| one(input, f64::exp),
        "exp2" => |_, input, _| one(input, f64::exp2),
        "exp10" => |_, input, _| one(input, libm::exp10),
        "expm1" => |_, input, _| one(input, f64::exp_m1),
        "log" => |_, input, _| one(input, f64::ln),
        "log2" => |_, input, _| one(input, f64::log2),
        "log10" => |_, input, _| one(input, f64::log10),
        "log1p" => |_, input, _| one(input, f64::ln_1p),
        "logb" => |_, input, _| one(input, logb),
        "significand" => |_, input, _| one(input, significand),
        "gamma" | "lgamma" => |_, input, _| one(input, libm::lgamma),
        "tgamma" => |_, input, _| one(input, libm::tgamma),
        "sin" => |_, input, _| one(input, f64::sin),
        "cos" => |_, input, _| one(input, f64::cos),
        "tan" => |_, input, _| one(input, f64::tan),
        "asin" => |_, input, _| one(input, f64::asin),
        "acos" => |_, input, _| one(input, f64::acos),
        "atan" => |_, input, _| one(input, f64::atan),
        "sinh" => |_, input, _| one(input, f64::sinh),
        "cosh" => |_, input, _| one(input, f64::cosh),
        "tanh" => |_, input, _| one(input, f64::tanh),
        "asinh" => |_, input, _| one(input, libm::asinh),
        "acosh" => |_, input, _| one(input, libm::acosh),
        "atanh" => |_, input, _| one(input, libm::atanh),
        "erf" => |_, input, _| one(input, libm::erf),
        "erfc" => |_, input, _| one(input, libm::erfc),
        "j0" => |_, input, _| one(input, libm::j0),
        "j1" => |_, input, _| one(input, libm::j1),
        "y0" => |_, input, _| one(input, libm::y0),
        "y1" => |_, input, _| one(input, libm::y1),
        "pow10" => |_, _, _| Err(Raise::text("Error: pow10/0 not found at build time")),
        "frexp" => |_, input, _| {
            let (fraction, exponent) = libm::frexp(number(input)?);
            pair(fraction, f64::from(exponent))
        },
        "modf" => |_, input, _| {
            let number = number(input)?;
            if number.is_infinite() {
                return pair(0.0_f64.copysign(number), number);
            }
            pair((number - number.trunc()).copysign(number), number.trunc())
        },
        "lgamma_r" => |_, input, _| {
            let (value, sign) = libm::lgamma_r(number(input)?);
            pair(value, f64::from(sign))
        },
        "infinite" => |_, _, _| Ok(Value::Number(f64::INFINITY)),
        "nan" => |_, _, _| Ok(Value::Number(f64::NAN)),
        "isinfinite" => |_, input, _| Ok(Value::Bool(number(input).is_ok_and(f64::is_infinite))),
        "isnan" => |_, input, _| Ok(Value::Bool(number(input).is_ok_and(f64::is_nan))),
        "isnormal" => |_, input, _| Ok(Value::Bool(number(input).is_ok_and(f64::is_normal))),
        _ => return None,
    })
}

fn of_two(name: &str) -> Option<Native> {
    Some(match name {
        "pow" => |_, _, arguments| two(arguments, f64::powf),
        "atan2" => |_, _, arguments| two(arguments, f64::atan2),
        "fmin" => |_, _, arguments| two(arguments, f64::min),
        "fmax" => |_, _, arguments| two(arguments, f64::max),
        "fmod" => |_, _, arguments| two(arguments, |a, b| a % b),
        "fdim" => |_, _, arguments| two(arguments, libm::fdim),
        "hypot" => |_, _, arguments| two(arguments, f64::hypot),
        "copysign" => |_, _, arguments| two(arguments, f64::copysign),
        "nextafter" | "nexttoward" => |_, _, arguments| two(arguments, libm::nextafter),
        "drem" | "remainder" => |_, _, arguments| two(arguments, libm::remainder),
        "ldexp" | "scalb" | "scalbln" => |_, _, arguments| two(arguments, |a, b| libm::ldexp(a, exponent(b))),
        "jn" => |_, _, arguments| two(arguments, |a, b| libm::jn(exponent(a), b)),
        "yn" => |_, _, arguments| two(arguments, |a, b| libm::yn(exponent(a), b)),
        _ => return None,
    })
}
