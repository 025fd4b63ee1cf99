//! The plan for people: a line for each step with the hosts it is done for, by stage and wave.

use super::{HostId, Node, NodeKind, Plan, Pool, PoolId, Stage};
use crate::model::{BuildOn, RebootPolicy, StepKind};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Columns at which lists of hosts are wrapped.
const WIDTH: usize = 100;

/// A line of the tree: one step and for whom it is done.
struct Row {
    stage: Stage,
    label: String,
    note: String,
    /// Limits over hosts of a tag that any of its nodes counts against.
    tag_pools: BTreeSet<PoolId>,
    hosts: Vec<HostId>,
    once: bool,
}

pub(super) fn print(plan: &Plan) -> String {
    let rows = rows(plan);
    let is_task = plan.nodes.iter().all(|node| node.stage == Stage::Task);
    let size = if is_task { count(rows.len(), "step") } else { count(plan.hosts.len(), "host") };
    let mut text = format!("{}: {size}\n", plan.name);
    let stages: Vec<Stage> = [Stage::Check, Stage::Build, Stage::Deploy, Stage::Notify, Stage::Task]
        .into_iter()
        .filter(|stage| rows.iter().any(|row| row.stage == *stage))
        .collect();
    for (index, stage) in stages.iter().enumerate() {
        let is_last = index + 1 == stages.len();
        let (branch, stem) = if is_last { ("└── ", "    ") } else { ("├── ", "│   ") };
        let _ = writeln!(text, "{branch}{}", stage.word());
        let own: Vec<&Row> = rows.iter().filter(|row| row.stage == *stage).collect();
        for (index, row) in own.iter().enumerate() {
            let is_last = index + 1 == own.len();
            let (branch, below) = if is_last { ("└── ", "    ") } else { ("├── ", "│   ") };
            write_row(&mut text, plan, row, &format!("{stem}{branch}"), &format!("{stem}{below}"));
        }
    }
    text
}

fn count(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// Nodes that differ in their host alone share a row, at the place of the first of them.
fn rows(plan: &Plan) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut places = indexmap::IndexMap::<(Stage, String, Option<usize>), usize>::new();
    for node in &plan.nodes {
        // Both are only how a plan hangs together: nothing that a person waits for.
        if matches!(node.kind, NodeKind::Derivation | NodeKind::Report) {
            continue;
        }
        let (label, wave) = match &node.kind {
            NodeKind::Activate { action, wave, .. } => (format!("{} wave {}", action.verb(), wave + 1), None),
            NodeKind::Wave { .. } => (node.kind.label(), Some(rows.len())),
            NodeKind::Reboot { wave, .. } => (format!("reboot wave {}", wave + 1), None),
            NodeKind::RollBack { wave, .. } => (format!("roll back wave {}", wave + 1), None),
            NodeKind::Notify(_) | NodeKind::Hook { stage: Stage::Notify, .. } => {
                (node.kind.label(), Some(rows.len()))
            }
            _ => (node.kind.label(), None),
        };
        let place = *places.entry((node.stage, label.clone(), wave)).or_insert(rows.len());
        if place == rows.len() {
            rows.push(Row {
                stage: node.stage,
                label,
                note: note(plan, node),
                tag_pools: BTreeSet::new(),
                hosts: Vec::new(),
                once: node.host.is_none(),
            });
        }
        if let Some(row) = rows.get_mut(place) {
            row.hosts.extend(node.host);
            row.tag_pools.extend(&*node.tag_pools);
        }
    }
    for row in &mut rows {
        for pool in row.tag_pools.iter().filter_map(|id| plan.pools.get(id.0 as usize)) {
            let (between, limit) = (if row.note.is_empty() { "" } else { ", " }, pool.limit.unwrap_or(1));
            let _ = write!(row.note, "{between}{limit} of {} at once", pool.name);
        }
    }
    rows
}

/// What else is to be known of a step.
fn note(plan: &Plan, node: &Node) -> String {
    let limit = node.pool.and_then(|pool| plan.pools.get(pool.0 as usize)).and_then(|pool: &Pool| pool.limit);
    let at_once = match (&node.kind, limit) {
        (NodeKind::Build | NodeKind::Copy | NodeKind::Activate { .. }, Some(limit)) => {
            format!("{limit} at once")
        }
        (NodeKind::Probe | NodeKind::Check(_) | NodeKind::Hook { .. }, Some(limit))
            if node.host.is_some() =>
        {
            format!("{limit} at once")
        }
        _ => String::new(),
    };
    match &node.kind {
        NodeKind::Check(step) if matches!(step.kind, StepKind::Flake) => "nix flake check".into(),
        NodeKind::Hook { hook, .. } if hook.on_host && at_once.is_empty() => "on the host".into(),
        NodeKind::Hook { hook, .. } if hook.on_host => format!("on the host, {at_once}"),
        NodeKind::Evaluate => "every host's derivation".into(),
        NodeKind::Access => "no build before every host was asked how to become root".into(),
        NodeKind::Diff { .. } => "shows what would change".into(),
        NodeKind::Confirm { wave: None } => "asks before the first host is touched".into(),
        NodeKind::Confirm { .. } => "asks before the wave is touched".into(),
        NodeKind::Wave { max_failures: None, .. } => "every host has ended, in whatever way".into(),
        NodeKind::Wave { max_failures: Some(0), .. } => "no host has failed".into(),
        NodeKind::Wave { max_failures: Some(most), .. } => {
            format!("at most {} failed", count(*most, "host"))
        }
        NodeKind::Reboot { reboot, .. } if reboot.when == RebootPolicy::Always => "one by one".into(),
        NodeKind::Reboot { .. } => "where it is needed, one by one".into(),
        NodeKind::RollBack { .. } => "only if the wave failed".into(),
        NodeKind::Notify(notification) if notification.when.is_empty() => "always".into(),
        NodeKind::Notify(notification) => {
            let words: Vec<&str> = notification.when.iter().map(|when| when.word()).collect();
            format!("when {}", words.join(", "))
        }
        NodeKind::Activate { quiesce: Some(_), .. } if at_once.is_empty() => "holding a lease".into(),
        NodeKind::Activate { quiesce: Some(_), .. } => format!("{at_once}, holding a lease"),
        _ => at_once,
    }
}

fn write_row(text: &mut String, plan: &Plan, row: &Row, first: &str, next: &str) {
    let _ = write!(text, "{first}{}", row.label);
    if !row.note.is_empty() {
        let _ = write!(text, " ({})", row.note);
    }
    if row.once {
        text.push('\n');
        return;
    }
    let names = row.hosts.iter().filter_map(|id| plan.host(*id)).map(|host| match &host.build_on {
        BuildOn::Builder(builder) if row.label == "build" => format!("{} on {builder}", host.name),
        BuildOn::Target if row.label == "build" => format!("{} on itself", host.name),
        BuildOn::Local if row.label == "build" => format!("{} here", host.name),
        BuildOn::Auto if row.label == "build" => format!("{} here or on itself", host.name),
        _ => host.name.to_string(),
    });
    text.push(':');
    let mut column = first.chars().count() + row.label.chars().count() + row.note.chars().count() + 4;
    for (index, name) in names.enumerate() {
        let length = name.chars().count() + 2;
        if index > 0 {
            text.push(',');
        }
        if column + length > WIDTH && index > 0 {
            let _ = write!(text, "\n{next}  ");
            column = next.chars().count() + 2;
        } else {
            text.push(' ');
        }
        text.push_str(&name);
        column += length;
    }
    text.push('\n');
}
