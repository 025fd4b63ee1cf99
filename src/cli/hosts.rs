//! `fleet hosts`: the hosts of the fleet.

use super::args::{Arguments, Hosts};
use super::columns::columns;
use super::{Failure, fleet, print, project};
use crate::model::{Host, Selector};
use crate::process::Outlet;
use crate::source::Span;

/// Runs the command.
pub(super) fn run(arguments: &Arguments, hosts: &Hosts, program: &str) -> Result<u8, Failure> {
    let loaded = project::load(arguments)?;
    let stdout = Outlet::stdout();
    let variables = loaded.variables(program, &[], &stdout, arguments)?;
    let engine = fleet::engine(&loaded, &variables, &fleet::Wish::to_look(None), arguments)?;
    let selected = select(&engine.hosts, hosts.selector.as_deref().unwrap_or("*"))
        .map_err(|diagnostic| Failure::finding(diagnostic, &loaded.sources, arguments))?;
    let text = if hosts.json {
        let text = serde_json::to_string_pretty(&selected).map_err(Failure::error)?;
        format!("{text}\n")
    } else {
        table(&selected)
    };
    print(&stdout, &text)?;
    Ok(0)
}

pub(super) fn select(hosts: &[Host], text: &str) -> Result<Vec<Host>, crate::diagnostic::Diagnostic> {
    let selector = Selector::parse(text).map_err(|error| error.diagnostic(Span::NONE))?;
    let indices = selector.select(hosts).map_err(|error| error.diagnostic(Span::NONE))?;
    Ok(indices.into_iter().filter_map(|index| hosts.get(index).cloned()).collect())
}

fn table(hosts: &[Host]) -> String {
    let rows: Vec<[String; 5]> = hosts
        .iter()
        .map(|host| {
            let login = host
                .user
                .as_ref()
                .map_or_else(|| host.address.clone(), |user| format!("{user}@{}", host.address));
            let system = host.system.clone().unwrap_or_else(|| "(does not evaluate)".to_owned());
            let tags: Vec<String> = host.tags.iter().map(|tag| format!("@{tag}")).collect();
            [host.name.to_string(), host.platform.word().to_owned(), system, login, tags.join(" ")]
        })
        .collect();
    columns(&rows)
}
