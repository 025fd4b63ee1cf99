//! Brings a closure to a host by way of a binary cache: pushed from where it was built, substituted on the host.

use super::{Known, Native};
use crate::driver::nix::{is_disk_full, last_lines, log};
use crate::driver::ssh::{Connection, Destination, Script};
use crate::driver::tool::Limits;
use crate::driver::{DriverError, ErrorKind, Io, Place, StorePath};
use crate::model::{BinaryCache, Host};

/// Pushes from a builder.
const PUSH: &str =
    "nix --extra-experimental-features nix-command copy --to \"$URL\" \"$OUT\"\nsay code $?\nsay end 1";
/// As root, whose word on substituters nix takes.
const PULL: &str = "nix-store --no-gc-warning --realise \"$OUT\" --option extra-substituters \"$URL\" >/dev/null\nsay code $?\nsay end 1";

impl Native {
    /// Pushes a closure to the cache and lets the host take it from there.
    pub(super) fn by_cache(
        &self,
        host: &Host,
        known: &Known,
        (place, cache): (&Place, &BinaryCache),
        path: &StorePath,
        io: Io<'_>,
    ) -> Result<(), DriverError> {
        self.push(place, cache, path, io)?;
        let script = Script::new(PULL)
            .variable("OUT", path.as_str())
            .variable("URL", cache.pull_from.as_str())
            .by(known.privilege.clone());
        let (code, said) = self.told(&Destination::of(host)?, &script, io)?;
        if code == 0 {
            return Ok(());
        }
        if is_disk_full(&said) {
            return Err(super::copy::full(host, last_lines(&said)));
        }
        let message = format!("{} did not get its system from {}", host.name, cache.pull_from);
        Err(DriverError::new(ErrorKind::Copy, message).said(last_lines(&said)).help(format!(
            "does {name} reach it (`pull_from`), and does it trust it: its key in nix.settings.trusted-public-keys of {name}, and `?secret-key=FILE` in `push_to`?",
            name = host.name
        )))
    }

    fn push(
        &self,
        place: &Place,
        cache: &BinaryCache,
        path: &StorePath,
        io: Io<'_>,
    ) -> Result<(), DriverError> {
        let url = cache.push_to.as_str();
        let (code, said) = if let Place::Builder(name) = place {
            let script = Script::new(PUSH).variable("OUT", path.as_str()).variable("URL", url);
            self.told(&Destination::builder(name)?, &script, io)?
        } else {
            let tool = self.nix.tool()?.args(["copy", "--to", url, path.as_str()]);
            let (ended, _) = log(&tool, Limits::new(io.cancel), io)?;
            (ended.code, ended.said)
        };
        if code == 0 {
            return Ok(());
        }
        let kind = if is_disk_full(&said) { ErrorKind::DiskFull } else { ErrorKind::Copy };
        let message = format!("the system could not be pushed to {url}");
        Err(DriverError::new(kind, message)
            .said(last_lines(&said))
            .help(format!("try it: nix copy --to '{url}' {path}")))
    }

    /// Runs a script whose work may take long, and gives the exit code that it told and what was said.
    fn told(
        &self,
        destination: &Destination,
        script: &Script,
        io: Io<'_>,
    ) -> Result<(i32, Vec<String>), DriverError> {
        let answer = self.ssh.run(destination, Connection::Shared, script, Limits::new(io.cancel), io);
        if let Err(error) = &answer.end {
            return Err(error.clone());
        }
        let code = answer.value("code").and_then(|code| code.parse().ok()).unwrap_or(-1);
        Ok((code, answer.said))
    }
}
