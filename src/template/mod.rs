//! Go `text/template` with the functions that go-task registers: parsed once, rendered many times.
//! Knows neither YAML nor tasks.

mod value;

pub use value::{Map, Value};
