//! The programs that can bring a system to its host.

use super::{Action, Platform};

/// Which program deploys a host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeployDriver {
    /// fleet itself.
    #[default]
    Native,
    /// nixos-rebuild, of this machine.
    NixosRebuild,
    /// darwin-rebuild, of the host.
    DarwinRebuild,
    /// colmena, which has the host in its hive.
    Colmena,
    /// deploy-rs, which has the host among its nodes.
    Deploy,
}

impl DeployDriver {
    /// Its name, which is the program's.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::NixosRebuild => "nixos-rebuild",
            Self::DarwinRebuild => "darwin-rebuild",
            Self::Colmena => "colmena",
            Self::Deploy => "deploy",
        }
    }

    /// The program that must be on the PATH of this machine.
    #[must_use]
    pub fn program(self) -> Option<&'static str> {
        match self {
            Self::Native | Self::DarwinRebuild => None,
            Self::NixosRebuild | Self::Colmena | Self::Deploy => Some(self.word()),
        }
    }

    /// How to get the program.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::Native => "",
            Self::NixosRebuild => "put it on PATH (nixpkgs: nixos-rebuild-ng), or set `driver: native`",
            Self::DarwinRebuild => "install nix-darwin on the host, or set `driver: native`",
            Self::Colmena => "put it on PATH (nixpkgs: colmena), or set `driver: native`",
            Self::Deploy => "put it on PATH (nixpkgs: deploy-rs), or set `driver: native`",
        }
    }

    /// The only platform that it deploys to.
    #[must_use]
    pub fn platform(self) -> Option<Platform> {
        match self {
            Self::Native | Self::Deploy => None,
            Self::DarwinRebuild => Some(Platform::Darwin),
            Self::NixosRebuild | Self::Colmena => Some(Platform::Nixos),
        }
    }

    /// Whether it knows an action.
    #[must_use]
    pub fn can(self, action: Action) -> bool {
        match self {
            Self::Native | Self::NixosRebuild | Self::Colmena => true,
            Self::Deploy => action != Action::Test,
            Self::DarwinRebuild => action == Action::Switch,
        }
    }

    /// Whether fleet builds the system before the program is called, rather than the program itself.
    #[must_use]
    pub fn is_built_for(self) -> bool {
        matches!(self, Self::Native | Self::NixosRebuild)
    }

    /// Whether it is fleet's own.
    #[must_use]
    pub fn is_native(&self) -> bool {
        *self == Self::Native
    }
}
