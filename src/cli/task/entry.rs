//! The root Taskfile of a call (go-task 3.54 `NewRootNode`).

use super::session::Failure;
use super::settings::Settings;
use crate::cli::remote::Access;
use crate::frontend::taskfile::go_text::code;
use crate::frontend::taskfile::remote::is_remote;
use crate::frontend::taskfile::{Entry, LoadOptions, Loaded, TASKFILE_NAMES, find, find_named, load};
use crate::source::SourceMap;
use crate::template::Map;
use std::io::Read as _;
use std::path::{Path, PathBuf};

const NOT_FOUND: &str = "task: No Taskfile found at \"\" (or any of the parent directories). Run `task --init` to create a \
                         new Taskfile.";

/// Finds and loads the project of a call. `access` gives the way to remote files for the directory of the root.
pub(super) fn project(
    settings: &Settings,
    sources: &mut SourceMap,
    environment: &Map,
    access: impl FnOnce(&Path) -> Access,
) -> Result<(Loaded, Access), Failure> {
    // Where it was removed, only absolute paths lead anywhere.
    let here = std::env::current_dir().unwrap_or_default();
    let dir = if settings.on("global") {
        std::env::var_os("HOME").map(PathBuf::from)
    } else {
        settings.text("dir").map(|dir| here.join(dir))
    };
    let taskfile = settings.text("taskfile");
    let (entry, dir) = match taskfile.as_deref() {
        Some("-") => {
            let mut text = Vec::new();
            std::io::stdin()
                .lock()
                .read_to_end(&mut text)
                .map_err(|error| Failure::plain(format!("task: {error}")))?;
            (Entry::Stdin { text, dir: dir.clone().unwrap_or_else(|| here.clone()) }, dir)
        }
        Some(url) if is_remote(url) => (Entry::Remote { url: url.to_owned(), dir: here.clone() }, dir),
        // Messages name the file as it was typed.
        Some(file) => (Entry::File(here.join(find_named(Path::new(file), TASKFILE_NAMES)?)), dir),
        None => {
            let start = dir.as_deref().unwrap_or(&here);
            if !start.exists() {
                return Err(Failure::Plain(NOT_FOUND.to_owned(), code::NOT_FOUND));
            }
            (Entry::File(find(start, TASKFILE_NAMES)?), None)
        }
    };
    let root_dir = match (&entry, &dir) {
        (_, Some(dir)) => dir.as_path(),
        (Entry::File(path), None) => path.parent().unwrap_or(Path::new("/")),
        (Entry::Stdin { dir, .. }, None) => dir,
        (Entry::Remote { .. }, None) => Path::new(""),
    };
    let access = access(root_dir);
    let remote = access.remote();
    let options = LoadOptions {
        dir: dir.as_deref(),
        working_dir: &here,
        environment,
        names: TASKFILE_NAMES,
        extra_root_keys: &[],
        queries: false,
        remote: Some(&remote),
    };
    let loaded = load(sources, &entry, &options)?;
    Ok((loaded, access))
}
