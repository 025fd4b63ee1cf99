//! How much an activation was guarded against the loss of its connection and of its deployer.

use serde::Serialize;

/// What carried an activation, and what would have brought the old system back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Guarded {
    /// What the activation was.
    pub activation: Carrier,
    /// What waited for its proof.
    pub watchdog: Watchdog,
}

/// What an activation is on the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Carrier {
    /// A transient unit of systemd: no session's end ends it.
    Unit,
    /// A process in the background, for want of systemd-run: what ends all processes of a login ends it too.
    Process,
    /// Whatever the host's `driver` makes of it.
    Driver,
}

/// What brings the old system back where nobody proves the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Watchdog {
    /// A timer of systemd.
    Timer,
    /// A process that sleeps, for want of systemd-run.
    Process,
    /// Nothing: there was no old system.
    NothingBefore,
    /// Nothing: the old system is not whole, as after its removal from the store.
    BeforeGone,
    /// Nothing: what runs was not changed.
    Unneeded,
    /// Only what the host's `driver` has.
    Driver,
}

impl Guarded {
    /// What it lacks of the usual, in words; `None` where it lacks nothing.
    #[must_use]
    pub fn lack(self) -> Option<&'static str> {
        use Watchdog::{BeforeGone, NothingBefore, Process, Timer, Unneeded};
        match (self.activation, self.watchdog) {
            (Carrier::Unit, Timer | Unneeded) => None,
            (Carrier::Driver, _) | (_, Watchdog::Driver) => {
                Some("activated by another program, without fleet's watchdog")
            }
            (Carrier::Unit, NothingBefore) => Some("first deployment: there was nothing to go back to"),
            (_, BeforeGone) => Some("the old system is no longer whole: there was nothing to go back to"),
            (Carrier::Process, NothingBefore) => Some(
                "no systemd-run: activated by a background process; first deployment: there was nothing to go back to",
            ),
            (Carrier::Process, Unneeded) => Some("no systemd-run: activated by a background process"),
            (Carrier::Process, _) => {
                Some("no systemd-run: activated by a background process, watched by another")
            }
            (Carrier::Unit, Process) => Some("no systemd timer: watched by a background process"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_unit_with_a_timer_lacks_nothing() {
        let lack = |activation, watchdog| Guarded { activation, watchdog }.lack();
        assert_eq!(lack(Carrier::Unit, Watchdog::Timer), None);
        assert_eq!(lack(Carrier::Unit, Watchdog::Unneeded), None);
        assert!(lack(Carrier::Unit, Watchdog::NothingBefore).unwrap().contains("nothing to go back to"));
        assert!(lack(Carrier::Unit, Watchdog::BeforeGone).unwrap().contains("no longer whole"));
        assert!(lack(Carrier::Process, Watchdog::Process).unwrap().contains("no systemd-run"));
        assert!(lack(Carrier::Process, Watchdog::NothingBefore).unwrap().contains("nothing to go back to"));
        assert!(lack(Carrier::Driver, Watchdog::Driver).unwrap().contains("another program"));
    }
}
