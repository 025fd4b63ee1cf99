//! Contents out of git's store, by one `git cat-file --batch` that is asked for one after another.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The running program; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Blobs {
    child: Child,
    /// `None` only while it is dropped.
    ask: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Blobs {
    pub(super) fn start(git: &Path, dir: &Path) -> io::Result<Self> {
        let mut command = Command::new(git);
        command.args(["cat-file", "--batch"]).current_dir(dir);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let (Some(ask), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("git has no pipes"));
        };
        Ok(Self { child, ask: Some(ask), answers: BufReader::new(answers) })
    }

    /// The bytes of an object; `None` where there are more than the limit.
    pub(super) fn read(&mut self, oid: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let Some(ask) = &mut self.ask else { return Ok(None) };
        writeln!(ask, "{oid}")?;
        ask.flush()?;
        let mut header = String::new();
        self.answers.read_line(&mut header)?;
        let size = header.trim_end().rsplit(' ').next().and_then(|size| size.parse::<u64>().ok());
        let Some(size) = size else {
            return Err(io::Error::other(format!("git says `{}`", header.trim_end())));
        };
        let mut content = Vec::new();
        // With the line end that stands behind it.
        let mut answer = self.answers.by_ref().take(size + 1);
        if size > limit {
            io::copy(&mut answer, &mut io::sink())?;
            return Ok(None);
        }
        answer.read_to_end(&mut content)?;
        content.pop();
        Ok(Some(content))
    }
}

impl Drop for Blobs {
    fn drop(&mut self) {
        drop(self.ask.take());
        let _ = self.child.wait();
    }
}
