//! Builds a host's system here, on the host, or on a builder.

use super::{Native, probe};
use crate::driver::nix::{advice, is_disk_full, last_lines, log};
use crate::driver::ssh::{Connection, Destination, Script, classify};
use crate::driver::tool::Limits;
use crate::driver::{Derivation, DriverError, ErrorKind, Io, StorePath};
use crate::model::{BuildOn, Host};

impl Native {
    pub(super) fn build_system(
        &self,
        host: &Host,
        derivation: &Derivation,
        io: Io<'_>,
    ) -> Result<StorePath, DriverError> {
        let output = self.flake.output(derivation);
        if let (Some(known), Some(output)) = (self.known(host), &output) {
            // What it runs was built.
            if known.state.current.as_ref() == Some(output) {
                return Ok(output.clone());
            }
            if host.build_on == BuildOn::Target {
                probe::fits(host, &known.system)?;
            }
        }
        let built = match &host.build_on {
            BuildOn::Local => {
                let output = output.ok_or_else(|| {
                    DriverError::new(ErrorKind::Other, "the derivation was not evaluated in this run")
                })?;
                self.builds.build(derivation, &output, io).map(|()| output)
            }
            BuildOn::Target => {
                let root = output.and_then(|output| self.protection(host, &self.known(host)?, &output));
                self.build_there(&Destination::of(host)?, derivation, root.as_deref(), io).map(
                    |(built, rooted)| {
                        if rooted {
                            self.remember(host, |known| known.rooted = Some(built.clone()));
                        }
                        built
                    },
                )
            }
            BuildOn::Builder(name) => {
                self.build_there(&Destination::builder(name)?, derivation, None, io).map(|(built, _)| built)
            }
        };
        built.map_err(|mut error| {
            if error.kind == ErrorKind::Build {
                error.message = format!("{} does not build", host.name);
                // nix `src/libstore/build/derivation-goal.cc`: "a 'X' with features {} is required to build ..., but I am a 'Y'".
                if let (Some(system), true) = (&host.system, error.said.iter().any(|line| line.contains("is required to build"))) {
                    error.kind = ErrorKind::Refusal;
                    error.message = format!("nothing here builds for {system}, which {} is", host.name);
                    error.help = Some(format!(
                        "set `build_on: target` or a builder for {}, give nix a builder for {system} (`builders`), or emulate it (boot.binfmt.emulatedSystems)",
                        host.name
                    ));
                }
            }
            error
        })
    }

    /// Builds on a machine, and in the same script makes a `root` there: a command for its shell. Tells whether that was
    /// made; what could not be is tried again when the closure is brought.
    fn build_there(
        &self,
        destination: &Destination,
        derivation: &Derivation,
        root: Option<&str>,
        io: Io<'_>,
    ) -> Result<(StorePath, bool), DriverError> {
        let tool = self
            .nix
            .tool()?
            .args(["copy", "--derivation", "--to", &destination.store(), derivation.as_str()])
            .env("NIX_SSHOPTS", self.ssh.nix_options(destination));
        let (ended, _) = log(&tool, Limits::new(io.cancel), io)?;
        if ended.code != 0 {
            let kind = if is_disk_full(&ended.said) { ErrorKind::DiskFull } else { ErrorKind::Copy };
            let kind = classify(&ended.said).unwrap_or(kind);
            let message = format!("the derivations could not be copied to {}", destination.address());
            let error = DriverError::new(kind, message).said(last_lines(&ended.said));
            return Err(match advice(&ended.said, destination.address()) {
                Some(help) => error.help(help),
                None => error,
            });
        }
        let script = Script::new(
            "out=$(nix-store --no-gc-warning --realise \"$DERIVATION\")\n\
             code=$?\nfor path in $out; do say out \"$path\"; done\nsay code $code\n\
             [ $code != 0 ] || [ -z \"$ROOT\" ] || ! (eval \"$ROOT\") >/dev/null 2>&1 || say rooted 1\nsay end 1",
        )
        .variable("DERIVATION", derivation.as_str())
        .variable("ROOT", root.unwrap_or_default());
        let answer = self.ssh.run(destination, Connection::Shared, &script, Limits::new(io.cancel), io);
        if let Err(error) = &answer.end {
            return Err(error.clone());
        }
        let out: Vec<String> = answer.values("out").map(str::to_owned).collect();
        let code = answer.value("code").and_then(|code| code.parse().ok()).unwrap_or(-1);
        outcome(code, &answer.said, &out).map(|built| (built, answer.value("rooted").is_some()))
    }
}

fn outcome(code: i32, said: &[String], out: &[String]) -> Result<StorePath, DriverError> {
    if code != 0 {
        let full = is_disk_full(said);
        let kind = if full { ErrorKind::DiskFull } else { ErrorKind::Build };
        let message = if full { "no space is left where it is built" } else { "it does not build" };
        return Err(DriverError::new(kind, message).said(last_lines(said)));
    }
    let path = out.last().map(String::as_str).unwrap_or_default();
    StorePath::new(path).map_err(|error| DriverError::new(ErrorKind::Build, error.to_string()))
}
