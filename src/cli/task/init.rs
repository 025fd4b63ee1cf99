//! `--init`: a first Taskfile (go-task 3.54 `init.go`).

use super::session::Failure;
use super::settings::Settings;
use crate::frontend::taskfile::TASKFILE_NAMES;
use crate::process::Outlet;
use crate::reporter::{TaskColour, TaskPaint};
use std::path::{Path, PathBuf};

const EXISTS: u8 = 101;

const TEMPLATE: &str = "\
# yaml-language-server: $schema=https://taskfile.dev/schema.json

version: '3'

vars:
  GREETING: Hello, world!

tasks:
  default:
    desc: Print a greeting message
    cmds:
      - echo \"{{.GREETING}}\"
    silent: true
";

/// Writes it where the first word says: a file, a directory, or an extension such as `.yaml`.
pub(super) fn write(settings: &Settings, paint: TaskPaint, stdout: &Outlet) -> Result<(), Failure> {
    let here = std::env::current_dir().map_err(|error| Failure::plain(error.to_string()))?;
    let path = target(&here, settings.words().first().map(String::as_str));
    let exists = || Failure::Plain("task: A Taskfile already exists".to_owned(), EXISTS);
    let path = if path.is_dir() {
        if TASKFILE_NAMES.iter().any(|name| path.join(name).exists()) {
            return Err(exists());
        }
        path.join("Taskfile.yml")
    } else if path.exists() {
        return Err(exists());
    } else {
        path
    };
    std::fs::write(&path, TEMPLATE).map_err(|error| {
        let reason = error.to_string();
        let reason = reason.split(" (os error").next().unwrap_or_default().to_lowercase();
        Failure::plain(format!("open {}: {reason}", path.display()))
    })?;
    if settings.on("silent") {
        return Ok(());
    }
    let mut text = String::new();
    if settings.on("verbose") {
        text.push_str(TEMPLATE);
        text.push('\n');
    }
    let shown = path.strip_prefix(&here).unwrap_or(&path);
    text.push_str(&paint.paint(TaskColour::Green, &format!("Taskfile created: {}\n", shown.display())));
    stdout.write(text.as_bytes()).map_err(|_| Failure::Closed)
}

fn target(here: &Path, word: Option<&str>) -> PathBuf {
    match word {
        None => here.to_owned(),
        Some(extension)
            if extension.starts_with('.') && extension.rfind('.') == Some(0) && extension.len() > 1 =>
        {
            here.join(format!("Taskfile{extension}"))
        }
        Some(path) => here.join(path),
    }
}
