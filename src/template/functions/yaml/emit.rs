//! Values as YAML text in block style, indented by 4, with sorted keys. Knows no rules of quoting.

use super::scalar::{Context, write_string};
use crate::template::float;
use crate::template::layout::format;
use crate::template::limit::OUTPUT;
use crate::template::print::printed;
use crate::template::value::{Map, Typed, Value};

/// The columns of one level; items of a list stand closer.
const INDENT: usize = 4;
/// The longest key that may stand before its colon on one line.
const LONGEST_KEY: usize = 128;

/// The document that holds `value`.
pub(super) fn emit(value: &Value) -> Result<String, String> {
    let mut emitter = Emitter { out: String::new() };
    emitter.value(value, None, Parent::Document)?;
    if !emitter.out.ends_with('\n') {
        emitter.out.push('\n');
    }
    Ok(emitter.out)
}

/// What a value stands in.
#[derive(Clone, Copy, PartialEq)]
enum Parent {
    Document,
    Sequence,
    Mapping,
}

struct Emitter {
    out: String,
}

/// The column of what stands below a parent at `indent`.
fn deeper(indent: Option<usize>, parent: Parent) -> usize {
    match (indent, parent) {
        (None, _) => 0,
        (Some(indent), Parent::Sequence) => indent + 2,
        (Some(indent), _) => (indent + INDENT) / INDENT * INDENT,
    }
}

impl Emitter {
    /// Writes a value after `- `, `key:` or nothing; `indent` is the column of the collection around it.
    fn value(&mut self, value: &Value, indent: Option<usize>, parent: Parent) -> Result<(), String> {
        if self.out.len() > OUTPUT {
            return Err(format!("the result is longer than {OUTPUT} bytes"));
        }
        let column = deeper(indent, parent);
        if let Some(items) = value.as_list().filter(|items| !items.is_empty()) {
            return self.sequence(items, column, parent);
        }
        if let Some(map) = value.as_map().filter(|map| !map.is_empty()) {
            return self.mapping(map, column, parent);
        }
        if parent == Parent::Mapping {
            self.out.push(' ');
        }
        let column = if indent.is_none() { INDENT } else { column };
        self.scalar(value, Context { column, key: false });
        self.out.push('\n');
        Ok(())
    }

    /// Starts a line for an entry of a collection, unless it follows the dash of a list around it.
    fn entry(&mut self, first: bool, column: usize, parent: Parent) {
        if first && parent == Parent::Mapping {
            self.out.push('\n');
        }
        if !(first && parent == Parent::Sequence) {
            self.out.extend(std::iter::repeat_n(' ', column));
        }
    }

    fn sequence(&mut self, items: &[Value], column: usize, parent: Parent) -> Result<(), String> {
        for (index, item) in items.iter().enumerate() {
            self.entry(index == 0, column, parent);
            self.out.push_str("- ");
            self.value(item, Some(column), Parent::Sequence)?;
        }
        Ok(())
    }

    fn mapping(&mut self, map: &Map, column: usize, parent: Parent) -> Result<(), String> {
        for (index, key) in sorted_keys(map).into_iter().enumerate() {
            self.entry(index == 0, column, parent);
            let simple = key.len() <= LONGEST_KEY && !key.contains('\n');
            if simple {
                write_string(&mut self.out, key, Context { column, key: true });
                self.out.push(':');
            } else {
                self.out.push_str("? ");
                write_string(&mut self.out, key, Context { column: column + 2, key: false });
                self.out.push('\n');
                self.out.extend(std::iter::repeat_n(' ', column));
                self.out.push(':');
            }
            self.value(map.get(key).unwrap_or(&Value::Nil), Some(column), Parent::Mapping)?;
        }
        Ok(())
    }

    fn scalar(&mut self, value: &Value, context: Context) {
        match value {
            Value::Nil => self.out.push_str("null"),
            Value::Bool(flag) => self.out.push_str(if *flag { "true" } else { "false" }),
            Value::Float(number) if number.is_nan() => self.out.push_str(".nan"),
            Value::Float(number) if number.is_infinite() => {
                self.out.push_str(if *number > 0.0 { ".inf" } else { "-.inf" });
            }
            Value::Float(number) => self.out.push_str(&float::shortest(*number)),
            Value::String(text) | Value::Typed(Typed::Uuid(text)) => {
                write_string(&mut self.out, text, context);
            }
            Value::Time(time) => format(&mut self.out, "2006-01-02T15:04:05.999999999Z07:00", time),
            Value::Duration(_) => self.out.push_str(&printed(value)),
            value if value.as_list().is_some() => self.out.push_str("[]"),
            value if value.as_map().is_some() => self.out.push_str("{}"),
            value => self.out.push_str(&value.as_int().unwrap_or_default().to_string()),
        }
    }
}

/// The keys in yaml.v3's order: numbers within them by value, letters after other characters.
fn sorted_keys(map: &Map) -> Vec<&str> {
    let mut sorted: Vec<&str> = Vec::with_capacity(map.len());
    // That order need not be total, which the standard sort may answer with a panic. Keys come first into
    // the order of their bytes, so that nearly every insertion is at the end.
    let mut keys: Vec<&str> = map.keys().map(|key| &**key).collect();
    keys.sort_unstable();
    for key in keys {
        let at = sorted.partition_point(|before| !comes_before(key, before));
        sorted.insert(at, key);
    }
    sorted
}

fn comes_before(left: &str, right: &str) -> bool {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut digits = false;
    for (index, (a, b)) in left.iter().zip(&right).enumerate() {
        if a == b {
            digits = a.is_numeric();
            continue;
        }
        match (a.is_alphabetic(), b.is_alphabetic()) {
            (true, true) => return a < b,
            (true, false) => return digits,
            (false, true) => return !digits,
            (false, false) => {}
        }
        let run = |text: &[char]| text[index..].iter().take_while(|next| next.is_ascii_digit()).count();
        let (a_digits, b_digits) = (run(&left), run(&right));
        // A zero inside of a number does not make it shorter.
        let inside = (*a == '0' || *b == '0')
            && left[..index].iter().rev().take_while(|next| next.is_ascii_digit()).any(|next| *next != '0');
        let value = |text: &[char], count: usize| {
            let start = if inside { 1 } else { 0_i64 };
            text[index..index + count].iter().fold(start, |value, digit| {
                value.wrapping_mul(10).wrapping_add(i64::from(digit.to_digit(10).unwrap_or(0)))
            })
        };
        let (a_value, b_value) = (value(&left, a_digits), value(&right, b_digits));
        return (a_value, a_digits, a) < (b_value, b_digits, b);
    }
    left.len() < right.len()
}
