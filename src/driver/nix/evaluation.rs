//! Asks the flake about its hosts: one evaluation for all of them, and where one host spoils it, one for each.

use super::NixFlake;
use super::budget::HOST_MIB;
use super::command::{answer, last_lines};
use super::expression::{attribute, list};
use super::named_secrets;
use crate::driver::tool::Limits;
use crate::driver::{Discovered, DriverError, ErrorKind, Io};
use crate::model::Platform;
use serde_json::Value;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A system's derivation and where it builds to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct System {
    pub(super) derivation: String,
    pub(super) output: String,
}

/// A function over a configuration `c` that tells what can be known of it. A value that throws is null; options that
/// nobody set throw when they are read (nixpkgs `lib/modules.nix`).
const DESCRIBE: &str = "c: let \
     try = value: let result = builtins.tryEval value; in \
       if result.success && builtins.isString result.value then result.value else null; \
     first = try (c.config.nixpkgs.hostPlatform.system or null); \
     second = try (c.pkgs.stdenv.hostPlatform.system or c.pkgs.system or c.config.nixpkgs.system or null); \
   in { system = if first != null then first else second; hostName = try (c.config.networking.hostName or null); }";

/// The output of the flake that holds hosts of a platform.
pub(super) fn output(platform: Platform) -> &'static str {
    match platform {
        Platform::Nixos => "nixosConfigurations",
        Platform::Darwin => "darwinConfigurations",
    }
}

/// A function over a configuration that gives its system.
pub(super) fn toplevel(platform: Platform) -> &'static str {
    match platform {
        Platform::Nixos => "c: c.config.system.build.toplevel",
        Platform::Darwin => "c: c.system",
    }
}

/// A function over a configuration that gives its system's derivation and output path.
fn system_of(platform: Platform) -> String {
    format!(
        "c: let system = ({}) c; plain = builtins.unsafeDiscardStringContext; in \
         {{ derivation = plain system.drvPath; output = plain system.outPath; }}",
        toplevel(platform)
    )
}

/// What describes the hosts of a platform, and with it the systems of some of them where that was asked for.
pub(super) struct Described {
    pub(super) hosts: Vec<Discovered>,
    pub(super) systems: Vec<(String, System)>,
    /// What [`named_secrets::of_hosts`] says of them.
    pub(super) named: Option<Value>,
}

/// A function over all configurations: `function` of each named one, null for one that throws.
pub(super) fn of_each(function: &str, names: &str) -> String {
    format!(
        "cs: let f = {function}; one = name: let value = f cs.${{name}}; \
           result = builtins.tryEval (builtins.deepSeq value value); \
         in if cs ? ${{name}} && result.success then result.value else null; \
         in builtins.listToAttrs (map (name: {{ inherit name; value = one name; }}) ({names}))"
    )
}

impl NixFlake {
    /// `nix eval --json FLAKE#ATTRIBUTE --apply FUNCTION`; `None` where the flake has no such output.
    pub(super) fn eval(
        &self,
        attribute: &str,
        function: &str,
        io: Io<'_>,
    ) -> Result<Option<Value>, DriverError> {
        self.eval_beside(attribute, function, 1, io)
    }

    /// The same as one of so many at once, which share the memory that was set.
    fn eval_beside(
        &self,
        attribute: &str,
        function: &str,
        processes: usize,
        io: Io<'_>,
    ) -> Result<Option<Value>, DriverError> {
        let mut tool = self
            .nix
            .tool()?
            // Its cache serves no function that is applied; evaluations side by side wait for it, and nix 2.8 keeps a
            // lost race as "unexpectedly missing".
            .args(["eval", "--json", "--option", "eval-cache", "false"])
            .arg(self.installable(attribute))
            .args(["--apply", function])
            .directory(&self.directory);
        if let Some(memory_mib) = self.memory_mib {
            // nix's garbage collector ends the evaluation with "out of memory" there (bdwgc, `docs/environment.md`).
            let share = memory_mib.max(HOST_MIB) / u64::try_from(processes.max(1)).unwrap_or(1);
            tool = tool.env("GC_MAXIMUM_HEAP_SIZE", (share << 20).to_string());
        }
        let (ended, text) = answer(&tool, Limits::new(io.cancel), io)?;
        if ended.code == 0 {
            return serde_json::from_str(&text).map(Some).map_err(|error| {
                DriverError::new(ErrorKind::Evaluation, format!("nix eval answered no JSON: {error}"))
            });
        }
        // The attribute itself is missing, not one that some expression asked for.
        let missing = |line: &String| line.contains("does not provide attribute");
        if ended.said.iter().any(missing) {
            return Ok(None);
        }
        let error = DriverError::new(ErrorKind::Evaluation, "the flake does not evaluate");
        let error = error.said(last_lines(&ended.said));
        // Nix 2.8 asks git for a difference, and git then knows no repository; later ones name the owner.
        let foreign =
            ["program 'git' failed with exit code 129", "not owned by current user", "dubious ownership"];
        if ended.said.iter().any(|line| foreign.iter().any(|text| line.contains(text))) {
            return Err(error.help(format!(
                "git refuses a repository that belongs to another user: git -C {0} status tells; then chown it, or git config --global --add safe.directory {0}",
                self.directory.display()
            )));
        }
        Err(error)
    }

    /// All hosts of a platform, and in the same evaluation the systems of those that are `expected` to be asked for, and
    /// what the hosts name if somebody `asks` for that. Where that evaluation fails nothing is told but of the hosts.
    pub(super) fn describe(
        &self,
        platform: Platform,
        expected: &[String],
        asks: bool,
        io: Io<'_>,
    ) -> Result<Described, DriverError> {
        let expected = if expected.len() > self.budget().hosts() { &[] } else { expected };
        if expected.is_empty() && !asks {
            return self.describe_only(platform, io);
        }
        let hosts = of_each(DESCRIBE, "builtins.attrNames cs");
        let systems = of_each(&system_of(platform), &list(expected.iter().map(String::as_str)));
        let named = if asks { named_secrets::of_hosts() } else { "_: null".to_owned() };
        let function =
            format!("cs: {{ hosts = ({hosts}) cs; systems = ({systems}) cs; named = ({named}) cs; }}");
        let Ok(Some(mut all)) = self.eval(output(platform), &function, io) else {
            return self.describe_only(platform, io);
        };
        let Some(Value::Object(hosts)) = all.get_mut("hosts").map(Value::take) else {
            return self.describe_only(platform, io);
        };
        let system = |name: &String| {
            let value = all.get("systems")?.get(name)?.clone();
            Some((name.clone(), serde_json::from_value(value).ok()?))
        };
        let systems = expected.iter().filter_map(system).collect();
        let named = all.get_mut("named").map(Value::take).filter(Value::is_object);
        Ok(Described { hosts: discovered(platform, hosts), systems, named })
    }

    fn describe_only(&self, platform: Platform, io: Io<'_>) -> Result<Described, DriverError> {
        let function = of_each(DESCRIBE, "builtins.attrNames cs");
        let values = match self.eval(output(platform), &function, io) {
            Ok(Some(Value::Object(values))) => values,
            Ok(_) => return Ok(Described { hosts: Vec::new(), systems: Vec::new(), named: None }),
            Err(error) if error.kind != ErrorKind::Evaluation => return Err(error),
            // Something that nothing can catch, such as `abort` or a missing attribute: each host for itself.
            Err(_) => {
                let names = self.names(platform, io)?;
                let each = self.each(platform, &names, DESCRIBE, io);
                names.into_iter().zip(each).map(|(name, value)| (name, value.unwrap_or_default())).collect()
            }
        };
        Ok(Described { hosts: discovered(platform, values), systems: Vec::new(), named: None })
    }

    /// Names of the hosts of a platform. That they can be read proves that the flake as a whole evaluates.
    fn names(&self, platform: Platform, io: Io<'_>) -> Result<Vec<String>, DriverError> {
        let names = self.eval(output(platform), "builtins.attrNames", io)?;
        Ok(names.and_then(|names| serde_json::from_value(names).ok()).unwrap_or_default())
    }

    /// The systems of named hosts of a platform, in order.
    pub(super) fn systems(
        &self,
        platform: Platform,
        names: &[&str],
        io: Io<'_>,
    ) -> Result<Vec<Result<System, DriverError>>, DriverError> {
        if names.len() > 1
            && let Some(mut told) = self.by_eval_jobs(platform, names, io)?
            && !told.is_empty()
        {
            // A host whose process died was not told of.
            let missing: Vec<String> = names
                .iter()
                .filter(|name| !told.contains_key(**name))
                .map(|name| (*name).to_owned())
                .collect();
            let alone = self.each(platform, &missing, &system_of(platform), io).into_iter().map(read_system);
            told.extend(missing.into_iter().zip(alone));
            return Ok(names.iter().map(|name| told.remove(*name).unwrap_or_else(lost)).collect());
        }
        let budget = self.budget();
        let processes = budget.processes(names.len());
        let size = (budget.hosts() / processes).min(names.len().div_ceil(processes)).max(1);
        let chunks: Vec<&[&str]> = names.chunks(size).collect();
        let found = in_parallel(&chunks, processes, &|chunk| self.chunk(platform, chunk, processes, io));
        let mut systems = Vec::with_capacity(names.len());
        for chunk in found {
            systems.extend(chunk.unwrap_or_else(lost)?);
        }
        Ok(systems)
    }

    fn chunk(
        &self,
        platform: Platform,
        names: &[&str],
        processes: usize,
        io: Io<'_>,
    ) -> Result<Vec<Result<System, DriverError>>, DriverError> {
        let function = of_each(&system_of(platform), &list(names.iter().copied()));
        let mut found: Vec<Option<System>> =
            match self.eval_beside(output(platform), &function, processes, io) {
                Ok(Some(values)) => names
                    .iter()
                    .map(|name| values.get(name).and_then(|value| serde_json::from_value(value.clone()).ok()))
                    .collect(),
                Ok(None) => {
                    let message = format!("the flake has no {}", output(platform));
                    return Err(DriverError::new(ErrorKind::Evaluation, message));
                }
                Err(error) if error.kind != ErrorKind::Evaluation => return Err(error),
                Err(error) if names.len() > 1 && self.names(platform, io).is_err() => return Err(error),
                Err(_) => vec![None; names.len()],
            };
        // What threw lost its message, and what could not be caught took the others with it: nix tells of each alone.
        let missing: Vec<String> = names
            .iter()
            .zip(&found)
            .filter(|(_, system)| system.is_none())
            .map(|(name, _)| (*name).to_owned())
            .collect();
        let mut alone = self.each(platform, &missing, &system_of(platform), io).into_iter();
        Ok(found
            .drain(..)
            .map(|system| system.map_or_else(|| alone.next().map_or_else(lost, read_system), Ok))
            .collect())
    }

    /// A function of each named configuration, evaluated apart, a few at once.
    fn each(
        &self,
        platform: Platform,
        names: &[String],
        function: &str,
        io: Io<'_>,
    ) -> Vec<Result<Value, DriverError>> {
        let budget = self.budget();
        let processes = budget.cores.min(budget.hosts()).min(names.len());
        let one = |name: &String| self.one(platform, name, function, processes, io);
        in_parallel(names, processes, &one).into_iter().map(|result| result.unwrap_or_else(lost)).collect()
    }

    fn one(
        &self,
        platform: Platform,
        name: &str,
        function: &str,
        processes: usize,
        io: Io<'_>,
    ) -> Result<Value, DriverError> {
        let output = output(platform);
        let absent = || {
            DriverError::new(
                ErrorKind::Evaluation,
                format!("the flake has no {output}.\"{}\"", name.escape_debug()),
            )
        };
        let path = attribute(name).map(|name| format!("{output}.{name}")).ok_or_else(absent)?;
        match self.eval_beside(&path, function, processes, io) {
            Ok(value) => value.ok_or_else(absent),
            Err(mut error) => {
                if error.kind == ErrorKind::Evaluation {
                    error.message = format!("{name} does not evaluate");
                }
                Err(error)
            }
        }
    }
}

fn discovered(platform: Platform, values: serde_json::Map<String, Value>) -> Vec<Discovered> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let describe = |(name, value): (String, Value)| Discovered {
        name,
        platform,
        system: text(&value, "system"),
        host_name: text(&value, "hostName"),
    };
    values.into_iter().map(describe).collect()
}

/// The error of a host that nobody told of.
fn lost<T>() -> Result<T, DriverError> {
    Err(DriverError::new(ErrorKind::Evaluation, "it was not evaluated"))
}

fn read_system(value: Result<Value, DriverError>) -> Result<System, DriverError> {
    serde_json::from_value(value?)
        .map_err(|error| DriverError::new(ErrorKind::Evaluation, format!("nix eval answered {error}")))
}

/// What `work` gives for each item, so many at once, in the order of the items.
fn in_parallel<I: Sync, T: Send>(
    items: &[I],
    at_once: usize,
    work: &(dyn Fn(&I) -> T + Sync),
) -> Vec<Option<T>> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<T>>> = Mutex::new(items.iter().map(|_| None).collect());
    let run = || {
        while let Some((index, item)) = {
            let index = next.fetch_add(1, Ordering::Relaxed);
            items.get(index).map(|item| (index, item))
        } {
            let result = work(item);
            if let Some(slot) = results.lock().unwrap_or_else(PoisonError::into_inner).get_mut(index) {
                *slot = Some(result);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..at_once.min(items.len()) {
            scope.spawn(run);
        }
        run();
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}
