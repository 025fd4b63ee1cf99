//! What is asked of the flake, once for the whole run.

use super::{Derivation, DriverError, Io};
use crate::model::{Host, HostName, Platform};
use crate::secrets::Named;
use std::path::{Path, PathBuf};

/// A host as the flake has it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Discovered {
    /// Name of the configuration.
    pub name: String,
    /// Module system.
    pub platform: Platform,
    /// Nix system; `None` where the configuration does not evaluate.
    pub system: Option<String>,
    /// `networking.hostName`; `None` where the configuration does not evaluate.
    pub host_name: Option<String>,
}

/// The outcome of `nix flake check`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlakeCheck {
    /// What nix left out, such as the checks of other systems. Not passed.
    pub skipped: Vec<String>,
}

/// The outcome of one named check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckOutcome {
    /// It built.
    Passed,
    /// It had passed before, and nothing that it depends on has changed since.
    Cached,
    /// It cannot run here, and why. Not passed.
    Skipped(String),
}

/// A host and its system's derivation, or why it does not evaluate.
pub type Evaluated = (HostName, Result<Derivation, DriverError>);

/// Tells which hosts will be evaluated, given the hosts that there were the last time.
pub type Expect<'a> = &'a dyn Fn(&[Discovered]) -> Vec<(Platform, String)>;

/// Told the files and directories of the store that a check is built from, refuses it or does not.
pub type Guard<'a> = &'a dyn Fn(&[PathBuf]) -> Result<(), DriverError>;

/// The flake that holds the hosts.
pub trait Flake: Send + Sync {
    /// All hosts.
    ///
    /// # Errors
    /// The flake does not evaluate, or nix is missing.
    fn discover(&self, platforms: &[Platform], io: Io<'_>) -> Result<Vec<Discovered>, DriverError>;

    /// The derivation of each host's system, in the order of `hosts`; one that does not evaluate fails alone.
    ///
    /// # Errors
    /// Nothing could be evaluated at all.
    fn evaluate(&self, hosts: &[Host], io: Io<'_>) -> Result<Vec<Evaluated>, DriverError>;

    /// `nix flake check`.
    ///
    /// # Errors
    /// A check failed.
    fn check(&self, io: Io<'_>) -> Result<FlakeCheck, DriverError>;

    /// Builds `checks.<this system>.NAME`, where it has not passed before. The guard, where there is one, is asked before.
    ///
    /// # Errors
    /// It does not exist or does not build, or the guard refuses it.
    fn build_check(
        &self,
        name: &str,
        guard: Option<Guard<'_>>,
        io: Io<'_>,
    ) -> Result<CheckOutcome, DriverError>;

    /// The names of all checks, by system; the bool tells whether they can be built here.
    ///
    /// # Errors
    /// The flake does not evaluate.
    fn check_names(&self, io: Io<'_>) -> Result<Vec<(String, bool, Vec<String>)>, DriverError>;

    /// Which files of sops the hosts and tests name, as paths from `root`; hosts that do not evaluate are left out.
    ///
    /// # Errors
    /// Nothing could be evaluated at all.
    fn secrets(&self, root: &Path, io: Io<'_>) -> Result<Named, DriverError>;

    /// The revision of the tree, with `-dirty` where it was changed since; `None` where there is none.
    fn revision(&self) -> Option<String>;

    /// Whether the tree's commit is one that the commit of `revision` was made from: an older one. Not where that cannot
    /// be known.
    fn is_behind(&self, revision: &str) -> bool;
}
