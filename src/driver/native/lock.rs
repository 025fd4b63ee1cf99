//! Reads and clears the lock that a host has (`lock.sh`).

use super::{Native, probe};
use crate::driver::ssh::{Answer, Destination, Script};
use crate::driver::{DriverError, Io, Lock, Stale};
use crate::model::Host;
use std::time::Duration;

/// Clears the lock whoever has it, and with it what an interrupted taking left.
const UNLOCK: &str = concat!(
    include_str!("state.sh"),
    include_str!("lock.sh"),
    "say_lock\nrm -rf \"$lock\" \"$lock\".*\nsay end 1\n"
);

impl Native {
    /// Clears a host's lock and returns what it was. The job that it names is left alone.
    pub(super) fn unlock_host(&self, host: &Host, io: Io<'_>) -> Result<Option<Lock>, DriverError> {
        let known = self.known_or_probed(host, io)?;
        let script = Script::new(UNLOCK).by(known.privilege);
        let answer = self.ssh.ask(&Destination::of(host)?, &script, io);
        probe::complete(host, &answer)?;
        Ok(lock(&answer))
    }
}

/// The lock that a script told of.
pub(super) fn lock(answer: &Answer) -> Option<Lock> {
    let text = |name| answer.value(name).unwrap_or_default().to_owned();
    // A clock that was set back counts as no time.
    let seconds = |name: &str| {
        let seconds = answer.value(name).and_then(|text| text.parse::<i64>().ok()).unwrap_or_default();
        Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
    };
    Some(Lock {
        owner: answer.value("lock_owner")?.to_owned(),
        run: text("lock_run"),
        job: text("lock_job"),
        held: seconds("lock_held"),
        silent: seconds("lock_silent"),
        stale: match answer.value("lock_stale") {
            Some("boot") => Some(Stale::Boot),
            Some("silent") => Some(Stale::Silent),
            _ => None,
        },
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    /// What a script says that has the lock library with a directory of its own.
    fn run(directory: &Path, shell: &str, script: &str) -> Vec<String> {
        let text = format!(
            "base={}\nsay() {{ printf '%s=%s\\n' \"$1\" \"$2\"; }}\n{}\n{script}",
            directory.display(),
            include_str!("lock.sh")
        );
        let program = Path::new(shell);
        let arguments: &[&str] = if shell == "busybox" { &["sh", "-c"] } else { &["-c"] };
        let output = Command::new(program).args(arguments).arg(text).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{shell}");
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    fn shells() -> Vec<&'static str> {
        ["sh", "bash", "busybox"].into_iter().filter(|name| which::which(name).is_ok()).collect()
    }

    #[test]
    fn one_run_has_it_and_the_others_are_told_who() {
        for shell in shells() {
            let directory = tempfile::tempdir().unwrap();
            let run = |script: &str| run(directory.path(), shell, script);
            assert_eq!(run("lock_take ryan@laptop run-1 job-1 && say taken 1"), ["taken=1"]);
            assert_eq!(
                run(
                    "lock_take 'eve@desk' run-2 job-2 || say by \"$lock_owner $lock_run $lock_job <$lock_stale>\""
                ),
                ["by=ryan@laptop run-1 job-1 <>"]
            );
            // The same run goes on.
            assert_eq!(run("lock_take ryan@laptop run-1 job-3 && say taken 1"), ["taken=1"]);
            assert_eq!(run("lock_free job-1; [ -e \"$lock\" ] && say still 1"), ["still=1"]);
            assert_eq!(run("lock_free job-3; [ -e \"$lock\" ] || say free 1; say_lock"), ["free=1"]);
            assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "{shell} left something");
        }
    }

    #[test]
    fn one_of_before_the_boot_or_long_silent_counts_for_nothing() {
        for shell in shells() {
            let directory = tempfile::tempdir().unwrap();
            let run = |script: &str| run(directory.path(), shell, script);
            run("lock_take a run-1 job-1");
            let stale = "lock_read; say stale \"$lock_stale\"";
            assert_eq!(
                run(&format!(
                    "touch -d '2 minutes ago' \"$lock\" 2>/dev/null || touch -d \"@$(($(date +%s) - 120))\" \"$lock\"; {stale}"
                )),
                ["stale=silent"]
            );
            assert_eq!(run("lock_take b run-2 job-2 && lock_read && say by \"$lock_owner\""), ["by=b"]);
            run("sed 's/^boot .*/boot another/' \"$lock\" >\"$lock.new\"; mv \"$lock.new\" \"$lock\"");
            assert_eq!(run(stale), ["stale=boot"]);
            assert_eq!(run("lock_take c run-3 job-3 && lock_read && say by \"$lock_owner\""), ["by=c"]);
        }
    }

    #[test]
    fn of_many_that_try_at_once_one_gets_it() {
        let directory = tempfile::tempdir().unwrap();
        let got: Vec<String> = std::thread::scope(|scope| {
            let takers: Vec<_> = (0..8)
                .map(|number| {
                    let script = format!("lock_take a run-{number} job-{number} && say got 1");
                    let directory = directory.path();
                    scope.spawn(move || run(directory, "sh", &format!("{script} || :")))
                })
                .collect();
            takers.into_iter().flat_map(|taker| taker.join().unwrap()).collect()
        });
        assert_eq!(got, ["got=1"]);
    }
}
