//! YAML nodes as the values that templates see. Knows nothing of where values go.

use super::layout_parse::parse;
use super::value::{Map, Value};
use crate::yaml::{Kind, Node, Resolved, merged};
use jiff::tz::TimeZone;

impl Node {
    /// The node as an untyped value (Go's `any`), merge keys merged.
    ///
    /// A date is its text (go-task 3.54 panics on one), an integer beyond 64 signed bits its digits.
    /// Keys are taken by their text; a key that is itself a collection is left out.
    #[must_use]
    pub fn to_value(&self) -> Value {
        self.value(&|text| Value::string(text))
    }

    /// The same with dates as times, as the function `fromYaml` has it.
    pub(super) fn to_value_with_times(&self) -> Value {
        self.value(&|text| match timestamp(text) {
            Some(time) => Value::Time(Box::new(time)),
            None => Value::string(text),
        })
    }

    fn value(&self, date: &dyn Fn(&str) -> Value) -> Value {
        match &self.kind {
            Kind::Scalar(scalar) => match self.resolve() {
                Some(Resolved::Null) | None => Value::Nil,
                Some(Resolved::Bool(value)) => Value::Bool(value),
                Some(Resolved::Int(value)) => Value::Int(value),
                Some(Resolved::Float(value)) => Value::Float(value),
                Some(Resolved::Unsigned(value)) => Value::string(value.to_string()),
                Some(Resolved::Timestamp) => date(&scalar.text),
                Some(Resolved::String(_) | Resolved::Mismatch(..)) => Value::String(scalar.text.clone()),
            },
            Kind::Sequence(items) => Value::list(items.iter().map(|item| item.value(date))),
            Kind::Mapping(_) => {
                let fields = merged(self);
                let entries = fields
                    .entries
                    .iter()
                    .filter_map(|(key, value)| Some((key.as_scalar()?.text.clone(), value.value(date))));
                Value::map(entries.collect::<Map>())
            }
        }
    }
}

/// A date in one of the four forms that yaml.v3 knows.
fn timestamp(text: &str) -> Option<jiff::Zoned> {
    const LAYOUTS: [&str; 4] = [
        "2006-1-2T15:4:5.999999999Z07:00",
        "2006-1-2t15:4:5.999999999Z07:00",
        "2006-1-2 15:4:5.999999999",
        "2006-1-2",
    ];
    LAYOUTS.iter().find_map(|layout| parse(layout, text, &TimeZone::UTC).ok())
}
