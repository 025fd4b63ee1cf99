//! The hidden command that the scripts of `--completion` ask (go-task 3.54 `internal/complete`).

mod line;

use super::entry;
use super::flag::{Takes, flags, long, short};
use super::options;
use super::remote;
use super::session::Session;
use super::settings::Settings;
use crate::cli::completion::{Candidate, Directive, write};
use crate::executor::runtime;
use crate::executor::task::{Runner, World};
use crate::process::{Cancel, Outlet};
use crate::reporter::TaskPaint;
use crate::source::SourceMap;
use line::Line;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// Answers the hidden command. Whatever is wrong, the answer is only shorter.
pub(super) fn answer(program: &str, mut settings: Settings, words: &[String], stdout: &Outlet) -> u8 {
    let mut words = words;
    let (mut aliases, mut descriptions) = (true, true);
    while let Some((first, rest)) = words.split_first() {
        match first.as_str() {
            "--no-aliases" => aliases = false,
            "--no-descriptions" => descriptions = false,
            _ => break,
        }
        words = rest;
    }
    let (last, before) = words.split_last().map_or(("", words), |(last, before)| (last.as_str(), before));
    settings.parse_leniently(before);
    let line = Line::read(before, last, settings.gentle_force());
    let (candidates, directive) = match &line {
        Line::Rest => (Vec::new(), Directive::Files),
        Line::Value { flag, inline } => value(flag, inline),
        Line::Flag => (flag_names(&settings), Directive::NoFiles),
        Line::Task { tasks, set } => {
            tasks_or_variables(program, &settings, tasks, set, aliases, descriptions).unwrap_or_default()
        }
    };
    write(stdout, &candidates, directive);
    0
}

/// Values of a flag; `inline` is `--flag=` where the value stands in the same word.
fn value(flag: &str, inline: &str) -> (Vec<Candidate>, Directive) {
    let several =
        |values: &[&str]| values.iter().map(|value| (format!("{inline}{value}"), String::new())).collect();
    match flag {
        "taskfile" => {
            (vec![("yml".into(), String::new()), ("yaml".into(), String::new())], Directive::Extensions)
        }
        "dir" | "remote-cache-dir" | "temp-dir" => (Vec::new(), Directive::Directories),
        "output" => (several(&["interleaved", "group", "prefixed"]), Directive::NoFiles),
        "sort" => (several(&["default", "alphanumeric", "none"]), Directive::NoFiles),
        "completion" => (several(&["bash", "zsh", "fish", "powershell", "nu"]), Directive::NoFiles),
        _ => (Vec::new(), Directive::Files),
    }
}

fn flag_names(settings: &Settings) -> Vec<Candidate> {
    let mut names = Vec::new();
    for (flag, about) in flags(settings.gentle_force()) {
        names.push((format!("--{}", flag.long), about.to_owned()));
        names.extend(flag.short.map(|short| (format!("-{short}"), about.to_owned())));
    }
    names.sort();
    names
}

/// Whether a flag, by the word it is typed as, takes the next word.
fn takes_next(word: &str, gentle_force: bool) -> Option<&'static str> {
    let flag = match word.strip_prefix("--") {
        Some(name) => long(name, gentle_force),
        None => word.strip_prefix('-').and_then(|shorts| {
            // Of a bundle only the last may take a word, when those before take none.
            let mut letters = shorts.chars();
            let last = short(letters.next_back()?)?;
            letters
                .all(|letter| short(letter).is_some_and(|flag| flag.takes == Takes::Nothing))
                .then_some(last)
        }),
    };
    flag.filter(|flag| flag.takes != Takes::Nothing).map(|flag| flag.long)
}

/// Variables that the named tasks still require, or else names of tasks.
fn tasks_or_variables(
    program: &str,
    settings: &Settings,
    tasks: &[String],
    set: &HashSet<String>,
    aliases: bool,
    descriptions: bool,
) -> Option<(Vec<Candidate>, Directive)> {
    if settings.text("taskfile").as_deref() == Some("-") {
        return None;
    }
    let environment = crate::cli::options::environment();
    let mut sources = SourceMap::default();
    let paint = TaskPaint::new(false);
    let outlet = Outlet::new(std::io::sink());
    let access = |dir: &Path| remote::access(settings, dir, &outlet, paint);
    let (loaded, _) = entry::project(settings, &mut sources, &environment, access).ok()?;
    let project = Arc::new(loaded.project);
    let options = options::task_options(program, settings, &project, Arc::clone(&environment)).ok()?;
    let world = World {
        scripts: Arc::new(crate::cli::scripts::new(crate::model::Shims::default(), outlet.clone(), paint)),
        console: Arc::new(crate::cli::console::Terminal::new(outlet.clone(), paint, Cancel::new())),
        pipelines: None,
        events: Arc::new(|_| ()),
    };
    runtime::block_on(|runtime| async move {
        let runner = Runner::new(Arc::clone(&project), options, world, runtime, Cancel::new());
        let (sources, stderr) = (Arc::new(sources), outlet.clone());
        let session = Session { project, sources, runner, paint, environment, stdout: outlet, stderr };
        let variables = session.required(tasks, set).await;
        if !variables.is_empty() {
            return Some((variables, Directive::Variables));
        }
        let sort = settings.text("sort");
        Some((session.names(sort.as_deref(), aliases, descriptions).await, Directive::NoFiles))
    })
}

impl Session {
    /// `NAME=` or `NAME=VALUE` for each variable that is required and not set yet.
    async fn required(&self, tasks: &[String], set: &HashSet<String>) -> Vec<Candidate> {
        let mut found = Vec::new();
        let mut seen = set.clone();
        for name in tasks {
            let Ok(task) = self.runner.lookup().find(name, crate::source::Span::NONE) else { continue };
            let Some((_, task_of)) = self.project.tasks.get_index(task.task.0) else { continue };
            if task_of.requires.is_empty() || task_of.aliases.iter().any(|alias| **alias == **name) {
                continue;
            }
            let scope = self.runner.describe(task.task).await.ok().map(|(_, scope)| scope);
            for required in &task_of.requires {
                if !seen.insert(required.name.clone()) {
                    continue;
                }
                let values = scope.as_ref().map(|scope| scope.allowed(required)).unwrap_or_default();
                if values.is_empty() {
                    found.push((format!("{}=", required.name), String::new()));
                }
                found
                    .extend(values.iter().map(|value| (format!("{}={value}", required.name), String::new())));
            }
        }
        found
    }

    async fn names(&self, sort: Option<&str>, aliases: bool, descriptions: bool) -> Vec<Candidate> {
        let mut names: Vec<Candidate> = Vec::new();
        let mut seen = HashSet::new();
        for id in self.in_order(true, sort) {
            let Some((_, task)) = self.project.tasks.get_index(id.0) else { continue };
            let about = match &task.desc {
                Some(text) if descriptions && !text.is_plain() => match self.runner.describe(id).await {
                    Ok((_, scope)) => scope.render(text),
                    Err(_) => text.raw().to_owned(),
                },
                Some(text) if descriptions => text.raw().to_owned(),
                _ => String::new(),
            };
            let others = task.aliases.iter().filter(|_| aliases);
            for name in std::iter::once(&task.name).chain(others) {
                // A pattern can be typed up to its first wildcard.
                let (value, whole) = match name.split_once('*') {
                    Some((before, _)) => (before, false),
                    None => (name.trim_end_matches(':'), true),
                };
                if value.is_empty() || !seen.insert(value.to_owned()) {
                    continue;
                }
                let about = match about.as_str() {
                    "" if !whole && descriptions => name.to_string(),
                    about => about.to_owned(),
                };
                names.push((value.to_owned(), about));
            }
        }
        names
    }
}
