//! Asks hosts how they are, and runs commands there.

use super::{Native, lock, probe};
use crate::driver::ssh::{Answer, Connection, Destination, Script, quote};
use crate::driver::tool::Limits;
use crate::driver::{
    DriverError, Execution, Flake as _, HostStatus, Inspect, Intended, Io, StorePath, WentBack,
};
use crate::driver::{ErrorKind, Evaluated};
use crate::model::Host;
use std::time::{Duration, Instant};

const STATUS: &str = concat!(
    include_str!("state.sh"),
    include_str!("lock.sh"),
    include_str!("watchdog.sh"),
    include_str!("status.sh")
);

impl Inspect for Native {
    fn status(&self, host: &Host, io: Io<'_>) -> Result<HostStatus, DriverError> {
        let answer = self.ssh.ask(&Destination::of(host)?, &Script::new(STATUS), io);
        probe::complete(host, &answer)?;
        Ok(status(&answer))
    }

    fn execute(&self, host: &Host, execution: &Execution, io: Io<'_>) -> Result<i32, DriverError> {
        let words: Vec<String> = execution.words.iter().map(|word| quote(word)).collect();
        // `exec` finds programs alone: what is a builtin of the shell here would not be one elsewhere.
        let body = format!("(exec {}) </dev/null\nsay code $?\nsay end 1", words.join(" "));
        let mut script = Script::new(body);
        if execution.as_root {
            script = script.by(self.known_or_probed(host, io)?.privilege);
        }
        let deadline = execution.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let limits = Limits { deadline, ..Limits::new(io.cancel) };
        let answer = self.ssh.run(&Destination::of(host)?, Connection::Shared, &script, limits, io);
        probe::complete(host, &answer)?;
        answer.value("code").and_then(|code| code.parse().ok()).ok_or_else(|| {
            DriverError::new(ErrorKind::Other, format!("{} does not tell how the command ended", host.name))
        })
    }

    fn intended(&self, hosts: &[Host], io: Io<'_>) -> Result<Vec<Intended>, DriverError> {
        let output = |(name, derivation): Evaluated| {
            let output = derivation.and_then(|derivation| {
                self.flake.output(&derivation).ok_or_else(|| {
                    DriverError::new(ErrorKind::Evaluation, format!("{name} has no output that is known"))
                })
            });
            (name, output)
        };
        Ok(self.evaluate(hosts, io)?.into_iter().map(output).collect())
    }
}

fn status(answer: &Answer) -> HostStatus {
    let filled = |name| answer.value(name).filter(|value| !value.is_empty());
    HostStatus {
        state: probe::state(answer),
        booted: filled("booted").and_then(|path| StorePath::new(path).ok()),
        // A clock that was set back since counts as no time.
        age: filled("age").and_then(|age| age.parse::<i64>().ok()).map(|age| {
            let seconds = u64::try_from(age).unwrap_or_default();
            Duration::from_secs(seconds)
        }),
        revision: filled("revision").map(str::to_owned),
        failed_units: answer.values("failed").map(str::to_owned).collect(),
        lock: lock::lock(answer),
        jobs: answer.values("job").map(str::to_owned).collect(),
        went_back: went_back(answer),
        needs_reboot: probe::needs_reboot(answer),
    }
}

fn went_back(answer: &Answer) -> Option<WentBack> {
    let number = |name| answer.value(name).and_then(|text| text.parse::<i64>().ok());
    let path = |name| answer.value(name).and_then(|text| StorePath::new(text).ok());
    let age = number("now")?.saturating_sub(number("returned_at")?);
    Some(WentBack {
        from: path("returned_from")?,
        to: path("returned_to")?,
        code: answer.value("returned_code").and_then(|code| code.parse().ok()),
        age: Duration::from_secs(u64::try_from(age).unwrap_or_default()),
    })
}
