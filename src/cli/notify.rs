//! `fleet notify test`: whether the people who would be told of a run can be reached.

use super::args::{Arguments, NotifyTest};
use super::columns::columns;
use super::{Failure, options, print, project};
use crate::diagnostic::did_you_mean;
use crate::driver::{Channel, CommandEnvironment, Io, Message, Notifier, Output};
use crate::executor::channel::{channel, deliver};
use crate::executor::outcome::exit_code;
use crate::executor::render::Renderer;
use crate::model::Notification;
use crate::process::{Cancel, Outlet, Signals, Stream, escalate};
use crate::reporter::RunId;
use serde_json::json;
use std::sync::Arc;

struct Said;

impl Output for Said {
    fn line(&self, _: Stream, line: &str) {
        let _ = Outlet::stderr().write(format!("{line}\n").as_bytes());
    }
}

/// Runs the command: every notification of all pipelines, or those of a name or service, each once. A fallback is tested
/// by itself.
pub(super) fn test(arguments: &Arguments, test: &NotifyTest, program: &str) -> Result<u8, Failure> {
    let loaded = project::load(arguments)?;
    let stdout = Outlet::stdout();
    let (_, globals) = options::split(&test.variables);
    let variables = loaded.variables(program, &globals, &stdout, arguments)?;
    let render = Renderer { variables: Arc::new(variables) };
    let all = all(loaded.project.pipelines.values().flat_map(|pipeline| &pipeline.notify));
    let named = |notification: &&Notification| {
        let is =
            |name: &str| notification.name.as_deref() == Some(name) || notification.service.word() == name;
        test.name.as_deref().is_none_or(is)
    };
    let wanted: Vec<&Notification> = all.iter().filter(named).collect();
    if wanted.is_empty() {
        return Err(nobody(test.name.as_deref(), &all));
    }
    let cancel = Cancel::new();
    let signals = Signals::listen(&cancel, escalate).ok();
    if let Some(signals) = &signals {
        let _ = signals.in_thread();
    }
    let notifier =
        Notifier::new(loaded.project.root_dir.clone(), CommandEnvironment::new(loaded.project.shims()));
    let message = message(&loaded.project.root_file.display().to_string());
    let mut sent: Vec<Channel> = Vec::new();
    let (mut rows, mut code) = (Vec::new(), exit_code::GOOD);
    for notification in wanted {
        // The same in two pipelines is told once.
        if let Ok(channel) = channel(notification, &render) {
            if sent.contains(&channel) {
                continue;
            }
            sent.push(channel);
        }
        let io = Io { output: &Said, cancel: &cancel };
        let result = match deliver(notification, &message, (&render, &notifier), io) {
            Ok(_) => "delivered".to_owned(),
            Err(error) => {
                code = exit_code::NOT_NOTIFIED;
                format!("not delivered: {error}")
            }
        };
        rows.push([notification.label(), result]);
    }
    print(&stdout, &columns(&rows))?;
    Ok(code)
}

/// Notifications and their fallbacks, each by itself.
fn all<'n>(notifications: impl Iterator<Item = &'n Notification>) -> Vec<Notification> {
    let mut all = Vec::new();
    for notification in notifications {
        let mut next = Some(notification);
        while let Some(current) = next {
            all.push(Notification { fallback: None, ..current.clone() });
            next = current.fallback.as_deref();
        }
    }
    all
}

fn message(project: &str) -> Message {
    let run = RunId::new();
    Message {
        title: "fleet: a test".to_owned(),
        text: format!("This is a test of the notifications of {project}. Nothing was run."),
        urgent: false,
        report: json!({"run": run.as_str(), "name": "test", "test": true}),
    }
}

fn nobody(name: Option<&str>, all: &[Notification]) -> Failure {
    let Some(name) = name else {
        let help = "add `notify:` to a pipeline; docs/notifications.md has the services";
        return Failure::helped("no pipeline notifies anybody", help, exit_code::FAILED);
    };
    let names: Vec<&str> = all
        .iter()
        .map(|notification| notification.name.as_deref().unwrap_or(notification.service.word()))
        .collect();
    let help = match did_you_mean(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are: {}", names.join(", ")),
    };
    Failure::helped(format!("there is no notification `{}`", name.escape_debug()), help, exit_code::FAILED)
}
