//! Brings a closure to a host and protects it there from the garbage collector.

use super::{Known, Native, probe};
use crate::driver::nix::{advice, is_disk_full, is_unsigned, last_lines, log};
use crate::driver::ssh::{Connection, Destination, Script, classify, quote};
use crate::driver::tool::{Limits, Tool};
use crate::driver::{Derivation, DriverError, ErrorKind, Io, Place, StorePath, Sudo};
use crate::model::Host;
use crate::process::Stream;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long a host may take to show that it is there.
const ANSWERS: Duration = Duration::from_secs(20);

/// Makes a root. It may be made before its path is there; until then the collector passes it over.
const PROTECT: &str =
    "mkdir -p /nix/var/nix/gcroots/fleet && ln -sfn \"$OUT\" /nix/var/nix/gcroots/fleet/\"$NAME\"";

impl Native {
    pub(super) fn copy_closure(&self, host: &Host, path: &StorePath, io: Io<'_>) -> Result<(), DriverError> {
        let known = self.known_or_probed(host, io)?;
        probe::fits(host, &known.system)?;
        // What runs or boots is there, and protected by being that.
        if [&known.state.current, &known.state.profile, &known.rooted].contains(&&Some(path.clone())) {
            return Ok(());
        }
        let place = self.place(host, io)?;
        if place == Place::Local {
            self.fits_store(host, &known, path, io)?;
        }
        let (protected, copied) = std::thread::scope(|scope| {
            let protected = scope.spawn(|| self.protect(host, &known, path, io));
            let copied = match &host.cache {
                _ if place == Place::Target => Ok(()),
                Some(cache) => self.by_cache(host, &known, (&place, cache), path, io),
                None => self.send(host, &known, &place, path, io),
            };
            let stopped = |_| Err(DriverError::new(ErrorKind::Other, "making the root stopped"));
            (protected.join().unwrap_or_else(stopped), copied)
        });
        copied?;
        protected?;
        self.remember(host, |known| known.rooted = Some(path.clone()));
        Ok(())
    }

    /// Refuses a system that would be built here, with nobody's signature, for a user from whom the host takes no such paths.
    /// What a builder signs is not known.
    pub(super) fn takes_system(
        &self,
        host: &Host,
        derivation: &Derivation,
        io: Io<'_>,
    ) -> Result<(), DriverError> {
        let Some(known) = self.known(host).filter(|known| !known.takes_unsigned) else { return Ok(()) };
        let output = self.flake.output(derivation);
        let has = output.is_some() && [&known.state.current, &known.state.profile].contains(&&output);
        if has
            || !host.driver.is_native()
            || self.place(host, io)? != Place::Local
            || self.settings(io)?.signs
        {
            return Ok(());
        }
        Err(unsigned(host, ErrorKind::Refusal))
    }

    /// Refuses a closure for which a host has no room. Where all of it would fit, whatever is there already, nobody asks
    /// what is.
    fn fits_store(
        &self,
        host: &Host,
        known: &Known,
        path: &StorePath,
        io: Io<'_>,
    ) -> Result<(), DriverError> {
        let Some(closure) = self.nix.closure(path, io) else { return Ok(()) };
        let mib = |bytes: u64| bytes.div_ceil(1024 * 1024);
        let whole: u64 = closure.iter().map(|(_, bytes)| *bytes).sum();
        if mib(whole) <= known.store_free_mib {
            return Ok(());
        }
        let paths: Vec<&str> = closure.iter().map(|(path, _)| path.as_str()).collect();
        let script = Script::new(
            "nix-store --check-validity --print-invalid $PATHS | while read -r path; do say misses \"$path\"; done\nsay end 1",
        )
        .variable("PATHS", paths.join(" "));
        let answer = self.ssh.ask(&Destination::of(host)?, &script, io);
        probe::complete(host, &answer)?;
        let sizes: HashMap<&str, u64> = closure.iter().map(|(path, bytes)| (path.as_str(), *bytes)).collect();
        let needed: u64 = answer.values("misses").filter_map(|path| sizes.get(path)).sum();
        if mib(needed) <= known.store_free_mib {
            return Ok(());
        }
        let message = format!(
            "{} has {} MiB free in its store, and what it lacks of the system takes {} MiB",
            host.name,
            known.store_free_mib,
            mib(needed)
        );
        Err(DriverError::new(ErrorKind::DiskFull, message)
            .help(format!("make room: ssh {} nix-collect-garbage --delete-older-than 30d", host.address)))
    }

    fn protect(&self, host: &Host, known: &Known, path: &StorePath, io: Io<'_>) -> Result<(), DriverError> {
        let script = Script::new(format!("{PROTECT} && say end 1"))
            .variable("OUT", path.as_str())
            .variable("NAME", host.name.as_str())
            .by(known.privilege.clone());
        let answer = self.ssh.ask(&Destination::of(host)?, &script, io);
        probe::complete(host, &answer).map_err(|error| match error.kind {
            ErrorKind::Other if is_disk_full(&answer.said) => full(host, answer.said.clone()),
            ErrorKind::Other if answer.begun() => {
                let message = format!("{} cannot protect the system from its garbage collector", host.name);
                DriverError::new(ErrorKind::Copy, message)
                    .said(answer.said.clone())
                    .help("root must be able to write to /nix/var/nix/gcroots there")
            }
            _ => error,
        })
    }

    /// A command for the host's shell that makes the root, as part of another script; none where it would hold a
    /// password.
    pub(super) fn protection(&self, host: &Host, known: &Known, path: &StorePath) -> Option<String> {
        let path_variable = "PATH=$PATH:/run/current-system/sw/bin:/usr/bin:/bin";
        let text = format!(
            "{path_variable}\nOUT={}\nNAME={}\n{PROTECT}\n",
            quote(path.as_str()),
            quote(host.name.as_str())
        );
        known.privilege.password.is_none().then(|| known.privilege.runs(&text))
    }

    fn send(
        &self,
        host: &Host,
        known: &Known,
        place: &Place,
        path: &StorePath,
        io: Io<'_>,
    ) -> Result<(), DriverError> {
        let target = Destination::of(host)?;
        let mut from = Vec::new();
        if let Place::Builder(name) = place {
            let builder = Destination::builder(name)?;
            if target.port().is_none() {
                from = vec!["--from".to_owned(), builder.store()];
            } else {
                // One NIX_SSHOPTS holds for both ends, and it holds the target's port: by way of here.
                let tool = self
                    .nix
                    .tool()?
                    .args(["copy", "--no-check-sigs", "--from", &builder.store(), path.as_str()])
                    .env("NIX_SSHOPTS", self.ssh.nix_options(&builder));
                let (ended, _) = log(&tool, Limits::new(io.cancel), io)?;
                if ended.code != 0 {
                    return Err(failure(host, &ended.said));
                }
            }
        }
        let call = |store: String| -> Result<Tool, DriverError> {
            let tool = self.nix.tool()?.arg("copy").args(from.clone()).args(["--to", &store, path.as_str()]);
            Ok(tool.env("NIX_SSHOPTS", self.ssh.nix_options(&target)))
        };
        let (ended, _) = log(&call(target.store())?, Limits::new(io.cancel), io)?;
        if ended.code == 0 {
            return Ok(());
        }
        if !is_unsigned(&ended.said) || known.privilege.sudo != Sudo::Free {
            return Err(self.lost_or_broken(&target, failure(host, &ended.said), io));
        }
        // The store takes unsigned paths from root, and this user may be root without a password.
        let line = format!("nix on {} takes no unsigned paths from this user; copying by sudo", host.name);
        io.output.line(Stream::Stderr, &line);
        let store = format!("{}?remote-program=sudo%20-n%20nix-store", target.store());
        let (again, _) = log(&call(store)?, Limits::new(io.cancel), io)?;
        if again.code == 0 {
            return Ok(());
        }
        // What the second call broke off over is the news; a store that still wants a signature said so before.
        let said = if is_unsigned(&again.said) { &ended.said } else { &again.said };
        Err(self.lost_or_broken(&target, failure(host, said), io))
    }

    /// A nix that breaks off over there looks like a lost connection from here: whoever answers is not out of reach.
    pub(super) fn lost_or_broken(
        &self,
        destination: &Destination,
        error: DriverError,
        io: Io<'_>,
    ) -> DriverError {
        if error.kind != ErrorKind::ConnectionLost {
            return error;
        }
        let limits = Limits { deadline: Some(Instant::now() + ANSWERS), ..Limits::new(io.cancel) };
        let answer = self.ssh.run(destination, Connection::Fresh, &Script::new("say end 1"), limits, io);
        if answer.value("end").is_none() {
            return error;
        }
        let address = destination.address();
        DriverError { kind: ErrorKind::Copy, ..error }.help(format!(
            "{address} answers, so nix broke off there, or the connection did for a moment: ssh {address} journalctl -u nix-daemon; then run it again"
        ))
    }
}

pub(super) fn full(host: &Host, said: Vec<String>) -> DriverError {
    // Every nix makes such a directory where it is called (`src/libutil/filesystem.cc`, `createTempDir`).
    if said.iter().any(|line| line.contains("creating directory '") && line.contains("/nix-")) {
        let message = "no space is left in the directory for temporary files, here".to_owned();
        return DriverError::new(ErrorKind::DiskFull, message)
            .said(said)
            .help("make room: df \"${TMPDIR:-/tmp}\"");
    }
    DriverError::new(ErrorKind::DiskFull, format!("no space is left in the store of {}", host.name))
        .said(said)
        .help(format!("make room: ssh {} nix-collect-garbage --delete-older-than 30d", host.address))
}

fn unsigned(host: &Host, kind: ErrorKind) -> DriverError {
    let user = host.user.as_deref().unwrap_or("the user that ssh logs in");
    let message = format!("nix on {} takes no unsigned paths from {user}", host.name);
    DriverError::new(kind, message).help(format!(
        "add {user} to nix.settings.trusted-users of {}, or sign what you build (secret-key-files), or set `build_on: target`",
        host.name
    ))
}

fn failure(host: &Host, said: &[String]) -> DriverError {
    if is_disk_full(said) {
        return full(host, last_lines(said));
    }
    if is_unsigned(said) {
        return unsigned(host, ErrorKind::Copy).said(last_lines(said));
    }
    let kind = classify(said).unwrap_or(ErrorKind::Copy);
    let error = DriverError::new(kind, format!("the system could not be copied to {}", host.name));
    let error = error.said(last_lines(said));
    match advice(said, &host.address) {
        Some(help) => error.help(help),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BuildOn, HostName, Platform};

    #[test]
    fn refusals_say_what_to_do() {
        let host = Host {
            name: HostName::new("luna").unwrap(),
            platform: Platform::Nixos,
            system: None,
            host_name: "luna".to_owned(),
            address: "luna".to_owned(),
            user: Some("ryan".to_owned()),
            port: None,
            build_on: BuildOn::Local,
            build_limits: Default::default(),
            cache: None,
            driver: Default::default(),
            tags: Default::default(),
            identity: Default::default(),
        };
        let said = |text: &str| vec![text.to_owned()];
        let unsigned =
            failure(&host, &said("error: cannot add path '/x' because it lacks a valid signature"));
        assert_eq!(unsigned.kind, ErrorKind::Copy);
        assert!(unsigned.help.unwrap().contains("trusted-users"));
        let full = failure(&host, &said("error: writing to file: No space left on device"));
        assert_eq!(full.kind, ErrorKind::DiskFull);
        let here =
            failure(&host, &said("error: creating directory '/tmp/nix-17-0': No space left on device"));
        assert!(here.message.ends_with("here") && here.help.unwrap().contains("TMPDIR"));
        let link = failure(&host, &said("ssh: connect to host luna port 22: Connection refused"));
        assert_eq!(link.kind, ErrorKind::Refused);
    }
}
