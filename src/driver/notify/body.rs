//! The report of a run with the text for people beside it, for programs.

use super::Message;
use serde_json::Value as Json;

/// One JSON object: `title`, `text`, `urgent`, and all of the report.
pub(super) fn body(message: &Message) -> String {
    let mut body = serde_json::Map::new();
    body.insert("title".to_owned(), Json::from(message.title.as_str()));
    body.insert("text".to_owned(), Json::from(message.text.as_str()));
    body.insert("urgent".to_owned(), Json::from(message.urgent));
    if let Json::Object(report) = &message.report {
        body.extend(report.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    Json::Object(body).to_string()
}
