//! Asks a host what a system that it has in its store would change.

use super::{Native, probe};
use crate::driver::diff::OnlyIn;
use crate::driver::ssh::{Connection, Destination, Script};
use crate::driver::tool::Limits;
use crate::driver::{DriverError, Io, Probe, StorePath, SystemDiff};
use crate::model::{Action, Host, Platform};
use crate::process::Stream;
use std::time::{Duration, Instant};

const DIFF: &str = concat!(include_str!("state.sh"), include_str!("diff.sh"));
/// How long it may take: a dry activation runs the scripts that support it.
const LONGEST: Duration = Duration::from_secs(120);
/// `/nix/store/`, the digest and a dash.
const BEFORE_NAME: usize = "/nix/store/".len() + 33;

impl Native {
    pub(super) fn diff_system(
        &self,
        host: &Host,
        path: &StorePath,
        action: Action,
        before: &Probe,
        io: Io<'_>,
    ) -> Result<SystemDiff, DriverError> {
        let known = self.known_or_probed(host, io)?;
        // What boots touches no unit, and nix-darwin cannot tell.
        let tried = action != Action::Boot && host.platform == Platform::Nixos;
        let old = before.state.current.as_ref().map_or("", StorePath::as_str);
        let script = Script::new(DIFF)
            .variable("NEW", path.as_str())
            .variable("OLD", old)
            .variable("TRIED", if tried { "1" } else { "0" })
            .by(known.privilege);
        let limits = Limits { deadline: Some(Instant::now() + LONGEST), ..Limits::new(io.cancel) };
        let answer = self.ssh.run(&Destination::of(host)?, Connection::Shared, &script, limits, io);
        probe::complete(host, &answer)?;
        let only = |new: bool, value: &'_ str| {
            let (bytes, path) = value.split_once(' ')?;
            Some((new, bytes.parse().ok()?, path.get(BEFORE_NAME..)?.to_owned()))
        };
        let paths: Vec<(bool, i64, String)> = (answer.values("-").filter_map(|value| only(false, value)))
            .chain(answer.values("+").filter_map(|value| only(true, value)))
            .collect();
        let paths = paths.iter().map(|(new, bytes, name)| OnlyIn { new: *new, name, bytes: *bytes });
        let said: Vec<&str> = answer.values("would").collect();
        let told = tried && answer.value("rc") == Some("0");
        if tried && !told {
            let line = format!("{} does not tell what activating would do to its units", host.name);
            io.output.line(Stream::Stderr, &line);
        }
        let needs_reboot = probe::needs_reboot(&answer);
        Ok(SystemDiff::new(paths, told.then_some(&said[..]), needs_reboot))
    }
}
