//! What `--help` prints, and what is printed before the error of a flag that is none: go-task's user interface, line
//! for line in pflag's layout (go-task 3.54).

use super::flag::{Flag, Takes, flags};
use super::settings::Settings;

const ABOUT: &str = "\
Usage: task [flags...] [task...]

Runs the specified task(s). Falls back to the \"default\" task if no task name
was specified, or lists all tasks if an unknown task name was specified.

Example: 'task hello' with the following 'Taskfile.yml' file will generate an
'output.txt' file with the content \"hello\".

'''
version: '3'
tasks:
  hello:
    cmds:
      - echo \"I am going to write a file named 'output.txt' now.\"
      - echo \"hello\" > output.txt
    generates:
      - output.txt
'''

Options:
";

/// The text, with the defaults that environment and configuration give.
pub(super) fn usage(settings: &Settings) -> String {
    let rows: Vec<(String, &str, String)> = flags(settings.gentle_force())
        .map(|(flag, about)| (left(flag), about, default(flag, settings)))
        .collect();
    let width = rows.iter().map(|(left, ..)| left.len()).max().unwrap_or_default();
    let mut text = ABOUT.to_owned();
    for (left, about, default) in rows {
        text.push_str(&format!("{left:width$}   {about}{default}\n"));
    }
    text
}

fn left(flag: &Flag) -> String {
    let short = flag.short.map_or_else(|| "    ".to_owned(), |short| format!("-{short}, "));
    let kind = match flag.takes {
        Takes::Nothing => "",
        Takes::Text => " string",
        Takes::Number => " int",
        Takes::Duration => " duration",
        Takes::List => " strings",
    };
    format!("  {short}--{}{kind}", flag.long)
}

/// pflag shows a default that is not the type's zero.
fn default(flag: &Flag, settings: &Settings) -> String {
    let shown = match (flag.takes, settings.default_of(flag)) {
        (_, None) => None,
        (Takes::Nothing, Some(value)) => {
            (super::flags::go_bool(&value) == Some(true)).then(|| "true".to_owned())
        }
        (Takes::Text, Some(value)) => (!value.is_empty()).then(|| format!("{value:?}")),
        (Takes::Number, Some(value)) => {
            super::flags::go_int(&value).ok().filter(|n| *n != 0).map(|n| n.to_string())
        }
        (Takes::Duration, Some(value)) => crate::yaml::parse_duration(&value)
            .filter(|nanoseconds| *nanoseconds != 0)
            .map(|nanoseconds| crate::template::Value::Duration(nanoseconds).to_string()),
        (Takes::List, Some(value)) => (!value.is_empty()).then(|| format!("[{value}]")),
    };
    shown.map(|value| format!(" (default {value})")).unwrap_or_default()
}
