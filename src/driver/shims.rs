//! Names that commands find on PATH in place of the machine's own: `task` is this fleet, `jq` the one in it. They stand
//! as links in a directory that nobody else can write to, named after the executable, so that fleets which run at once
//! share it and a new version makes a new one.

use crate::model::{JqShim, Shims};
use crate::process::find_program;
use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_128;

/// The variables that decide.
type Variables = [(OsString, OsString)];

fn variable<'v>(variables: &'v Variables, name: &str) -> Option<&'v OsStr> {
    variables.iter().rev().find(|(own, _)| own == name).map(|(_, value)| value.as_os_str())
}

/// `PATH` with the directory of the shims before it; `None` where all names mean the right programs already.
///
/// # Errors
/// The directory cannot be made, or is not ours alone.
pub(super) fn path_with_shims(variables: &Variables, shims: Shims) -> io::Result<Option<OsString>> {
    let path = variable(variables, "PATH").unwrap_or_default();
    let executable = std::env::current_exe()?;
    let own = fs::metadata(&executable)?;
    let names = wanted(path, &own, shims);
    if names.is_empty() {
        return Ok(None);
    }
    let directory = directory(variables, &executable, &own, &names)?;
    let mut whole = directory.into_os_string();
    if !path.is_empty() {
        whole.push(":");
        whole.push(path);
    }
    Ok(Some(whole))
}

/// The names that mean something else on PATH, or nothing.
fn wanted(path: &OsStr, own: &Metadata, shims: Shims) -> Vec<&'static str> {
    let found = |name: &str| find_program(OsStr::new(name), path, Path::new("/")).ok();
    let is_own = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|other| other.dev() == own.dev() && other.ino() == own.ino())
    };
    let task = shims.task && !found("task").is_some_and(|path| is_own(&path));
    let jq = match shims.jq {
        JqShim::Never => false,
        JqShim::Missing => found("jq").is_none(),
        JqShim::Always => !found("jq").is_some_and(|path| is_own(&path)),
    };
    let mut names = Vec::new();
    if task {
        names.extend(["task", "fleet"]);
    }
    if jq {
        names.push("jq");
    }
    names
}

/// The directory with links of these names.
fn directory(
    variables: &Variables,
    executable: &Path,
    own: &Metadata,
    names: &[&str],
) -> io::Result<PathBuf> {
    let base = base(variables)?;
    let identity = format!("{executable:?} {} {} {} {names:?}", own.dev(), own.ino(), own.mtime());
    let directory = base.join(format!("shims-{:032x}", xxh3_128(identity.as_bytes())));
    if is_whole(&directory, executable, names) {
        return Ok(directory);
    }
    // Made aside and then renamed: whoever finds it finds it whole, even if we are killed.
    let aside = base.join(format!("new-{}-{:x}", std::process::id(), fastrand::u64(..)));
    private().create(&aside)?;
    let made = names
        .iter()
        .try_for_each(|name| symlink(executable, aside.join(name)))
        .and_then(|()| fs::rename(&aside, &directory));
    if made.is_err() {
        let _ = fs::remove_dir_all(&aside);
    }
    // Another fleet may have been faster.
    if is_whole(&directory, executable, names) {
        return Ok(directory);
    }
    made.and(Err(io::Error::other(format!("{} is not as we made it", directory.display()))))
}

/// Whether it is our directory, with these links to us.
fn is_whole(directory: &Path, executable: &Path, names: &[&str]) -> bool {
    is_private(directory)
        && names.iter().all(|name| fs::read_link(directory.join(name)).is_ok_and(|link| link == executable))
}

fn private() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}

/// Whether a path is a directory, no link, that is ours and of nobody else's.
fn is_private(path: &Path) -> bool {
    let own = rustix::process::geteuid().as_raw();
    fs::symlink_metadata(path)
        .is_ok_and(|found| found.is_dir() && found.uid() == own && found.mode() & 0o077 == 0)
}

/// Whether nobody else can put another directory in the place of this one: all above it belong to us or the system, and
/// who may write to one of them may not move what is another's.
fn is_out_of_reach(path: &Path) -> bool {
    let own = rustix::process::geteuid().as_raw();
    let is_safe = |above: &Path| {
        fs::metadata(above).is_ok_and(|found| {
            let is_shared = found.mode() & 0o022 != 0 && found.mode() & 0o1000 == 0;
            (found.uid() == own || found.uid() == 0) && !is_shared
        })
    };
    fs::canonicalize(path).is_ok_and(|path| path.ancestors().skip(1).all(is_safe))
}

/// Where directories of shims are: in the user's runtime directory, or in one of our own below `/tmp`.
fn base(variables: &Variables) -> io::Result<PathBuf> {
    let runtime = variable(variables, "XDG_RUNTIME_DIR").map(PathBuf::from);
    let runtime = runtime.filter(|path| path.is_absolute() && is_private(path) && is_out_of_reach(path));
    let runtime = runtime.map(|path| path.join("fleet"));
    let temporary = PathBuf::from(format!("/tmp/fleet-{}", rustix::process::geteuid().as_raw()));
    let mut last = None;
    for base in runtime.into_iter().chain([temporary]) {
        match private().create(&base) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => last = Some(error),
            _ if is_private(&base) => return Ok(base),
            _ => last = Some(io::Error::other(format!("{} belongs to somebody else", base.display()))),
        }
    }
    Err(last.unwrap_or_else(|| io::Error::from(io::ErrorKind::NotFound)))
}

#[cfg(test)]
mod tests {
    use super::{Variables, path_with_shims};
    use crate::model::{JqShim, Shims};
    use std::ffi::OsString;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::{Path, PathBuf};

    const ALL: Shims = Shims { task: true, jq: JqShim::Always };

    fn private() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        dir
    }

    fn variables(runtime: &Path, path: &str) -> Vec<(OsString, OsString)> {
        vec![("XDG_RUNTIME_DIR".into(), runtime.into()), ("PATH".into(), path.into())]
    }

    fn first(variables: &Variables, shims: Shims) -> Option<PathBuf> {
        let path = path_with_shims(variables, shims).unwrap()?;
        std::env::split_paths(&path).next()
    }

    #[test]
    fn links_stand_in_a_directory_of_ours_and_are_made_once() {
        let runtime = private();
        let variables = variables(runtime.path(), "/usr/bin");
        let dir = first(&variables, ALL).unwrap();
        assert!(dir.starts_with(runtime.path()));
        assert_eq!(std::fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
        for name in ["task", "fleet", "jq"] {
            assert_eq!(std::fs::read_link(dir.join(name)).unwrap(), std::env::current_exe().unwrap());
        }
        assert_eq!(first(&variables, ALL), Some(dir.clone()));
        assert_eq!(std::fs::read_dir(dir.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn names_that_are_us_already_need_none() {
        let (runtime, bin) = (private(), private());
        let own = std::env::current_exe().unwrap();
        for name in ["task", "jq"] {
            symlink(&own, bin.path().join(name)).unwrap();
        }
        let path = bin.path().to_str().unwrap();
        assert_eq!(first(&variables(runtime.path(), path), ALL), None);
        std::fs::remove_file(bin.path().join("jq")).unwrap();
        let missing = Shims { task: false, jq: JqShim::Missing };
        let dir = first(&variables(runtime.path(), path), missing).unwrap();
        assert!(dir.join("jq").exists() && !dir.join("task").exists());
        let never = Shims { task: false, jq: JqShim::Never };
        assert_eq!(first(&variables(runtime.path(), ""), never), None);
    }

    #[test]
    fn what_others_could_write_to_or_have_changed_is_not_used() {
        let runtime = private();
        let variables = variables(runtime.path(), "");
        let dir = first(&variables, ALL).unwrap();
        std::fs::remove_file(dir.join("jq")).unwrap();
        symlink("/bin/false", dir.join("jq")).unwrap();
        assert!(path_with_shims(&variables, ALL).is_err(), "a link to another program");
        let open = private();
        std::fs::set_permissions(open.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let dir = first(&super::tests::variables(open.path(), ""), ALL);
        assert!(dir.is_none_or(|dir| !dir.starts_with(open.path())), "a directory that all may write to");
        let shared = private();
        std::fs::set_permissions(shared.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let within = shared.path().join("own");
        super::private().create(&within).unwrap();
        let dir = first(&super::tests::variables(&within, ""), ALL);
        assert!(dir.is_none_or(|dir| !dir.starts_with(shared.path())), "a directory that others can replace");
        let linked = private();
        symlink(runtime.path().join("fleet"), linked.path().join("fleet")).unwrap();
        let dir = first(&super::tests::variables(linked.path(), ""), ALL);
        assert!(dir.is_none_or(|dir| !dir.starts_with(linked.path())), "a link in the directory's place");
    }
}
