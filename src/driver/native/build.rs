//! Builds a host's system here, on the host, or on a builder.

use super::{Native, probe};
use crate::driver::nix::{Jobs, advice, broke_off, is_disk_full, last_lines, log};
use crate::driver::ssh::{Connection, Destination, Script, classify};
use crate::driver::tool::Limits;
use crate::driver::{Built, Derivation, DriverError, ErrorKind, Io, Place, StorePath, memory};
use crate::model::{BuildLimits, Host};
use crate::process::Stream;

impl Native {
    pub(super) fn build_system(
        &self,
        host: &Host,
        derivation: &Derivation,
        io: Io<'_>,
    ) -> Result<Built, DriverError> {
        let output = self.flake.output(derivation);
        if let (Some(known), Some(output)) = (self.known(host), &output) {
            // What it runs was built.
            if known.state.current.as_ref() == Some(output) {
                return Ok(Built { path: output.clone(), place: None });
            }
        }
        if let (false, Some(output)) = (host.driver.is_built_for(), &output) {
            io.output.line(Stream::Stderr, &format!("{} builds it itself", host.driver.word()));
            return Ok(Built { path: output.clone(), place: None });
        }
        let place = self.place(host, io)?;
        if let (Some(known), Place::Target) = (self.known(host), &place) {
            probe::fits(host, &known.system)?;
        }
        self.remember(host, |known| known.place = Some(place.clone()));
        let built = match &place {
            Place::Local => {
                let output = output.ok_or_else(|| {
                    DriverError::new(ErrorKind::Other, "the derivation was not evaluated in this run")
                })?;
                self.builds.build(derivation, &output, self.jobs(host, io)?, io).map(|()| output)
            }
            Place::Target => {
                let root = output.and_then(|output| self.protection(host, &self.known(host)?, &output));
                let limits = host.build_limits;
                let built =
                    self.build_there(&Destination::of(host)?, derivation, limits, root.as_deref(), io);
                built.map(|(built, rooted)| {
                    if rooted {
                        self.remember(host, |known| known.rooted = Some(built.clone()));
                    }
                    built
                })
            }
            Place::Builder(name) => {
                let builder = Destination::builder(name)?;
                self.build_there(&builder, derivation, host.build_limits, None, io).map(|(built, _)| built)
            }
        };
        built.map(|path| Built { path, place: Some(place) }).map_err(|mut error| {
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

    /// How much a build here does at once: as many jobs as the free memory holds, and as nix is set to at most.
    fn jobs(&self, host: &Host, io: Io<'_>) -> Result<Jobs, DriverError> {
        let BuildLimits { max_jobs, cores, job_memory_mib } = host.build_limits;
        let max_jobs = max_jobs.map(u64::from);
        let Some((needed, free)) = job_memory_mib.zip(memory::free_mib()) else {
            return Ok(Jobs { max_jobs, cores });
        };
        let most = match max_jobs {
            Some(most) => most,
            None => self.settings(io)?.max_jobs,
        };
        Ok(Jobs { max_jobs: Some(most.min((free / needed.max(1)).max(1))), cores })
    }

    /// Builds on a machine, and in the same script makes a `root` there: a command for its shell. Tells whether that was
    /// made; what could not be is tried again when the closure is brought.
    fn build_there(
        &self,
        destination: &Destination,
        derivation: &Derivation,
        limits: BuildLimits,
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
            let error = self.lost_or_broken(destination, error, io);
            return Err(match advice(&ended.said, destination.address()).filter(|_| !error.kind.is_link()) {
                Some(help) => error.help(help),
                None => error,
            });
        }
        let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
        let script = Script::new(include_str!("build.sh"))
            .variable("DERIVATION", derivation.as_str())
            .variable("JOBS", number(limits.max_jobs.map(u64::from)))
            .variable("CORES", number(limits.cores.map(u64::from)))
            .variable("JOB_MIB", number(limits.job_memory_mib.map(|needed| needed.max(1))))
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
        if let Some(error) = broke_off(code, said) {
            return Err(error);
        }
        let kind = if full { ErrorKind::DiskFull } else { ErrorKind::Build };
        let message = if full { "no space is left where it is built" } else { "it does not build" };
        return Err(DriverError::new(kind, message).said(last_lines(said)));
    }
    let path = out.last().map(String::as_str).unwrap_or_default();
    StorePath::new(path).map_err(|error| DriverError::new(ErrorKind::Build, error.to_string()))
}

#[cfg(test)]
mod tests {
    use crate::driver::ErrorKind;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::process::Command;

    fn stand_in(directory: &Path, name: &str, script: &str) {
        let path = directory.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// What the script asks of nix-store on a machine whose nix is set to six jobs and that has 4096 MiB free.
    fn asked(jobs: &str, cores: &str, job_mib: &str) -> String {
        let directory = tempfile::tempdir().unwrap();
        stand_in(directory.path(), "nix-store", "echo \"$*\" >&2");
        stand_in(
            directory.path(),
            "nix",
            "echo 'cores = 9'; echo 'max-jobs = 6'; echo 'max-silent-time = 0'",
        );
        let meminfo = directory.path().join("meminfo");
        std::fs::write(&meminfo, "MemTotal: 9999999 kB\nMemAvailable:    4194304 kB\n").unwrap();
        let script = include_str!("build.sh").replace("/proc/meminfo", meminfo.to_str().unwrap());
        let path = format!("{}:{}", directory.path().display(), std::env::var("PATH").unwrap());
        let output = Command::new("sh")
            .args(["-c", &format!("say() {{ :; }}\n{script}")])
            .envs([("PATH", path.as_str()), ("JOBS", jobs), ("CORES", cores), ("JOB_MIB", job_mib)])
            .env("DERIVATION", "/nix/store/x.drv")
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        String::from_utf8(output.stderr).unwrap()
    }

    #[test]
    fn a_nix_that_broke_off_says_nothing_of_the_configuration() {
        let outcome = |code: i32, said: &str| {
            let said: Vec<String> = said.lines().map(str::to_owned).collect();
            super::outcome(code, &said, &[]).unwrap_err().kind
        };
        assert_eq!(outcome(1, "error: unexpected end-of-file"), ErrorKind::Other);
        assert_eq!(outcome(137, "building '/nix/store/x.drv'..."), ErrorKind::Other);
        let failed =
            "error: builder for '/nix/store/x.drv' failed with exit code 1;\n> unexpected end-of-file";
        assert_eq!(outcome(1, failed), ErrorKind::Build);
        assert_eq!(outcome(1, "No space left on device\nerror: unexpected end-of-file"), ErrorKind::DiskFull);
    }

    #[test]
    fn a_build_elsewhere_has_the_limits_of_its_host() {
        let options = |jobs: &str, cores: &str, job_mib: &str| {
            let asked = asked(jobs, cores, job_mib);
            let options = asked.strip_prefix("--no-gc-warning ").unwrap();
            options.strip_suffix("--realise /nix/store/x.drv\n").unwrap().trim().to_owned()
        };
        assert_eq!(options("", "", ""), "");
        assert_eq!(options("3", "2", ""), "--max-jobs 3 --cores 2");
        // Two such jobs fit.
        assert_eq!(options("", "", "2000"), "--max-jobs 2");
        assert_eq!(options("8", "1", "2000"), "--max-jobs 2 --cores 1");
        // More would fit than nix is set to.
        assert_eq!(options("", "", "100"), "--max-jobs 6");
        assert_eq!(options("", "", "9000"), "--max-jobs 1");
    }
}
