//! `--fail HOST:STAGE[=KIND]`: which host fails where, and how.

use crate::diagnostic::did_you_mean;
use crate::driver::ErrorKind;
use crate::model::HostName;

/// A failure to rehearse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which host; `None` for every one, and for what is done once for the run.
    pub host: Option<HostName>,
    /// Where.
    pub stage: FaultStage,
    /// How.
    pub kind: FaultKind,
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// With an error of that class.
    Error(ErrorKind),
    /// A command or an activation ends with that code.
    Exit(i32),
    /// It says that all is well, and it is not.
    Wrong,
}

macro_rules! stages {
    ($($(#[$doc:meta])* $stage:ident = $word:literal, fails $kind:expr;)*) => {
        /// Where a rehearsal can fail: the calls of drivers.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum FaultStage {
            $($(#[$doc])* $stage,)*
        }

        impl FaultStage {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$stage),*];

            /// Its name on the command line.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$stage => $word,)*
                }
            }

            /// How it fails when nothing more is said.
            fn usual(self) -> FaultKind {
                match self {
                    $(Self::$stage => $kind,)*
                }
            }
        }
    };
}

stages! {
    /// Discovery of hosts.
    Discover = "discover", fails FaultKind::Error(ErrorKind::Evaluation);
    /// The first connection to a host.
    Probe = "probe", fails FaultKind::Error(ErrorKind::NoAnswer);
    /// The host's store is full.
    Disk = "disk", fails FaultKind::Wrong;
    /// Another machine answers.
    Identity = "identity", fails FaultKind::Wrong;
    /// The host runs a newer revision than the flake's.
    Revision = "revision", fails FaultKind::Wrong;
    /// `nix flake check`.
    Flake = "flake", fails FaultKind::Error(ErrorKind::Build);
    /// A `vm:` check.
    Vm = "vm", fails FaultKind::Error(ErrorKind::Build);
    /// A `task:` step.
    Task = "task", fails FaultKind::Error(ErrorKind::Other);
    /// A `cmd:` step.
    Command = "cmd", fails FaultKind::Exit(1);
    /// A `uses:` step.
    Plugin = "uses", fails FaultKind::Error(ErrorKind::Other);
    /// Evaluation, of one host or of all.
    Evaluate = "evaluate", fails FaultKind::Error(ErrorKind::Evaluation);
    /// The search for an earlier generation.
    Generation = "generation", fails FaultKind::Error(ErrorKind::Refusal);
    /// The build of a system.
    Build = "build", fails FaultKind::Error(ErrorKind::Build);
    /// The copy to a host.
    Copy = "copy", fails FaultKind::Error(ErrorKind::Copy);
    /// The comparison with what runs.
    Diff = "diff", fails FaultKind::Error(ErrorKind::ConnectionLost);
    /// The activation.
    Activate = "activate", fails FaultKind::Exit(1);
    /// What the host says after the activation.
    Verify = "verify", fails FaultKind::Wrong;
    /// Health checks.
    Health = "health", fails FaultKind::Wrong;
    /// The hooks around the activation.
    Hook = "hook", fails FaultKind::Wrong;
    /// The lease that is held during the activation; `wrong` loses it.
    Quiesce = "quiesce", fails FaultKind::Error(ErrorKind::TimedOut);
    /// The reboot.
    Reboot = "reboot", fails FaultKind::Error(ErrorKind::NoAnswer);
    /// The way back.
    RollBack = "roll_back", fails FaultKind::Error(ErrorKind::Activation);
    /// A notification.
    Notify = "notify", fails FaultKind::Error(ErrorKind::Other);
}

impl FaultStage {
    /// Whether it is done once for the run, so that no host need be named.
    fn is_for_the_run(self) -> bool {
        matches!(
            self,
            Self::Discover
                | Self::Flake
                | Self::Vm
                | Self::Task
                | Self::Command
                | Self::Plugin
                | Self::Evaluate
                | Self::Notify
        )
    }

    fn takes(self, kind: FaultKind) -> bool {
        match kind {
            FaultKind::Exit(_) => matches!(self, Self::Command | Self::Activate),
            FaultKind::Error(_) => !matches!(self, Self::Disk | Self::Identity | Self::Revision),
            FaultKind::Wrong => {
                matches!(
                    self,
                    Self::Disk
                        | Self::Identity
                        | Self::Revision
                        | Self::Hook
                        | Self::Quiesce
                        | Self::Verify
                        | Self::Health
                        | Self::Reboot
                )
            }
        }
    }
}

/// The kinds by name.
const KINDS: [(&str, ErrorKind); 17] = [
    ("dns", ErrorKind::NameResolution),
    ("refused", ErrorKind::Refused),
    ("unreachable", ErrorKind::NoAnswer),
    ("lost", ErrorKind::ConnectionLost),
    ("host_key", ErrorKind::HostKey),
    ("permission", ErrorKind::Authentication),
    ("sudo", ErrorKind::Sudo),
    ("missing_program", ErrorKind::MissingProgram),
    ("evaluate", ErrorKind::Evaluation),
    ("build", ErrorKind::Build),
    ("disk_full", ErrorKind::DiskFull),
    ("copy", ErrorKind::Copy),
    ("activation", ErrorKind::Activation),
    ("verification", ErrorKind::Verification),
    ("timeout", ErrorKind::TimedOut),
    ("refusal", ErrorKind::Refusal),
    ("other", ErrorKind::Other),
];

/// What a kind means, for people.
pub(super) fn words(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NameResolution => "the name does not resolve",
        ErrorKind::Refused => "the connection is refused",
        ErrorKind::NoAnswer => "no answer",
        ErrorKind::ConnectionLost => "the connection is lost",
        ErrorKind::HostKey => "the host's key has changed",
        ErrorKind::Authentication => "the host does not let us in",
        ErrorKind::Sudo => "sudo needs a password",
        ErrorKind::MissingProgram => "a program is missing",
        ErrorKind::Evaluation => "it does not evaluate",
        ErrorKind::Build => "it does not build",
        ErrorKind::DiskFull => "the disk is full",
        ErrorKind::Copy => "the closure is not accepted",
        ErrorKind::Activation => "the activation fails",
        ErrorKind::Verification => "the host is not as it should be",
        ErrorKind::TimedOut => "it takes too long",
        ErrorKind::Cancelled => "it is stopped",
        ErrorKind::Refusal => "it is refused",
        ErrorKind::Other => "it fails",
    }
}

/// Why a `--fail` cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`--fail {}`: {problem}", .text.escape_debug())]
pub struct FaultError {
    /// As written.
    pub text: String,
    /// What is wrong with it.
    pub problem: String,
    /// What to do.
    pub help: String,
}

impl Fault {
    /// Reads `HOST:STAGE[=KIND]`. HOST is `*` for every host; it may be left out where STAGE is done once for the run.
    ///
    /// # Errors
    /// [`FaultError`], with a near name where there is one.
    pub fn parse(text: &str) -> Result<Self, FaultError> {
        let error = |problem: String, help: String| FaultError { text: text.to_owned(), problem, help };
        let (place, kind) = match text.split_once('=') {
            Some((place, kind)) => (place, Some(kind)),
            None => (text, None),
        };
        let (host, stage_word) = match place.split_once(':') {
            Some((host, stage)) => (Some(host), stage),
            None => (None, place),
        };
        let stages = || FaultStage::ALL.iter().map(|stage| stage.word());
        let Some(stage) = FaultStage::ALL.iter().copied().find(|stage| stage.word() == stage_word) else {
            let help = near(stage_word, stages(), "stages");
            return Err(error(format!("there is no stage `{}`", stage_word.escape_debug()), help));
        };
        let host = match host {
            None if stage.is_for_the_run() => None,
            None => {
                let help = format!("write `HOST:{stage_word}`, or `*:{stage_word}` for every host");
                return Err(error("it does not say which host".into(), help));
            }
            Some("*") => None,
            Some(host) => Some(
                HostName::new(host)
                    .map_err(|wrong| error(wrong.to_string(), format!("write `HOST:{stage_word}`")))?,
            ),
        };
        let kind = match kind {
            None => stage.usual(),
            Some(word) => {
                let kind = kind_by_name(word).ok_or_else(|| {
                    let names = KINDS.iter().map(|(name, _)| *name).chain(["exit1", "exit4", "wrong"]);
                    error(format!("there is no kind `{}`", word.escape_debug()), near(word, names, "kinds"))
                })?;
                if !stage.takes(kind) {
                    let help = format!("`{stage_word}` alone fails in the usual way");
                    return Err(error(format!("`{stage_word}` cannot fail by `{word}`"), help));
                }
                kind
            }
        };
        Ok(Self { host, stage, kind })
    }

    /// Checks that the host is one of the fleet.
    ///
    /// # Errors
    /// [`FaultError`], with a near name where there is one.
    pub fn check<'a>(&self, hosts: impl Iterator<Item = &'a HostName> + Clone) -> Result<(), FaultError> {
        match &self.host {
            Some(host) if !hosts.clone().any(|known| known == host) => Err(FaultError {
                text: format!("{host}:{}", self.stage.word()),
                problem: format!("there is no host `{host}`"),
                help: near(host.as_str(), hosts.map(HostName::as_str), "hosts"),
            }),
            _ => Ok(()),
        }
    }
}

fn kind_by_name(word: &str) -> Option<FaultKind> {
    if word == "wrong" {
        return Some(FaultKind::Wrong);
    }
    if let Some(code) = word.strip_prefix("exit") {
        return code.parse().ok().filter(|code| (1..=255).contains(code)).map(FaultKind::Exit);
    }
    KINDS.iter().find(|(name, _)| *name == word).map(|(_, kind)| FaultKind::Error(*kind))
}

fn near<'a>(word: &str, names: impl Iterator<Item = &'a str> + Clone, what: &str) -> String {
    const SHOWN: usize = 20;
    match did_you_mean(word, names.clone()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => {
            let mut list: Vec<&str> = names.take(SHOWN + 1).collect();
            let more = if list.len() > SHOWN { ", ..." } else { "" };
            list.truncate(SHOWN);
            format!("{what}: {}{more}", list.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<(Option<String>, FaultStage, FaultKind), String> {
        let fault = Fault::parse(text).map_err(|error| format!("{error}; {}", error.help))?;
        Ok((fault.host.map(|host| host.to_string()), fault.stage, fault.kind))
    }

    #[test]
    fn hosts_stages_and_kinds_are_read() {
        let luna = Some("luna".to_owned());
        assert_eq!(
            parse("luna:build"),
            Ok((luna.clone(), FaultStage::Build, FaultKind::Error(ErrorKind::Build)))
        );
        assert_eq!(parse("luna:activate=exit4"), Ok((luna, FaultStage::Activate, FaultKind::Exit(4))));
        assert_eq!(
            parse("*:probe=dns"),
            Ok((None, FaultStage::Probe, FaultKind::Error(ErrorKind::NameResolution)))
        );
        assert_eq!(parse("flake"), Ok((None, FaultStage::Flake, FaultKind::Error(ErrorKind::Build))));
    }

    #[test]
    fn mistakes_come_with_advice() {
        for (text, problem, help) in [
            ("luna:biuld", "there is no stage `biuld`", "did you mean `build`?"),
            ("luna:zzz", "there is no stage `zzz`", "stages: discover, probe"),
            ("build", "it does not say which host", "write `HOST:build`"),
            ("luna:probe=refusd", "there is no kind `refusd`", "did you mean `refused`?"),
            ("luna:probe=exit4", "`probe` cannot fail by `exit4`", "alone fails in the usual way"),
            ("luna:activate=exit0", "there is no kind `exit0`", ""),
            ("-x:build", "cannot name a host", ""),
            ("", "there is no stage ``", ""),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(problem) && error.contains(help), "{text}: {error}");
        }
    }

    #[test]
    fn an_unknown_host_is_found() {
        let hosts = [HostName::new("luna").unwrap(), HostName::new("nixpi").unwrap()];
        let check = |text| Fault::parse(text).unwrap().check(hosts.iter());
        assert_eq!(check("luna:build"), Ok(()));
        assert_eq!(check("*:build"), Ok(()));
        assert_eq!(check("lunar:build").unwrap_err().help, "did you mean `luna`?");
    }

    #[test]
    fn every_stage_takes_its_usual_kind() {
        for stage in FaultStage::ALL {
            assert!(stage.takes(stage.usual()), "{}", stage.word());
        }
    }
}
