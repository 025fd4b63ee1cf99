//! The real shell: found once.

use std::path::PathBuf;
use std::sync::OnceLock;

/// A shell program.
#[derive(Debug)]
pub(super) struct Interpreter {
    /// Its absolute path.
    pub(super) path: PathBuf,
    /// Whether it is bash.
    pub(super) bash: bool,
}

/// `bash` from our own `PATH`, or else `sh`. go-task's built-in shell is bash-like, so `sh` runs most scripts, not all.
pub(super) fn find() -> Option<&'static Interpreter> {
    static FOUND: OnceLock<Option<Interpreter>> = OnceLock::new();
    let look = |name: &str| which::which_global(name).ok();
    let bash = || look("bash").map(|path| Interpreter { path, bash: true });
    let sh = || look("sh").map(|path| Interpreter { path, bash: false });
    FOUND.get_or_init(|| bash().or_else(sh)).as_ref()
}
