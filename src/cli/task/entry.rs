//! The root Taskfile of a call (go-task 3.54 `NewRootNode`).

use super::flags::Flags;
use super::session::Failure;
use crate::frontend::taskfile::{Entry, LoadOptions, Loaded, TASKFILE_NAMES, find, find_named, load};
use crate::source::SourceMap;
use crate::template::Map;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Finds and loads the project of a call.
pub(super) fn project(flags: &Flags, sources: &mut SourceMap, environment: &Map) -> Result<Loaded, Failure> {
    let here = std::env::current_dir().map_err(|error| Failure::plain(format!("task: {error}")))?;
    let dir = if flags.on("global") {
        std::env::var_os("HOME").map(PathBuf::from)
    } else {
        flags.text("dir").filter(|dir| !dir.is_empty()).map(|dir| here.join(dir))
    };
    let (entry, dir) = match flags.text("taskfile").filter(|file| !file.is_empty()) {
        Some("-") => {
            let mut text = Vec::new();
            std::io::stdin()
                .lock()
                .read_to_end(&mut text)
                .map_err(|error| Failure::plain(format!("task: {error}")))?;
            (Entry::Stdin { text, dir: dir.clone().unwrap_or_else(|| here.clone()) }, dir)
        }
        // Messages name the file as it was typed.
        Some(file) => (Entry::File(here.join(find_named(Path::new(file), TASKFILE_NAMES)?)), dir),
        None => (Entry::File(find(dir.as_deref().unwrap_or(&here), TASKFILE_NAMES)?), None),
    };
    let options = LoadOptions {
        dir: dir.as_deref(),
        working_dir: &here,
        environment,
        names: TASKFILE_NAMES,
        extra_root_keys: &[],
    };
    Ok(load(sources, &entry, &options)?)
}
