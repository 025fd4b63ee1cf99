//! Hosts of the fleet, as the flake and the Fleetfile have them.

use super::{BinaryCache, DeployDriver, StoreUrl, TagPool, Text};
use crate::source::{Span, Spanned};
use indexmap::IndexMap;
use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// The name of a host's configuration in the flake. It can hold no character that a shell, ssh option, path or
/// Nix attribute path would read as more than a name: letters, digits, `-`, `_`, `.`; it starts with a letter or
/// digit; at most 253 bytes (RFC 1035).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostName(Arc<str>);

/// Why a name cannot be a host's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` cannot name a host: letters, digits, `-`, `_` and `.` only, a letter or digit first, at most 253 bytes", .0.escape_debug())]
pub struct NameError(pub String);

impl HostName {
    /// Checks a name.
    ///
    /// # Errors
    /// [`NameError`] when it could be read as anything but a name.
    pub fn new(name: &str) -> Result<Self, NameError> {
        let starts_well = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        let all_plain =
            name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        if starts_well && all_plain && name.len() <= 253 {
            Ok(Self(name.into()))
        } else {
            Err(NameError(name.to_owned()))
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl serde::Serialize for HostName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Which module system made the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// `nixosConfigurations`
    Nixos,
    /// `darwinConfigurations`
    Darwin,
}

impl Platform {
    /// Its name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Nixos => "nixos",
            Self::Darwin => "darwin",
        }
    }
}

/// Where a host's system is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildOn {
    /// On the host itself.
    Target,
    /// Here, then copied.
    Local,
    /// On a named machine reachable by ssh, then copied.
    Builder(Arc<str>),
    /// Here or on the host, by what both are and what nix has for the host's system.
    Auto,
}

/// What building a host's system may take of the machine that builds it. What is absent is left to its own nix.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub struct BuildLimits {
    /// Most derivations that are built at once (nix `max-jobs`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_jobs: Option<u32>,
    /// Cores that one of them may use (nix `cores`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores: Option<u32>,
    /// Memory that one of them may need, MiB: as many are built at once as the free memory holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_memory_mib: Option<u64>,
}

impl BuildLimits {
    /// These, and where they say nothing `others`.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            max_jobs: self.max_jobs.or(others.max_jobs),
            cores: self.cores.or(others.cores),
            job_memory_mib: self.job_memory_mib.or(others.job_memory_mib),
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// `fleet:` of a Fleetfile, as written and checked.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// The flake, relative to the Fleetfile's directory.
    pub flake: Text,
    /// Directory of the Fleetfile that wrote this, absolute.
    pub dir: PathBuf,
    /// Which outputs hold hosts.
    pub discover: Vec<Platform>,
    /// Memory that evaluations may take together, MiB.
    pub eval_memory_mib: Option<u64>,
    /// What holds for every host.
    pub defaults: HostOverride,
    /// What holds for one host; every key must be a host of the flake.
    pub hosts: IndexMap<HostName, HostOverride>,
    /// The fence between test keys and real secrets.
    pub secrets: SecretsPolicy,
    /// How many hosts of a tag are changed at once.
    pub pools: Vec<TagPool>,
    /// Names that commands find on PATH in place of the machine's own.
    pub shims: Shims,
    /// Where it stands.
    pub span: Span,
}

/// Settings of a host; what is absent falls back to the defaults.
#[derive(Debug, Clone, Default)]
pub struct HostOverride {
    /// User to log in as.
    pub user: Option<Text>,
    /// Address for ssh; may use `{{.HOST}}`.
    pub address: Option<Text>,
    /// ssh port.
    pub port: Option<u16>,
    /// Where it is built.
    pub build_on: Option<BuildOn>,
    /// What building it may take.
    pub build_limits: BuildLimits,
    /// Which program deploys it.
    pub driver: Option<Spanned<DeployDriver>>,
    /// Binary cache that its system is pushed to.
    pub push_to: Option<StoreUrl>,
    /// Where the host takes it from; where it is pushed to when absent.
    pub pull_from: Option<StoreUrl>,
    /// What the host is, where the Fleetfile says it; the flake must agree.
    pub platform: Option<Platform>,
    /// Tags for selectors.
    pub tags: BTreeSet<String>,
    /// What the machine must say of itself.
    pub identity: Identity,
    /// Where the host is named in the file.
    pub span: Option<Span>,
}

/// `fleet.secrets`.
#[derive(Debug, Clone, Default)]
pub struct SecretsPolicy {
    /// Files with test identities, or `age1...` recipients.
    pub test_keys: Vec<Text>,
    /// Globs of files that may be encrypted for test keys.
    pub test_paths: Vec<Text>,
    /// Keys of hosts: `age1...` or `ssh-ed25519 ...`.
    pub host_keys: IndexMap<HostName, Text>,
    /// Findings that are passed over.
    pub ignore: Vec<IgnoredFinding>,
    /// Where the key stands; `None` where nothing is said.
    pub span: Option<Span>,
}

/// An entry of `fleet.secrets.ignore`.
#[derive(Debug, Clone)]
pub struct IgnoredFinding {
    /// Name of the rule, `*` for all of them.
    pub rule: Text,
    /// Glob of the files.
    pub path: Text,
    /// Why that is right.
    pub reason: Text,
}

/// `fleet.shims`: which names stand in a private directory that is first on the PATH of every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shims {
    /// `task` is this fleet.
    pub task: bool,
    /// `jq` is the embedded one.
    pub jq: JqShim,
}

impl Default for Shims {
    fn default() -> Self {
        Self { task: true, jq: JqShim::Missing }
    }
}

/// When `jq` is the embedded one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JqShim {
    /// Never.
    Never,
    /// Where the machine has none.
    Missing,
    /// Always.
    Always,
}

/// A host that can be selected: what the flake says, completed by the Fleetfile.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Host {
    /// Name of the configuration.
    pub name: HostName,
    /// Module system.
    pub platform: Platform,
    /// Nix system, such as `x86_64-linux`; `None` where the configuration does not evaluate, or nobody asked it
    /// (rehearsal).
    pub system: Option<String>,
    /// `networking.hostName`; the configuration's name where that is not known.
    pub host_name: String,
    /// Address for ssh.
    pub address: String,
    /// User to log in as; ssh's own choice when absent.
    pub user: Option<String>,
    /// ssh port; ssh's own choice when absent.
    pub port: Option<u16>,
    /// Where it is built.
    #[serde(serialize_with = "serialize_build_on")]
    pub build_on: BuildOn,
    /// What building it may take.
    #[serde(flatten, skip_serializing_if = "BuildLimits::is_empty")]
    pub build_limits: BuildLimits,
    /// By which binary cache its system comes to it, where it is not built there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<BinaryCache>,
    /// Which program deploys it.
    #[serde(skip_serializing_if = "DeployDriver::is_native")]
    pub driver: DeployDriver,
    /// Tags.
    pub tags: BTreeSet<String>,
    /// What the machine must say of itself.
    #[serde(skip_serializing_if = "Identity::is_empty")]
    pub identity: Identity,
}

/// What a machine must say of itself to be the host, beyond having its `networking.hostName`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Identity {
    /// The name that it has now, where that is not yet the one of its configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_name: Option<String>,
    /// `/etc/machine-id`, 32 digits in lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_id: Option<String>,
}

impl Identity {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn serialize_build_on<S: serde::Serializer>(build_on: &BuildOn, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match build_on {
        BuildOn::Target => "target",
        BuildOn::Local => "local",
        BuildOn::Auto => "auto",
        BuildOn::Builder(name) => name,
    })
}
