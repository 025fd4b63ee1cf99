//! Reboots a host and waits until it is back: a new boot id, over a new connection, within a time.

use super::activation::units;
use super::{Native, lock, probe};
use crate::driver::ssh::{Connection, Destination, Script};
use crate::driver::tool::Limits;
use crate::driver::{DriverError, ErrorKind, IgnoredUnits, Io, Probe, Rebooted, StorePath};
use crate::model::{Host, Platform, Proof};
use crate::process::{Cancel, Stop, Stream};
use std::time::{Duration, Instant};

const REBOOT: &str = concat!(
    include_str!("state.sh"),
    include_str!("lock.sh"),
    include_str!("job.sh"),
    include_str!("reboot.sh")
);
const REBOOTED: &str =
    concat!(include_str!("state.sh"), include_str!("lock.sh"), include_str!("rebooted.sh"));
/// Pause between two looks.
const PAUSE: Duration = Duration::from_secs(1);
/// How long one look may take.
const LOOK: Duration = Duration::from_secs(20);

impl Native {
    pub(super) fn reboot_host(
        &self,
        host: &Host,
        path: &StorePath,
        longest: Duration,
        before: &Probe,
        proof: &Proof,
        io: Io<'_>,
    ) -> Result<Rebooted, DriverError> {
        let refusal = |text: String| DriverError::new(ErrorKind::Refusal, text);
        if host.platform == Platform::Darwin {
            return Err(refusal(format!("{} runs nix-darwin, which fleet does not reboot", host.name)));
        }
        let known = self.known_or_probed(host, io)?;
        let destination = Destination::of(host)?;
        let script = Script::new(REBOOT)
            .variable("OUT", path.as_str())
            .variable("OWNER", self.holder.owner.as_str())
            .variable("RUN", self.holder.run.as_str())
            .by(known.privilege.clone());
        let answer = self.ssh.ask(&destination, &script, io);
        // The host may be gone before it has said all.
        let told = probe::complete(host, &answer);
        let Some(old) = answer.value("boot_id").map(str::to_owned) else {
            told?;
            return Err(match (answer.value("locked").and(lock::lock(&answer)), answer.value("refused")) {
                (Some(lock), _) => lock.refusal(&host.name),
                (None, why) => refusal(format!("{}: {}", host.name, why.unwrap_or("it was not rebooted"))),
            });
        };
        if let Some(why) = answer.value("refused") {
            return Err(refusal(format!("{}: {why}", host.name)));
        }
        io.output.line(Stream::Stderr, &format!("{} reboots", host.name));
        self.ssh.disconnect(&destination);
        let ignore = IgnoredUnits::new(&proof.ignore_units);
        let deadline = Instant::now() + longest;
        let mut last: Option<String>;
        loop {
            if io.cancel.sleep(PAUSE) {
                return Err(lost(host, longest, Some("the run was stopped".to_owned())));
            }
            let script = Script::new(REBOOTED)
                .variable("UNITS", before.failed_units.join("\n"))
                .by(known.privilege.clone());
            let unasked = Cancel::new();
            let until = Some((Instant::now() + LOOK).min(deadline.max(Instant::now() + PAUSE)));
            let limits = Limits { deadline: until, heed: Stop::Terminate, ..Limits::new(&unasked) };
            let answer = self.ssh.run(&destination, Connection::Fresh, &script, limits, io);
            match probe::complete(host, &answer) {
                Err(error) => last = Some(error.message),
                Ok(()) if answer.value("boot_id") == Some(&old) => {
                    last = Some("it has not rebooted".to_owned());
                }
                Ok(()) => {
                    let booting = matches!(answer.value("running"), Some("starting" | "initializing"));
                    if !booting || Instant::now() >= deadline {
                        let state = probe::state(&answer);
                        self.remember(host, |known| known.state = state.clone());
                        let failed_units =
                            units(&answer).into_iter().filter(|unit| !ignore.matches(&unit.name)).collect();
                        let booted = answer.value("booted").and_then(|path| StorePath::new(path).ok());
                        return Ok(Rebooted { state, booted, failed_units });
                    }
                    last = Some("it is still starting".to_owned());
                }
            }
            if Instant::now() >= deadline {
                return Err(lost(host, longest, last));
            }
        }
    }
}

fn lost(host: &Host, longest: Duration, last: Option<String>) -> DriverError {
    let last = last.map(|last| format!(": {last}")).unwrap_or_default();
    let message = format!("{} was rebooted and is not back within {} s{last}", host.name, longest.as_secs());
    DriverError::new(ErrorKind::ConnectionLost, message)
        .help("look at its console; the system before is in its boot menu")
}
