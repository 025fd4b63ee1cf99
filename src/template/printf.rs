//! Go's `fmt.Sprintf` over template values: every verb, flag, width, precision and argument index, with
//! Go's own notes on what does not fit, such as `%!d(string=x)`.

mod verb;

use super::limit::OUTPUT;
use super::print::print;
use super::value::Value;
use verb::{Spec, format_value};

/// `format` with its verbs replaced.
///
/// Fails only where the result would be too long to be meant.
pub(super) fn printf(format: &str, arguments: &[Value]) -> Result<String, String> {
    let mut state = State { out: String::new(), arguments, next: 0, reordered: false, good_index: true };
    let mut rest = format;
    while let Some(percent) = rest.find('%') {
        state.out.push_str(&rest[..percent]);
        state.reordered_reset();
        rest = state.directive(&rest[percent + 1..]);
        if state.out.len() > OUTPUT {
            return Err(format!("the result is longer than {OUTPUT} bytes"));
        }
    }
    state.out.push_str(rest);
    state.extra();
    Ok(state.out)
}

struct State<'a> {
    out: String,
    arguments: &'a [Value],
    next: usize,
    /// Whether any `[n]` was seen, which silences the note on unused arguments.
    reordered: bool,
    /// Whether the `[n]` of the current verb was good.
    good_index: bool,
}

/// Go's bound on widths and precisions.
const WIDEST: usize = 1_000_000;

impl State<'_> {
    fn reordered_reset(&mut self) {
        self.good_index = true;
    }

    /// One directive after its `%`; gives what follows it.
    fn directive<'f>(&mut self, mut rest: &'f str) -> &'f str {
        let mut spec = Spec::default();
        while let Some(flag) = rest.bytes().next() {
            match flag {
                b'#' => spec.sharp = true,
                b'0' => spec.zero = true,
                b'+' => spec.plus = true,
                b'-' => spec.minus = true,
                b' ' => spec.space = true,
                _ => break,
            }
            rest = &rest[1..];
        }
        let mut after_index;
        (rest, after_index) = self.argument_index(rest);
        if let Some(tail) = rest.strip_prefix('*') {
            rest = tail;
            match self.star() {
                Some(width) => {
                    if width < 0 {
                        spec.minus = true;
                    }
                    spec.width = usize::try_from(width.unsigned_abs()).ok();
                }
                None => self.out.push_str("%!(BADWIDTH)"),
            }
            after_index = false;
        } else {
            let (width, tail) = number(rest);
            rest = tail;
            spec.width = width;
            if after_index && width.is_some() {
                self.good_index = false;
            }
        }
        if let Some(tail) = rest.strip_prefix('.') {
            rest = tail;
            if after_index {
                self.good_index = false;
            }
            (rest, after_index) = self.argument_index(rest);
            if let Some(tail) = rest.strip_prefix('*') {
                rest = tail;
                match self.star() {
                    Some(precision) => spec.precision = usize::try_from(precision).ok(),
                    None => self.out.push_str("%!(BADPREC)"),
                }
                after_index = false;
            } else {
                let (precision, tail) = number(rest);
                rest = tail;
                spec.precision = Some(precision.unwrap_or(0));
            }
        }
        if !after_index {
            (rest, _) = self.argument_index(rest);
        }
        let Some(verb) = rest.chars().next() else {
            self.out.push_str("%!(NOVERB)");
            return rest;
        };
        self.verb(spec, verb);
        &rest[verb.len_utf8()..]
    }

    fn verb(&mut self, spec: Spec, verb: char) {
        if verb == '%' {
            self.out.push('%');
        } else if !self.good_index {
            self.out.push_str(&format!("%!{verb}(BADINDEX)"));
        } else if let Some(value) = self.arguments.get(self.next) {
            self.next += 1;
            format_value(&mut self.out, spec, verb, value);
        } else {
            self.out.push_str(&format!("%!{verb}(MISSING)"));
        }
    }

    /// Reads `[n]`, which makes the next argument the nth.
    fn argument_index<'f>(&mut self, text: &'f str) -> (&'f str, bool) {
        let Some(inside) = text.strip_prefix('[') else {
            return (text, false);
        };
        self.reordered = true;
        let Some(close) = inside.find(']') else {
            self.good_index = false;
            return (inside, false);
        };
        let rest = &inside[close + 1..];
        let index = inside[..close].parse::<usize>().ok().and_then(|index| index.checked_sub(1));
        match index.filter(|index| *index < self.arguments.len()) {
            Some(index) => {
                self.next = index;
                (rest, true)
            }
            None => {
                self.good_index = false;
                (rest, false)
            }
        }
    }

    /// A width or precision from an argument.
    fn star(&mut self) -> Option<i64> {
        let value = self.arguments.get(self.next)?;
        self.next += 1;
        value
            .as_int()
            .filter(|number| usize::try_from(number.unsigned_abs()).is_ok_and(|size| size <= WIDEST))
    }

    /// Notes the arguments that no verb has used.
    fn extra(&mut self) {
        if self.reordered || self.next >= self.arguments.len() {
            return;
        }
        self.out.push_str("%!(EXTRA ");
        for (index, value) in self.arguments[self.next..].iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            self.out.push_str(value.type_name());
            if *value != Value::Nil {
                self.out.push('=');
                print(&mut self.out, value);
            }
        }
        self.out.push(')');
    }
}

/// The decimal number that `text` starts with and what follows. After one that is too large Go gives up
/// on the rest of the format.
fn number(text: &str) -> (Option<usize>, &str) {
    let mut value = None;
    for (index, digit) in text.bytes().enumerate() {
        if !digit.is_ascii_digit() {
            return (value, &text[index..]);
        }
        let before = value.unwrap_or(0);
        if before > WIDEST {
            return (None, "");
        }
        value = Some(before * 10 + usize::from(digit - b'0'));
    }
    (value, "")
}
