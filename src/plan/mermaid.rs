//! The plan for Mermaid (<https://mermaid.js.org/syntax/flowchart.html>).

use super::{EdgeKind, NodeKind, Plan};
use std::fmt::Write as _;

pub(super) fn print(plan: &Plan) -> String {
    let mut text = String::from("flowchart LR\n");
    for (id, node) in plan.ids().zip(&plan.nodes) {
        let host = plan.host_of(id).map(|host| format!("{}: ", host.name)).unwrap_or_default();
        let label = quoted(&format!("{host}{}", node.kind.label()));
        let _ = match node.kind {
            NodeKind::Wave { .. } | NodeKind::Confirm { .. } => writeln!(text, "  n{}{{{label}}}", id.0),
            _ => writeln!(text, "  n{}[{label}]", id.0),
        };
    }
    for from in plan.ids() {
        for edge in plan.edges(from) {
            let arrow = match edge.kind {
                EdgeKind::Success => "-->",
                EdgeKind::End => "-.->",
            };
            let _ = writeln!(text, "  n{} {arrow} n{}", from.0, edge.to.0);
        }
    }
    text
}

/// A quoted label. Whatever Mermaid or the HTML it makes could read as more than text becomes an entity code.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '#' | '&' | '<' | '>' | '`' | '\\' | ';' | '%' | '{' | '}' | '[' | ']' | '(' | ')' => {
                let _ = write!(quoted, "#{};", u32::from(c));
            }
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
