//! Nix's own log, read from its JSON form (`--log-format internal-json`; nix `src/libutil/logging.cc`): what is built,
//! what builds print, what goes wrong, and which derivation each line is about.

use serde_json::Value;
use std::collections::HashMap;

/// Kinds of activities and results (nix `src/libutil/logging.hh`).
const BUILD: u64 = 105;
const BUILDS: u64 = 104;
const LOG_LINE: u64 = 101;
const PROGRESS: u64 = 105;
/// What is shown without `-v`.
const INFO: u64 = 3;

/// What a line of the log says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A line for people, and the derivation that it is about, where it is about one.
    Line { text: String, about: Option<String> },
    /// A derivation that is going to be built.
    Planned(String),
    /// The build of a derivation begins.
    Started(String),
    /// Some build has ended.
    Progress,
}

/// Follows the log of one nix.
#[derive(Default)]
pub(super) struct Log {
    /// Derivations that are built, by activity.
    builds: HashMap<u64, String>,
    /// How many builds each such activity counted.
    counted: HashMap<u64, u64>,
}

impl Log {
    /// Reads a line of standard error.
    pub(super) fn read(&mut self, line: &str) -> Vec<Event> {
        let Some(json) = line.strip_prefix("@nix ") else {
            return vec![Event::Line { text: line.to_owned(), about: None }];
        };
        let Ok(json) = serde_json::from_str::<Value>(json) else { return Vec::new() };
        let number = |key: &str| json.get(key).and_then(Value::as_u64);
        let field = json.get("fields").and_then(|fields| fields.get(0));
        let id = number("id").unwrap_or_default();
        match (json.get("action").and_then(Value::as_str), number("type")) {
            (Some("msg"), _) if number("level").is_some_and(|level| level <= INFO) => {
                json.get("msg").and_then(Value::as_str).map(message).unwrap_or_default()
            }
            (Some("start"), Some(kind)) => {
                let mut events = Vec::new();
                let about = field.and_then(Value::as_str).filter(|_| kind == BUILD).map(str::to_owned);
                let text = json.get("text").and_then(Value::as_str).unwrap_or_default();
                if number("level").is_some_and(|level| level <= INFO) && !text.is_empty() {
                    events.push(Event::Line { text: format!("{}...", plain(text)), about: about.clone() });
                }
                if kind == BUILDS {
                    self.counted.insert(id, 0);
                }
                if let Some(derivation) = about {
                    self.builds.insert(id, derivation.clone());
                    events.push(Event::Started(derivation));
                }
                events
            }
            (Some("stop"), _) => {
                self.builds.remove(&id);
                Vec::new()
            }
            (Some("result"), Some(LOG_LINE)) => {
                let text = plain(field.and_then(Value::as_str).unwrap_or_default());
                vec![Event::Line { text, about: self.builds.get(&id).cloned() }]
            }
            (Some("result"), Some(PROGRESS)) => {
                match (self.counted.get_mut(&id), field.and_then(Value::as_u64)) {
                    (Some(counted), Some(count)) if count > *counted => {
                        *counted = count;
                        vec![Event::Progress]
                    }
                    _ => Vec::new(),
                }
            }
            _ => Vec::new(),
        }
    }
}

fn message(text: &str) -> Vec<Event> {
    let text = plain(text);
    let trimmed = text.trim();
    if trimmed.starts_with("/nix/store/")
        && trimmed.ends_with(".drv")
        && !trimmed.contains(char::is_whitespace)
    {
        return vec![Event::Planned(trimmed.to_owned())];
    }
    let about = derivations(&text).next().map(str::to_owned);
    text.lines().map(|line| Event::Line { text: line.to_owned(), about: about.clone() }).collect()
}

/// The paths of derivations that a text mentions in quotes.
pub(super) fn derivations(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\'', '"']).filter(|part| part.starts_with("/nix/store/") && part.ends_with(".drv"))
}

/// A text without terminal colours.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            // ESC [ ... letter
            let _ = characters.by_ref().skip_while(|next| *next == '[').find(char::is_ascii_alphabetic);
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, about: Option<&str>) -> Event {
        Event::Line { text: text.to_owned(), about: about.map(str::to_owned) }
    }

    /// Recorded from nix 2.8.
    #[test]
    fn each_line_is_about_its_derivation() {
        let drv = "/nix/store/4ckm1haf0wjnv3dqci5mrqi6qai66sgw-rydev.drv";
        let mut log = Log::default();
        let mut read = |text: &str| log.read(text);
        assert_eq!(
            read("@nix {\"action\":\"msg\",\"level\":3,\"msg\":\"these 9 derivations will be built:\"}"),
            [line("these 9 derivations will be built:", None)]
        );
        assert_eq!(
            read(&format!("@nix {{\"action\":\"msg\",\"level\":3,\"msg\":\"  {drv}\"}}")),
            [Event::Planned(drv.to_owned())]
        );
        assert_eq!(read("@nix {\"action\":\"start\",\"id\":14,\"level\":0,\"text\":\"\",\"type\":104}"), []);
        assert_eq!(
            read(&format!(
                "@nix {{\"action\":\"start\",\"fields\":[\"{drv}\",\"\",1,1],\"id\":25,\"level\":3,\"text\":\"building '{drv}'\",\"type\":105}}"
            )),
            [line(&format!("building '{drv}'..."), Some(drv)), Event::Started(drv.to_owned())]
        );
        assert_eq!(
            read("@nix {\"action\":\"result\",\"fields\":[\"set not to build\"],\"id\":25,\"type\":101}"),
            [line("set not to build", Some(drv))]
        );
        assert_eq!(read("@nix {\"action\":\"result\",\"fields\":[0,9,1,0],\"id\":14,\"type\":105}"), []);
        assert_eq!(
            read("@nix {\"action\":\"result\",\"fields\":[1,9,0,0],\"id\":14,\"type\":105}"),
            [Event::Progress]
        );
        assert_eq!(read("@nix {\"action\":\"result\",\"fields\":[1,9,0,0],\"id\":14,\"type\":105}"), []);
        assert_eq!(read("@nix {\"action\":\"stop\",\"id\":25}"), []);
        assert_eq!(
            read(&format!(
                "@nix {{\"action\":\"msg\",\"level\":0,\"msg\":\"\\u001b[31;1merror:\\u001b[0m builder for '\\u001b[35;1m{drv}\\u001b[0m' failed\"}}"
            )),
            [line(&format!("error: builder for '{drv}' failed"), Some(drv))]
        );
        assert_eq!(read("warning: plain"), [line("warning: plain", None)]);
        assert_eq!(read("@nix {\"action\":\"msg\",\"level\":6,\"msg\":\"chatter\"}"), []);
        assert_eq!(read("@nix not json"), []);
    }
}
