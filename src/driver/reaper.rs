//! Ends the tools of a fleet that was killed. One shell hears of each process group that begins and ends; when its pipe
//! closes, because fleet is gone for whatever reason, it ends those that are left: ssh and nix would run on otherwise. What
//! runs on a host is no child of theirs.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// What a terminal sends to everybody must not end it: a first Ctrl-C ends no activation.
const SCRIPT: &str = r#"trap '' HUP INT TERM QUIT
groups=' '
while read -r word group; do
  case $word in
    begin) groups="$groups$group " ;;
    end) case $groups in *" $group "*) groups="${groups%%" $group "*} ${groups#*" $group "}" ;; esac ;;
  esac
done
[ "$groups" != ' ' ] || exit 0
for group in $groups; do kill -TERM "-$group"; done
sleep 5
for group in $groups; do kill -KILL "-$group"; done"#;

/// The shell's pipe, once something was started.
static SHELL: Mutex<Option<ChildStdin>> = Mutex::new(None);

/// Process groups that end with fleet while this lives.
pub(super) struct Watched(Vec<u32>);

/// Has process groups ended when fleet is killed.
pub(super) fn watch(groups: Vec<u32>) -> Watched {
    for group in &groups {
        tell("begin", *group);
    }
    Watched(groups)
}

impl Drop for Watched {
    fn drop(&mut self) {
        for group in &self.0 {
            tell("end", *group);
        }
    }
}

fn tell(word: &str, group: u32) {
    let mut shell = SHELL.lock().unwrap_or_else(PoisonError::into_inner);
    if shell.is_none() {
        *shell = start();
    }
    // Without it the tools only run on, as they would without all this.
    if let Some(shell) = shell.as_mut() {
        let _ = shell.write_all(format!("{word} {group}\n").as_bytes());
    }
}

fn start() -> Option<ChildStdin> {
    let shell = Command::new("/bin/sh")
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn();
    shell.ok()?.stdin
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{Pid, test_kill_process};
    use std::time::Duration;

    #[test]
    fn what_has_begun_and_not_ended_is_ended_when_the_pipe_closes() {
        let sleeper = || Command::new("sleep").arg("1000").process_group(0).spawn().unwrap();
        let (mut kept, mut ended, mut other) = (sleeper(), sleeper(), sleeper());
        let mut pipe = start().unwrap();
        let (one, two, three) = (kept.id(), ended.id(), other.id());
        write!(pipe, "begin {one}\nbegin {two}\nbegin {three}\nend {one}\nend 1\n").unwrap();
        drop(pipe);
        // Waiting for them is what ends the test.
        ended.wait().unwrap();
        other.wait().unwrap();
        std::thread::sleep(Duration::from_millis(1));
        assert!(test_kill_process(Pid::from_child(&kept)).is_ok());
        kept.kill().unwrap();
        kept.wait().unwrap();
    }
}
