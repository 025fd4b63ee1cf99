//! What the flake says of secrets: which files each host's configuration and each test names, and with which keys they are
//! to be opened. Evaluates nothing.

use crate::model::HostName;

/// All that was asked.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// Hosts that evaluate and name any file.
    pub hosts: Vec<NamedHost>,
    /// Machines of tests that name any file or key.
    pub tests: Vec<NamedTest>,
}

/// A host.
#[derive(Debug, Clone)]
pub struct NamedHost {
    /// Its name.
    pub name: HostName,
    /// Files, from the root of what is checked.
    pub files: Vec<String>,
    /// Files that cannot be traced to one of the repository.
    pub untraced: Vec<String>,
    /// Where the keys are that open them, on the host.
    pub keys: Vec<String>,
}

/// A machine of a test.
#[derive(Debug, Clone)]
pub struct NamedTest {
    /// `CHECK.nodes.NAME`.
    pub name: String,
    /// Files, from the root of what is checked.
    pub files: Vec<String>,
    /// Where the keys are that open them.
    pub keys: Vec<String>,
}
