//! The flake's checks: all of them by `nix flake check`, or one by name. What nix leaves out is not passed.

use super::NixFlake;
use super::command::{broken, last_lines, log};
use super::expression::attribute;
use crate::driver::tool::Limits;
use crate::driver::{CheckOutcome, DriverError, ErrorKind, FlakeCheck, Guard, Io};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Names of checks by system.
type Checks = BTreeMap<String, Vec<String>>;

/// The Nix system of this machine. Nix can be set to claim another one; then it builds what it is asked for or refuses.
pub(crate) fn this_system() -> String {
    let os = if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS };
    format!("{}-{os}", std::env::consts::ARCH)
}

/// Where sops and GnuPG look for the keys of whoever runs this: no test needs them. nix itself hides them from what it
/// builds, but not from what evaluates impurely. The agent of ssh stays, for nix fetches inputs by it.
const KEYS: [&str; 8] = [
    "SOPS_AGE_KEY",
    "SOPS_AGE_KEY_CMD",
    "SOPS_AGE_KEY_FILE",
    "SOPS_AGE_SSH_PRIVATE_KEY_CMD",
    "SOPS_AGE_SSH_PRIVATE_KEY_FILE",
    "SOPS_GPG_EXEC",
    "GNUPGHOME",
    "VAULT_TOKEN",
];

impl NixFlake {
    fn checks(&self, io: Io<'_>) -> Result<Checks, DriverError> {
        let names = self.eval("checks", "builtins.mapAttrs (_: builtins.attrNames)", io)?;
        Ok(names.and_then(|names| serde_json::from_value(names).ok()).unwrap_or_default())
    }

    pub(super) fn names_of_checks(
        &self,
        io: Io<'_>,
    ) -> Result<Vec<(String, bool, Vec<String>)>, DriverError> {
        let here = this_system();
        let checks = self.checks(io)?.into_iter();
        Ok(checks.map(|(system, names)| (system.clone(), system == here, names)).collect())
    }

    pub(super) fn flake_check(&self, io: Io<'_>) -> Result<FlakeCheck, DriverError> {
        let tool = self
            .nix
            .tool()?
            .args(["flake", "check", &self.reference])
            .directory(&self.directory)
            .without(&KEYS);
        let limits = Limits::new(io.cancel);
        let (checked, checks) = std::thread::scope(|scope| {
            let checks = scope.spawn(|| self.checks(io));
            let checked = log(&tool, limits, io);
            let stopped = |_| Err(DriverError::new(ErrorKind::Other, "the evaluation stopped"));
            (checked, checks.join().unwrap_or_else(stopped))
        });
        let (ended, _) = checked?;
        if ended.code != 0 {
            return Err(
                DriverError::new(ErrorKind::Build, "nix flake check failed").said(last_lines(&ended.said))
            );
        }
        let here = this_system();
        let skipped = checks?
            .into_iter()
            .filter(|(system, _)| *system != here)
            .flat_map(|(system, names)| names.into_iter().map(move |name| format!("checks.{system}.{name}")))
            .collect();
        Ok(FlakeCheck { skipped })
    }

    pub(super) fn named_check(
        &self,
        name: &str,
        guard: Option<Guard<'_>>,
        io: Io<'_>,
    ) -> Result<CheckOutcome, DriverError> {
        let here = this_system();
        let Some(quoted) = attribute(name) else { return self.without_check(name, &here, io) };
        let installable = self.installable(&format!("checks.{here}.{quoted}"));
        // What it would build is there only when the same derivation was built before.
        let known = self.nix.tool()?.arg("path-info").arg(&installable).directory(&self.directory);
        let ended = known.lines(Limits::new(io.cancel), &mut |_, _| ());
        let known = ended.map_err(|error| broken(&known, error))?;
        if known.code == 0 {
            return Ok(CheckOutcome::Cached);
        }
        if let Some(guard) = guard {
            guard(&self.sources(&installable, io)?)?;
        }
        let tool = self
            .nix
            .tool()?
            .args(["build", "--no-link", "--print-build-logs"])
            .arg(installable)
            .directory(&self.directory)
            .without(&KEYS);
        let (ended, _) = log(&tool, Limits::new(io.cancel), io)?;
        if ended.code == 0 {
            return Ok(CheckOutcome::Passed);
        }
        if ended.said.iter().any(|line| line.contains("does not provide attribute")) {
            return self.without_check(name, &here, io);
        }
        let message = format!("checks.{here}.{name} does not build");
        Err(DriverError::new(ErrorKind::Build, message).said(last_lines(&ended.said)))
    }

    /// What a check is built from that no derivation makes; nothing where it does not evaluate, which its build tells.
    fn sources(&self, installable: &str, io: Io<'_>) -> Result<Vec<PathBuf>, DriverError> {
        let words = ["path-info", "--derivation", "--recursive"];
        let tool = self.nix.tool()?.args(words).arg(installable).directory(&self.directory);
        let whole = tool.whole(Limits::new(io.cancel), &mut |_, _| ());
        let (ended, out) = whole.map_err(|error| broken(&tool, error))?;
        let text = String::from_utf8_lossy(&out);
        let sources = text.lines().filter(|path| ended.code == 0 && !path.ends_with(".drv"));
        Ok(sources.map(PathBuf::from).collect())
    }

    fn without_check(&self, name: &str, here: &str, io: Io<'_>) -> Result<CheckOutcome, DriverError> {
        let checks = self.checks(io)?;
        let systems: Vec<&str> = checks
            .iter()
            .filter(|(_, names)| names.iter().any(|known| known == name))
            .map(|(system, _)| system.as_str())
            .collect();
        if !systems.is_empty() {
            return Ok(CheckOutcome::Skipped(format!(
                "{name} is a check of {}, this is {here}",
                systems.join(", ")
            )));
        }
        let known: Vec<&String> = checks.get(here).into_iter().flatten().collect();
        let nearest = known
            .iter()
            .map(|known| (strsim::damerau_levenshtein(known, name), known))
            .filter(|(distance, _)| *distance <= 2.max(name.len() / 3))
            .min();
        let help = match nearest {
            Some((_, nearest)) => format!("did you mean `{nearest}`?"),
            None if known.is_empty() => format!("the flake has no checks.{here}"),
            None => format!(
                "there are: {}",
                known.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ")
            ),
        };
        let message = format!("the flake has no check `{}`", name.escape_debug());
        Err(DriverError::new(ErrorKind::Evaluation, message).help(help))
    }
}
