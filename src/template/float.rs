//! Floats as Go's `strconv.FormatFloat` writes them.

/// The shortest text that reads back as the same number, format `g` (`%v`).
pub(super) fn shortest(number: f64) -> String {
    general(number, None, 'e', false)
}

/// Format `g`: `precision` significant digits, or as many as needed. `mark` is `e` or `E`;
/// `keep_zeros` is Go's `#` flag.
pub(super) fn general(number: f64, precision: Option<usize>, mark: char, keep_zeros: bool) -> String {
    if let Some(special) = special(number) {
        return special;
    }
    let precision = precision.map(|digits| digits.max(1));
    let digits = Digits::of(number, precision);
    let significant = digits.text.trim_end_matches('0').len().max(1);
    let limit = match precision {
        None => SHORTEST_LIMIT,
        Some(precision) => {
            let point = usize::try_from(digits.exponent + 1).unwrap_or(0);
            if precision > significant && significant >= point { significant } else { precision }
        }
    };
    let shown = if keep_zeros { precision.unwrap_or(6).max(significant) } else { significant };
    let text = if digits.exponent < -4 || digits.exponent >= i32::try_from(limit).unwrap_or(i32::MAX) {
        digits.scientific(shown - 1, mark)
    } else {
        let decimals = i32::try_from(shown).unwrap_or(i32::MAX) - 1 - digits.exponent;
        digits.fixed(usize::try_from(decimals).unwrap_or(0))
    };
    if !keep_zeros || text.contains('.') {
        return text;
    }
    let point = text.find(mark).unwrap_or(text.len());
    format!("{}.{}", &text[..point], &text[point..])
}

/// From this exponent on the shortest form is written with an exponent: Go's `%v` and `%g`.
const SHORTEST_LIMIT: usize = 6;

/// Format `e`, with `precision` decimals or as many as needed.
pub(super) fn scientific(number: f64, precision: Option<usize>, mark: char) -> String {
    if let Some(special) = special(number) {
        return special;
    }
    let digits = Digits::of(number, precision.map(|decimals| decimals + 1));
    let decimals = precision.unwrap_or(digits.text.len() - 1);
    digits.scientific(decimals, mark)
}

/// Format `f`, with `precision` decimals or as many as needed.
pub(super) fn fixed(number: f64, precision: Option<usize>) -> String {
    if let Some(special) = special(number) {
        return special;
    }
    match precision {
        Some(decimals) => format!("{number:.decimals$}"),
        None => format!("{number}"),
    }
}

/// Format `b`: the mantissa as an integer and a power of two.
pub(super) fn binary(number: f64) -> String {
    special(number).unwrap_or_else(|| {
        let (negative, mantissa, exponent) = parts(number);
        format!("{}{mantissa}p{exponent:+}", if negative { "-" } else { "" })
    })
}

/// Format `x`: one hexadecimal digit, `precision` more or as many as needed, and a power of two.
pub(super) fn hexadecimal(number: f64, precision: Option<usize>) -> String {
    if let Some(special) = special(number) {
        return special;
    }
    let (negative, mut mantissa, mut exponent) = parts(number);
    if mantissa == 0 {
        exponent = 0;
    } else {
        // Brings the leading one to bit 60, so that whole digits follow it.
        let shift = mantissa.leading_zeros() - 3;
        mantissa <<= shift;
        exponent += 60 - i32::try_from(shift).unwrap_or(0);
        if let Some(digits) = precision.filter(|digits| *digits < 15) {
            let dropped = 60 - 4 * digits;
            let (half, rest) = (1_u64 << (dropped - 1), mantissa & ((1 << dropped) - 1));
            mantissa >>= dropped;
            if rest > half || (rest == half && mantissa & 1 == 1) {
                mantissa += 1;
            }
            mantissa <<= dropped;
            if mantissa >> 61 != 0 {
                mantissa >>= 1;
                exponent += 1;
            }
        }
    }
    let digits = format!("{:015x}", mantissa & ((1 << 60) - 1));
    let digits = match precision {
        None => digits.trim_end_matches('0').to_owned(),
        Some(precision) => digits.chars().chain(std::iter::repeat('0')).take(precision).collect(),
    };
    let sign = if negative { "-" } else { "" };
    let point = if digits.is_empty() { "" } else { "." };
    let mark = if exponent < 0 { '-' } else { '+' };
    format!("{sign}0x{}{point}{digits}p{mark}{:02}", mantissa >> 60, exponent.abs())
}

/// Sign, mantissa and the power of two to multiply it by.
fn parts(number: f64) -> (bool, u64, i32) {
    let bits = number.to_bits();
    let (exponent, fraction) = (bits >> 52 & 0x7ff, bits & ((1 << 52) - 1));
    let power = i32::try_from(exponent.max(1)).unwrap_or(0) - 1075;
    (number.is_sign_negative(), if exponent == 0 { fraction } else { fraction | 1 << 52 }, power)
}

fn special(number: f64) -> Option<String> {
    if number.is_nan() {
        Some("NaN".to_owned())
    } else if number.is_infinite() {
        Some(if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned())
    } else {
        None
    }
}

/// A finite number as `d.ddd` times a power of ten.
struct Digits {
    negative: bool,
    text: String,
    exponent: i32,
}

impl Digits {
    fn of(number: f64, significant: Option<usize>) -> Self {
        let text = match significant {
            Some(significant) => format!("{number:.*e}", significant.saturating_sub(1)),
            None => format!("{number:e}"),
        };
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        Self {
            negative: mantissa.starts_with('-'),
            text: mantissa.bytes().filter(u8::is_ascii_digit).map(char::from).collect(),
            exponent: exponent.parse().unwrap_or(0),
        }
    }

    /// The digit at `index` from the first one; zeros around.
    fn digit(&self, index: i32) -> char {
        usize::try_from(index)
            .ok()
            .and_then(|index| self.text.as_bytes().get(index))
            .map_or('0', |byte| char::from(*byte))
    }

    fn scientific(&self, decimals: usize, mark: char) -> String {
        let mut out = String::new();
        if self.negative {
            out.push('-');
        }
        out.push(self.digit(0));
        if decimals > 0 {
            out.push('.');
            out.extend((1..=i32::try_from(decimals).unwrap_or(i32::MAX)).map(|index| self.digit(index)));
        }
        out.push(mark);
        out.push(if self.exponent < 0 { '-' } else { '+' });
        out.push_str(&format!("{:02}", self.exponent.abs()));
        out
    }

    fn fixed(&self, decimals: usize) -> String {
        let mut out = String::new();
        if self.negative {
            out.push('-');
        }
        if self.exponent < 0 {
            out.push('0');
        }
        out.extend((0..=self.exponent).map(|index| self.digit(index)));
        if decimals > 0 {
            out.push('.');
            let first = self.exponent + 1;
            let last = first.saturating_add(i32::try_from(decimals).unwrap_or(i32::MAX));
            out.extend((first..last).map(|index| self.digit(index)));
        }
        out
    }
}
