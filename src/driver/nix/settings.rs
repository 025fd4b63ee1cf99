//! What the nix of this machine is set to, as far as it decides what can be built: for which systems, by which other
//! machines, and how much at once.

use super::command::{Nix, answer};
use crate::driver::tool::Limits;
use crate::driver::{DriverError, ErrorKind, Io};
use serde_json::Value;
use std::fs;

/// Files that name files: more than anybody writes.
const NESTED: usize = 8;

/// Settings of nix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The system that it builds for.
    pub(crate) system: String,
    /// Others that it builds for itself, natively or by emulation.
    extra: Vec<String>,
    /// Other machines, each with its systems.
    builders: Vec<(String, Vec<String>)>,
    /// What it builds is signed (`secret-key-files`).
    pub(crate) signs: bool,
    /// Derivations that it builds at once; 0 where only other machines build.
    pub(crate) max_jobs: u64,
}

/// Ways in which the nix here builds for a system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Means {
    /// This machine runs it.
    pub(crate) native: bool,
    /// This machine emulates it.
    pub(crate) emulated: bool,
    /// Nix sends it to this machine (`builders`).
    pub(crate) builder: Option<String>,
}

impl Settings {
    /// Asks nix. `show-config` is what `config show` was called before 2.20.
    ///
    /// # Errors
    /// Nix is missing, or tells neither way.
    pub(crate) fn ask(nix: &Nix, io: Io<'_>) -> Result<Self, DriverError> {
        let mut said = Vec::new();
        for words in [&["show-config", "--json"][..], &["config", "show", "--json"]] {
            let (ended, text) = answer(&nix.tool()?.args(words.iter().copied()), Limits::new(io.cancel), io)?;
            match serde_json::from_str::<Value>(&text) {
                Ok(json) if ended.code == 0 => {
                    return Ok(Self::read(&json, &|path| fs::read_to_string(path).ok()));
                }
                _ => said = ended.said,
            }
        }
        Err(DriverError::new(ErrorKind::Other, "nix does not tell its settings").said(said))
    }

    fn read(json: &Value, file: &dyn Fn(&str) -> Option<String>) -> Self {
        let value = |name: &str| json.get(name).and_then(|setting| setting.get("value"));
        let text = |name: &str| value(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let system = text("system");
        let extra = match value("extra-platforms") {
            Some(Value::Array(platforms)) => {
                platforms.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            _ => text("extra-platforms").split_whitespace().map(str::to_owned).collect(),
        };
        let mut builders = Vec::new();
        machines(&text("builders"), &system, file, NESTED, &mut builders);
        let signs = match value("secret-key-files") {
            Some(Value::Array(files)) => !files.is_empty(),
            _ => !text("secret-key-files").is_empty(),
        };
        Self {
            signs,
            extra,
            builders,
            max_jobs: value("max-jobs").and_then(Value::as_u64).unwrap_or(1),
            system,
        }
    }

    /// How it builds for a system.
    pub(crate) fn means(&self, system: &str) -> Means {
        let here = self.max_jobs > 0;
        let native = system == self.system || is_kin(&self.system, system);
        let extra = || self.extra.iter().any(|extra| extra == system);
        let builder = self.builders.iter().find(|(_, systems)| systems.iter().any(|known| known == system));
        Means {
            native: here && (system == self.system || (native && extra())),
            emulated: here && !native && extra(),
            builder: builder.map(|(machine, _)| machine.clone()),
        }
    }
}

/// Whether a processor runs another system's programs by itself.
fn is_kin(own: &str, other: &str) -> bool {
    matches!(
        (own, other),
        ("x86_64-linux", "i686-linux") | ("aarch64-linux", "armv7l-linux" | "armv6l-linux")
    )
}

/// The machines of `builders`: lines or `;` between them, `@FILE` for those of a file, and of each the address first and
/// then its systems, `-` for this machine's (Nix manual, "Remote Builds").
fn machines(
    text: &str,
    own: &str,
    file: &dyn Fn(&str) -> Option<String>,
    depth: usize,
    found: &mut Vec<(String, Vec<String>)>,
) {
    for line in text.split(['\n', ';']) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(path) = line.strip_prefix('@') {
            if let Some(text) = (depth > 0).then(|| file(path.trim())).flatten() {
                machines(&text, own, file, depth - 1, found);
            }
            continue;
        }
        let mut fields = line.split_whitespace();
        let Some(machine) = fields.next() else { continue };
        let systems = match fields.next() {
            None | Some("-") => vec![own.to_owned()],
            Some(systems) => systems.split(',').map(str::to_owned).collect(),
        };
        found.push((machine.to_owned(), systems));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings(builders: &str, max_jobs: u64) -> Settings {
        let json = json!({
            "system": {"value": "x86_64-linux"},
            "extra-platforms": {"value": ["i686-linux", "riscv64-linux"]},
            "builders": {"value": builders},
            "max-jobs": {"value": max_jobs},
        });
        let file = |path: &str| {
            (path == "/etc/nix/machines").then(|| {
                "# ours\nssh://mac aarch64-darwin,x86_64-darwin /root/key 4\n\n@/etc/nix/machines\nssh://twin -\n".to_owned()
            })
        };
        Settings::read(&json, &file)
    }

    #[test]
    fn each_system_has_its_means() {
        let settings = settings("@/etc/nix/machines ; ssh-ng://pi aarch64-linux", 2);
        let means = |system: &str| {
            let Means { native, emulated, builder } = settings.means(system);
            (native, emulated, builder)
        };
        let by = |machine: &str| Some(machine.to_owned());
        assert_eq!(means("x86_64-linux"), (true, false, by("ssh://twin")));
        assert_eq!(means("i686-linux"), (true, false, None));
        assert_eq!(means("riscv64-linux"), (false, true, None));
        assert_eq!(means("aarch64-linux"), (false, false, by("ssh-ng://pi")));
        assert_eq!(means("x86_64-darwin"), (false, false, by("ssh://mac")));
        assert_eq!(means("armv7l-linux"), (false, false, None));
    }

    #[test]
    fn a_nix_that_builds_nothing_itself_has_only_its_builders() {
        let settings = settings("@/nowhere\nssh://twin", 0);
        let means = settings.means("x86_64-linux");
        assert_eq!((means.native, means.builder.as_deref()), (false, Some("ssh://twin")));
        assert_eq!(settings.means("riscv64-linux"), Means::default());
    }

    #[test]
    fn settings_without_what_is_looked_for_are_none() {
        let settings = Settings::read(&json!([]), &|_| None);
        assert_eq!(settings, Settings { max_jobs: 1, ..Settings::default() });
    }
}
