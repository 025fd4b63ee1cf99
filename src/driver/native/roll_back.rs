//! Goes back to what ran before, by the paths and generation that the probe recorded.

use super::activation::{Texts, Work, name_of_job, not_lasting};
use super::job::Tail;
use super::{Native, probe};
use crate::driver::{DriverError, ErrorKind, Io, Probe, SystemState};
use crate::model::{Action, Host, Platform, Proof};
use std::time::Duration;

/// How long going back may take.
const LONGEST: Duration = Duration::from_secs(600);

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
        let texts = Texts::new(host.platform, old, None);
        // The old generation is still there: switching to it makes no new one.
        let commit = match (&before.state.profile, before.state.generation) {
            (Some(profile), Some(generation)) if action.sets_profile() => {
                let boot = match host.platform {
                    Platform::Nixos => format!(" && limited {profile}/bin/switch-to-configuration boot"),
                    Platform::Darwin => String::new(),
                };
                let link = "/nix/var/nix/profiles/system";
                format!(
                    "[ \"$(readlink -f {link})\" = {profile} ] || {{ limited nix-env -p {link} --switch-generation {generation}{boot}; }}"
                )
            }
            _ => String::new(),
        };
        let work = Work {
            host,
            known: &known,
            job: name_of_job(),
            path: old,
            text: if action.activates() { &texts.test } else { &commit },
            commit: if action.activates() { &commit } else { "" },
            program: texts.program,
            activates: action.activates(),
            sets_profile: false,
            failed_units: &before.failed_units,
            before: None,
            proof: &Proof { timeout: LONGEST, ..Proof::default() },
            gate: None,
        };
        let tail = Tail::new(io.output);
        let io = Io { output: &tail, cancel: io.cancel };
        let activated = self.start(&work, io)?;
        let answer = self.prove(&work, &activated, io)?.answer;
        not_lasting(host, &answer, &tail)?;
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
