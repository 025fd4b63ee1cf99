//! Asks the flake which files of sops its hosts and tests name (sops-nix's options `sops.secrets.*.sopsFile`,
//! `sops.defaultSopsFile`, `sops.age.keyFile`, `sops.age.sshKeyPaths`). One evaluation for all hosts and one for the
//! tests of this machine's system.

use super::NixFlake;
use super::check::this_system;
use super::evaluation::{of_each, output};
use super::tree;
use crate::driver::{DriverError, Io, repository};
use crate::model::{HostName, Platform};
use crate::secrets::{Named, NamedHost, NamedTest};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

/// A function over a configuration's `config`. What throws is left out.
const SECRETS: &str = "config: let \
     s = config.sops or { }; secrets = s.secrets or { }; age = s.age or { }; \
     text = value: let r = builtins.tryEval (builtins.unsafeDiscardStringContext (toString value)); in \
       if value != null && r.success && r.value != \"\" then [ r.value ] else [ ]; \
     all = builtins.concatMap text; \
     file = name: secrets.${name}.sopsFile or s.defaultSopsFile or null; \
   in { \
     files = all (map file (builtins.attrNames secrets)); \
     keys = text (age.keyFile or null) ++ all (age.sshKeyPaths or [ ]); \
   }";

/// A function over all configurations of a platform: what each host names.
pub(super) fn of_hosts() -> String {
    of_each(&format!("c: ({SECRETS}) c.config"), "builtins.attrNames cs")
}

/// Where a path of the store begins that is the copy of a flake.
const STORE: &str = "/nix/store/";

impl NixFlake {
    /// What all hosts, and the tests for this machine, name. `root` is the directory that paths are relative to.
    pub(super) fn named_secrets(&self, root: &Path, io: Io<'_>) -> Result<Named, DriverError> {
        let mut named = Named::default();
        let trace = Trace::new(root, tree::directory(&self.directory, &self.reference));
        for platform in [Platform::Nixos, Platform::Darwin] {
            let early = self.named.lock().unwrap_or_else(PoisonError::into_inner).remove(&platform);
            let hosts = match early {
                Some(hosts) => Some(hosts),
                None => self.eval(output(platform), &of_hosts(), io)?,
            };
            let Some(Value::Object(hosts)) = hosts else { continue };
            for (name, value) in hosts {
                let Ok(name) = HostName::new(&name) else { continue };
                let (files, untraced) = trace.all(&texts(&value, "files"));
                if !files.is_empty() || !untraced.is_empty() {
                    named.hosts.push(NamedHost { name, files, untraced, keys: texts(&value, "keys") });
                }
            }
        }
        let nodes = format!(
            "check: let nodes = check.nodes or {{ }}; f = {SECRETS}; in \
             builtins.mapAttrs (name: node: f (node.config or node)) nodes"
        );
        let system = format!("checks.{}", this_system());
        let checks = self.eval(&system, &of_each(&nodes, "builtins.attrNames cs"), io)?;
        for (check, nodes) in checks.as_ref().and_then(Value::as_object).into_iter().flatten() {
            for (node, value) in nodes.as_object().into_iter().flatten() {
                let (files, untraced) = trace.all(&texts(value, "files"));
                let keys = texts(value, "keys");
                if files.len() + untraced.len() + keys.len() > 0 {
                    named.tests.push(NamedTest { name: format!("{check}.nodes.{node}"), files, keys });
                }
            }
        }
        Ok(named)
    }
}

fn texts(value: &Value, key: &str) -> Vec<String> {
    let list = value.get(key).and_then(Value::as_array);
    let mut texts: Vec<String> =
        list.into_iter().flatten().filter_map(Value::as_str).map(ToOwned::to_owned).collect();
    texts.sort();
    texts.dedup();
    texts
}

/// From paths in the store to those they were copied from.
struct Trace<'a> {
    root: &'a Path,
    /// What the copy of the flake is one of: its repository, or outside of one its directory.
    origins: Vec<PathBuf>,
}

impl<'a> Trace<'a> {
    fn new(root: &'a Path, flake: Option<PathBuf>) -> Self {
        let repository = flake.as_deref().and_then(repository).map(Path::to_owned);
        Self { root, origins: repository.into_iter().chain(flake).collect() }
    }

    /// Those that were found, and those that were not.
    fn all(&self, paths: &[String]) -> (Vec<String>, Vec<String>) {
        let (mut found, mut lost) = (Vec::new(), Vec::new());
        for path in paths {
            match self.one(path) {
                Some(path) => found.push(path),
                None => lost.push(path.clone()),
            }
        }
        (found, lost)
    }

    fn one(&self, path: &str) -> Option<String> {
        let (_, below) = path.strip_prefix(STORE)?.split_once('/')?;
        let there = self.origins.iter().map(|origin| origin.join(below)).find(|path| path.is_file())?;
        Some(there.strip_prefix(self.root).ok()?.to_str()?.to_owned())
    }
}
