//! What a host says of itself when all is over, past ssh and without fleet.

use crate::Homelab;

/// The truth about a host, and what fleet has left there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Aftermath {
    /// The system that runs; empty where none does.
    pub(crate) runs: String,
    /// The system of the profile.
    pub(crate) profile: String,
    /// The system that the loader starts.
    pub(crate) boots: String,
    /// Locks, units and processes of fleet; empty when all is well.
    pub(crate) left: String,
}

/// Prints three lines about systems, and one for each thing that is left. The brackets keep the search out of what it finds.
const LOOK: &str = "readlink -e /run/current-system || echo; readlink -e /nix/var/nix/profiles/system || echo; \
    cd /boot/loader && sed -n 's,^options init=\\(.*\\)/init$,\\1,p' \"entries/$(sed -n 's/^default //p' loader.conf)\" | head -n 1 | grep . || echo; \
    ls /run/fleet 2>/dev/null | grep '^lock'; \
    for unit in /run/testbed/units/fleet-*; do [ ! -e \"$unit\" ] || echo \"${unit##*/}\"; done; \
    ps -eo args | grep -E '[f]leet-(switch|watchdog)|[M]ARK=fleet' | cut -c1-80; :";

impl Aftermath {
    /// Looks at a host.
    pub(crate) fn of(homelab: &Homelab, host: &str) -> Self {
        let said = homelab.testbed(&["exec", host, "sh", "-c", LOOK]);
        let mut lines = said.lines();
        let mut next = || lines.next().unwrap_or_default().to_owned();
        let (runs, profile, boots) = (next(), next(), next());
        Self { runs, profile, boots, left: lines.collect::<Vec<_>>().join("; ") }
    }
}
