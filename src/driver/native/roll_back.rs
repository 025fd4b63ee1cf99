//! Goes back to what ran before, by the paths and generation that the probe recorded.

use super::activation::{Proof, Texts, name_of_job};
use super::job::Resumable;
use super::{Native, probe};
use crate::driver::ssh::{Connection, Script};
use crate::driver::{DriverError, ErrorKind, Io, Probe, SystemState};
use crate::model::{Action, Host, Platform};
use std::time::{Duration, Instant};

/// How long going back may take.
const LONGEST: Duration = Duration::from_secs(600);

const ACTIVATE: &str = concat!(include_str!("state.sh"), include_str!("job.sh"), include_str!("activate.sh"));

impl Native {
    pub(super) fn roll_back_system(
        &self,
        host: &Host,
        before: &Probe,
        action: Action,
        io: Io<'_>,
    ) -> Result<SystemState, DriverError> {
        let known = self.known_or_probed(host, io)?;
        let Some(old) = &before.state.current else {
            let message = format!("{} had no system before: there is nothing to go back to", host.name);
            return Err(DriverError::new(ErrorKind::Refusal, message));
        };
        let texts = Texts::new(host.platform, old);
        let job = name_of_job();
        if action.activates() {
            let script = |skip: u64| {
                Script::new(ACTIVATE)
                    .variable("JOB", job.as_str())
                    .variable("OUT", old.as_str())
                    .variable("PROGRAM", texts.program)
                    .variable("TEXT", texts.test.as_str())
                    .variable("SETS_PROFILE", "0")
                    .variable("SKIP", skip.to_string())
            };
            let answer = self.resume(
                &Resumable {
                    host,
                    privilege: &known.privilege,
                    connection: Connection::Shared,
                    deadline: Instant::now() + LONGEST,
                    script: &script,
                },
                io,
            )?;
            if let Some(why) = answer.value("refused") {
                return Err(DriverError::new(ErrorKind::Refusal, format!("{}: {why}", host.name)));
            }
        }
        // The old generation is still there: switching to it makes no new one.
        let commit = match (&before.state.profile, before.state.generation) {
            (Some(profile), Some(generation)) if action.sets_profile() => {
                let boot = match host.platform {
                    Platform::Nixos => format!(" && {profile}/bin/switch-to-configuration boot"),
                    Platform::Darwin => String::new(),
                };
                let link = "/nix/var/nix/profiles/system";
                format!(
                    "[ \"$(readlink -f {link})\" = {profile} ] || {{ nix-env -p {link} --switch-generation {generation}{boot}; }}"
                )
            }
            _ => String::new(),
        };
        let proof = Proof {
            host,
            known: &known,
            job: &job,
            wanted: action.activates().then_some(old),
            commit: &commit,
            baseline: &before.failed_units,
        };
        let answer = self.prove(&proof, io)?;
        let state = probe::state(&answer);
        self.remember(host, |known| known.state = state.clone());
        let profile = before.state.profile.is_none() || state.profile == before.state.profile;
        if state.current.as_ref() == Some(old) && (profile || !action.sets_profile()) {
            Ok(state)
        } else {
            let message = format!("{} did not go back to {old}", host.name);
            Err(DriverError::new(ErrorKind::Verification, message))
        }
    }
}
