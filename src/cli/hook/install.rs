//! `fleet hook install` and `fleet hook uninstall`. At every moment there is a whole hook: the old one, or ours with the
//! old one beside it.

use super::script::{is_ours, kept_name, text};
use super::{failure, repository};
use crate::cli::args::{HookInstall, HookName, HookUninstall};
use crate::cli::{Failure, print};
use crate::executor::outcome::exit_code;
use crate::process::Outlet;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Where a hook is, and where the one before it is kept.
struct Files {
    dir: PathBuf,
    hook: PathBuf,
    kept: PathBuf,
}

/// Who wrote a hook.
#[derive(PartialEq)]
enum Owner {
    Nobody,
    Fleet,
    Other,
}

impl Files {
    fn of(hook: HookName) -> Result<Self, Failure> {
        let dir = repository()?.hooks_dir().map_err(|error| failure(&error))?;
        Ok(Self { hook: dir.join(hook.word()), kept: dir.join(kept_name(hook)), dir })
    }

    fn owner(&self, hook: HookName) -> Result<Owner, Failure> {
        if self.hook.symlink_metadata().is_err() {
            return Ok(Owner::Nobody);
        }
        match fs::read(&self.hook) {
            Ok(text) if is_ours(&text, hook) => Ok(Owner::Fleet),
            Ok(_) => Ok(Owner::Other),
            // A link to nowhere; git runs nothing then.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Owner::Other),
            Err(error) => Err(wrong(&self.hook, &error)),
        }
    }

    fn has_kept(&self) -> bool {
        self.kept.symlink_metadata().is_ok()
    }
}

/// Writes the hook; a second time changes nothing.
pub(super) fn install(install: &HookInstall, program: &str) -> Result<u8, Failure> {
    let files = Files::of(install.hook)?;
    let owner = files.owner(install.hook)?;
    if owner == Owner::Other && files.has_kept() {
        let sentence =
            format!("{} is not fleet's, and {} is kept already", files.hook.display(), files.kept.display());
        return Err(Failure::helped(sentence, "remove one of them", exit_code::FAILED));
    }
    let keeps = owner == Owner::Other || files.has_kept();
    let text = text(install.hook, &called(program), &install.words, keeps);
    if owner == Owner::Fleet && fs::read(&files.hook).is_ok_and(|found| found == text.as_bytes()) {
        return said(&format!("{} is there already", files.hook.display()));
    }
    fs::create_dir_all(&files.dir).map_err(|error| wrong(&files.dir, &error))?;
    if owner == Owner::Other {
        // A second name first, so that there is no moment without the hook.
        fs::hard_link(&files.hook, &files.kept)
            .or_else(|_| fs::rename(&files.hook, &files.kept))
            .map_err(|error| wrong(&files.kept, &error))?;
    }
    write(&files, &text).map_err(|error| wrong(&files.hook, &error))?;
    let kept = if keeps { format!("; runs {} first", files.kept.display()) } else { String::new() };
    said(&format!("{} runs fleet{kept}", files.hook.display()))
}

/// Takes our hook away; what was there before comes back.
pub(super) fn uninstall(uninstall: &HookUninstall) -> Result<u8, Failure> {
    let files = Files::of(uninstall.hook)?;
    match files.owner(uninstall.hook)? {
        Owner::Nobody if !files.has_kept() => said(&format!("there is no {}", files.hook.display())),
        Owner::Other => {
            let sentence = format!("{} is not fleet's", files.hook.display());
            Err(Failure::helped(sentence, "whoever wrote it takes it away", exit_code::FAILED))
        }
        _ if files.has_kept() => {
            fs::rename(&files.kept, &files.hook).map_err(|error| wrong(&files.hook, &error))?;
            said(&format!("{} is as it was before", files.hook.display()))
        }
        _ => {
            fs::remove_file(&files.hook).map_err(|error| wrong(&files.hook, &error))?;
            said(&format!("{} is removed", files.hook.display()))
        }
    }
}

fn write(files: &Files, text: &str) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(&files.dir)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(fs::Permissions::from_mode(0o755))?;
    file.persist(&files.hook).map_err(|error| error.error)?;
    Ok(())
}

/// How a hook calls this program: by its name where PATH leads to it, which survives updates, else by its path.
fn called(program: &str) -> PathBuf {
    let own = std::env::current_exe().ok();
    let real = |path: &Path| path.canonicalize().ok();
    let found = which::which("fleet").ok();
    if found.as_deref().and_then(real).is_some_and(|found| own.as_deref().and_then(real) == Some(found)) {
        return PathBuf::from("fleet");
    }
    own.unwrap_or_else(|| PathBuf::from(program))
}

fn wrong(path: &Path, error: &io::Error) -> Failure {
    let sentence = format!("{}: {error}", path.display());
    Failure::helped(
        sentence,
        "git looks for hooks there: `core.hooksPath` says so, or it is the repository's own directory",
        exit_code::FAILED,
    )
}

fn said(sentence: &str) -> Result<u8, Failure> {
    print(&Outlet::stdout(), &format!("{sentence}\n"))?;
    Ok(exit_code::GOOD)
}
