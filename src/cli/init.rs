//! `fleet init`: a first Fleetfile for the flake that is here. It overwrites nothing.

use super::args::Arguments;
use super::{Failure, fleet, print, project};
use crate::executor::outcome::exit_code;
use crate::frontend::fleetfile::FILE_NAMES;
use crate::frontend::taskfile::TASKFILE_NAMES;
use crate::model::{Host, Platform, Project};
use crate::process::Outlet;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// Names of a pipeline for the hosts of a platform, the best one first.
const PIPELINES: &[(Platform, &str, [&str; 3])] = &[
    (Platform::Nixos, "NixOS", ["apply-nixos", "deploy-nixos", "fleet-nixos"]),
    (Platform::Darwin, "nix-darwin", ["apply-darwin", "deploy-darwin", "fleet-darwin"]),
];

/// Runs the command.
pub(super) fn run(arguments: &Arguments, program: &str) -> Result<u8, Failure> {
    if let Some(there) = FILE_NAMES.iter().find(|name| Path::new(name).exists()) {
        let help = "`fleet check` looks it over; docs/fleetfile.md has every key";
        return Err(Failure::helped(format!("there is a {there} already"), help, exit_code::FAILED));
    }
    if !Path::new("flake.nix").exists() {
        let help = "the hosts of a fleet are a flake's `nixosConfigurations` and `darwinConfigurations`; for tasks \
                    alone, `fleet task --init` writes a Taskfile";
        return Err(Failure::helped("there is no flake.nix here", help, exit_code::FAILED));
    }
    let file = PathBuf::from(FILE_NAMES[0]);
    let taskfile = TASKFILE_NAMES.iter().copied().find(|name| Path::new(name).exists());
    let before = match taskfile {
        None => None,
        Some(name) => {
            let arguments = Arguments { file: Some(name.into()), ..arguments.clone() };
            Some(project::load(&arguments)?.project)
        }
    };
    let write = |hosts: Option<&[Host]>| compose(taskfile, before.as_deref(), hosts);
    let unwritten = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::error(format!("there is a {} already", file.display())),
        _ => Failure::error(format!("{} cannot be written: {error}", file.display())),
    };
    let mut made = OpenOptions::new().write(true).create_new(true).open(&file).map_err(unwritten)?;
    made.write_all(write(None).as_bytes()).map_err(unwritten)?;
    let stdout = Outlet::stdout();
    print(&stdout, &format!("wrote {}\n", file.display()))?;
    // What was written is read as everybody will read it.
    let arguments = Arguments { file: Some(file.clone()), ..arguments.clone() };
    let loaded = project::load(&arguments)?;
    let variables = loaded.variables(program, &[], &stdout, &arguments)?;
    let engine = fleet::engine(&loaded, &variables, &fleet::Wish::to_look(None), &arguments)?;
    engine.finish();
    fs::write(&file, write(Some(&engine.hosts))).map_err(unwritten)?;
    let names: Vec<&str> = engine.hosts.iter().map(|host| host.name.as_str()).collect();
    let pipeline = PIPELINES
        .iter()
        .find(|(platform, ..)| engine.hosts.iter().any(|host| host.platform == *platform))
        .map_or("", |(.., candidates)| free(candidates, before.as_deref()));
    let next = format!(
        "hosts: {}\n\nnext: see whether the addresses are right, and then\n  fleet status\n  fleet plan {pipeline}\n  \
         fleet run {pipeline} --diff\n",
        names.join(", ")
    );
    print(&stdout, &next)?;
    Ok(exit_code::GOOD)
}

/// The first name that no task has.
fn free<'n>(candidates: &[&'n str; 3], before: Option<&Project>) -> &'n str {
    let is_free = |name: &&&str| !before.is_some_and(|project| project.tasks.contains_key(**name));
    candidates.iter().find(is_free).unwrap_or(&candidates[2])
}

/// The text; `hosts` are those of the flake, where they are known.
fn compose(taskfile: Option<&str>, before: Option<&Project>, hosts: Option<&[Host]>) -> String {
    let mut text = String::from("version: \"3\"\n\n");
    if let Some(taskfile) = taskfile {
        let _ = write!(
            text,
            "includes:\n  tasks: # the Taskfile as it is, under the names that it has\n    taskfile: {taskfile}\n    \
             flatten: true\n\n"
        );
    }
    text.push_str(
        "fleet:\n  flake: .\n  defaults:\n    # user: root # whom ssh logs in as; others need sudo\n    address: \"{{.HOST}}\" # what ssh connects to\n    \
         build_on: target # or local, auto, [USER@]HOST\n",
    );
    if let Some(hosts) = hosts.filter(|hosts| !hosts.is_empty()) {
        text.push_str("  hosts: # what the flake cannot know: address, user, port, tags\n");
        for host in hosts {
            let _ = writeln!(text, "    {}: {{tags: []}}", host.name);
        }
    }
    let has = |platform: Platform| {
        hosts.map_or(platform == Platform::Nixos, |hosts| hosts.iter().any(|host| host.platform == platform))
    };
    let pipelines: Vec<_> = PIPELINES.iter().filter(|(platform, ..)| has(*platform)).collect();
    if !pipelines.is_empty() {
        text.push_str("\npipelines:\n");
    }
    for (platform, system, candidates) in pipelines {
        let _ = write!(
            text,
            "  {}:\n    desc: Check, build and apply {system} configurations\n    platform: {}\n    \
             check: [reachable, disk]\n    deploy:\n      action: switch\n      on_failure: roll_back_host\n",
            free(candidates, before),
            platform.word()
        );
    }
    text
}
