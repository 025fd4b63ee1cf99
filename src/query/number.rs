//! Numbers as jq 1.6 writes them: the fewest digits that mean the same double, at most 17; plain up to fifteen zeros
//! after them.

use std::fmt::Write as _;

/// Writes a number. There is none for `nan`, which is `null`; infinities become the largest double.
pub(super) fn write_number(out: &mut String, number: f64) {
    if number.is_nan() {
        out.push_str("null");
        return;
    }
    let number = number.clamp(f64::MIN, f64::MAX);
    if number == number.trunc() && number.abs() < 1e15 {
        if number == 0.0 && number.is_sign_negative() {
            out.push('-');
        }
        let whole = number as i64;
        let _ = write!(out, "{whole}");
        return;
    }
    let mut text = String::new();
    let _ = write!(text, "{number:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let digits: String = digits.chars().filter(|digit| *digit != '.').collect();
    out.push_str(sign);
    let count = i32::try_from(digits.len()).unwrap_or(17);
    // Where the decimal point stands, counted from before the first digit.
    let point = exponent + 1;
    if point <= -4 || point > count + 15 {
        let (first, rest) = digits.split_at(1);
        out.push_str(first);
        if !rest.is_empty() {
            out.push('.');
            out.push_str(rest);
        }
        let _ = write!(out, "e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
    } else if point <= 0 {
        out.push_str("0.");
        out.extend((point..0).map(|_| '0'));
        out.push_str(&digits);
    } else if point >= count {
        out.push_str(&digits);
        out.extend((count..point).map(|_| '0'));
    } else {
        let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(1));
        out.push_str(whole);
        out.push('.');
        out.push_str(fraction);
    }
}

#[cfg(test)]
mod tests {
    use super::write_number;

    #[test]
    fn numbers_look_as_jq_writes_them() {
        for (number, expected) in [
            (1.0, "1"),
            (-0.0, "-0"),
            (0.1, "0.1"),
            (1e15, "1000000000000000"),
            (1e16, "1e+16"),
            (1.5e16, "15000000000000000"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (0.000_123_45, "0.00012345"),
            (123_456_789_012_345_678.0, "123456789012345680"),
            (5e-324, "5e-324"),
            (-1.5e300, "-1.5e+300"),
            (f64::INFINITY, "1.7976931348623157e+308"),
            (f64::NAN, "null"),
        ] {
            let mut text = String::new();
            write_number(&mut text, number);
            assert_eq!(text, expected);
        }
    }
}
