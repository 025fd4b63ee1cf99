//! Files that include each other, and an order in which every file comes after those it includes.

use super::go_text::{GoText, code};
use super::include::{File, Graph};
use super::load_error::Findings;
use super::path::relative;
use crate::diagnostic::Diagnostic;
use std::path::Path;

/// The files in an order in which each stands after all it includes; a cycle is a finding, with its whole path.
///
/// Includes are followed in the order they are written, where go-task's own order is random.
pub(super) fn order(graph: &Graph, working_dir: &Path, findings: &mut Findings) -> Vec<usize> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut states = vec![State::New; graph.files.len()];
    let mut done = Vec::with_capacity(graph.files.len());
    let mut path: Vec<(usize, usize)> = Vec::new();
    if !graph.files.is_empty() {
        path.push((0, 0));
        states[0] = State::Open;
    }
    while let Some((file, edge)) = path.last_mut() {
        let Some(next) = graph.files[*file].edges.get(*edge) else {
            states[*file] = State::Done;
            done.push(*file);
            path.pop();
            continue;
        };
        *edge += 1;
        let Some(target) = next.target.map(|id| id.0 as usize) else { continue };
        match states[target] {
            State::New => {
                states[target] = State::Open;
                path.push((target, 0));
            }
            State::Open => {
                let start = path.iter().position(|(file, _)| *file == target).unwrap_or(0);
                let steps: Vec<(usize, usize)> =
                    path[start..].iter().map(|(file, edge)| (*file, edge - 1)).collect();
                report(graph, &steps, working_dir, findings);
            }
            State::Done => {}
        }
    }
    done
}

/// go-task names the file the cycle is entered by and the one that it includes.
fn report(graph: &Graph, steps: &[(usize, usize)], working_dir: &Path, findings: &mut Findings) {
    let path = |file: &File| file.path.display().to_string();
    let Some((first, _)) = steps.first() else { return };
    let second = steps.get(1).map_or(*first, |(file, _)| *file);
    let go = format!(
        "task: include cycle detected between {} <--> {}",
        path(&graph.files[*first]),
        path(&graph.files[second])
    );
    let shown = |file: &File| relative(working_dir, &file.path).display().to_string();
    let mut names: Vec<String> = steps.iter().map(|(file, _)| shown(&graph.files[*file])).collect();
    names.push(shown(&graph.files[*first]));
    let message = format!("Taskfiles include each other: {}", names.join(" -> "));
    let mut diagnostic = Diagnostic::error("fleet::taskfile::include_cycle", message)
        .help("remove one of these includes, or move what both files need into a third one");
    for (step, (file, edge)) in steps.iter().enumerate() {
        let include = &graph.files[*file].edges[*edge].include;
        let label =
            if step + 1 == steps.len() { "includes the first file again" } else { "includes the next file" };
        diagnostic = diagnostic.at(include.span, label);
    }
    findings.fail(code::CYCLE, GoText::Plain(go), diagnostic);
}
