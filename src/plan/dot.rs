//! The plan for Graphviz (<https://graphviz.org/doc/info/lang.html>).

use super::{EdgeKind, NodeKind, Plan};
use std::fmt::Write as _;

pub(super) fn print(plan: &Plan) -> String {
    let mut text = format!("digraph {} {{\n", quoted(&plan.name));
    text.push_str("  rankdir=LR;\n  node [shape=box];\n");
    for (id, node) in plan.ids().zip(&plan.nodes) {
        let host = plan.host_of(id).map(|host| format!("{}: ", host.name)).unwrap_or_default();
        let label = quoted(&format!("{host}{}", node.kind.label()));
        let shape = match node.kind {
            NodeKind::Wave { .. } | NodeKind::Confirm { .. } => ", shape=diamond",
            _ => "",
        };
        let _ = writeln!(text, "  n{} [label={label}{shape}];", id.0);
    }
    for from in plan.ids() {
        for edge in plan.edges(from) {
            let style = match edge.kind {
                EdgeKind::Success => "",
                EdgeKind::End => " [style=dashed]",
            };
            let _ = writeln!(text, "  n{} -> n{}{style};", from.0, edge.to.0);
        }
    }
    text.push_str("}\n");
    text
}

/// A double-quoted string. A backslash would begin an escape of a label, such as `\n` or `\G`.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
