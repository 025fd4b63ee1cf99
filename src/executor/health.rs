//! Health checks of one host: each is tried until it holds, its tries are used up or its time is over.

use super::activation::Order;
use super::drivers::Drivers;
use crate::driver::{DriverError, HealthOutcome, Io};
use crate::model::{Health, HealthKind, Hook, Host, Text};
use std::time::{Duration, Instant};

/// Longest and shortest pause between two tries.
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

/// How long one try of a check that has no end of its own may take.
const LAST_TRY: Duration = Duration::from_secs(10);

/// Makes all checks; gives why the host is not healthy, each check that does not hold on a line.
pub(super) fn check(order: &Order<'_>, drivers: &Drivers, io: Io<'_>) -> Option<String> {
    let bad: Vec<String> = order
        .health
        .iter()
        .filter_map(|health| {
            let reason = match rendered(health, order, drivers) {
                Ok(health) => attempt(&health, order, drivers, io)?,
                Err(error) => error.to_string(),
            };
            Some(format!("health check `{}`: {reason}", name(&health.kind)))
        })
        .collect();
    (!bad.is_empty()).then(|| bad.join("\n"))
}

/// The longest time that all checks take: the last try of each may begin at its deadline.
pub(super) fn longest(checks: &[Health]) -> Duration {
    checks.iter().map(|health| health.deadline + LAST_TRY).sum()
}

/// Runs hooks one after another up to the first that fails; gives why it did.
pub(super) fn run_hooks(
    when: &str,
    hooks: &[Hook],
    order: &Order<'_>,
    drivers: &Drivers,
    io: Io<'_>,
) -> Option<String> {
    hooks.iter().find_map(|hook| {
        if io.cancel.is_requested() {
            return Some("not made, because the run was stopped".to_owned());
        }
        let reason = match run_hook(hook, order.host, drivers, io) {
            Ok(HealthOutcome::Healthy) => return None,
            Ok(HealthOutcome::Unhealthy(reason)) => reason,
            Err(error) => error.to_string(),
        };
        Some(format!("hook {when} the activation `{}`: {reason}", hook.script.raw()))
    })
}

/// Runs a hook for a host.
pub(super) fn run_hook(
    hook: &Hook,
    host: &Host,
    drivers: &Drivers,
    io: Io<'_>,
) -> Result<HealthOutcome, DriverError> {
    let script = drivers.render.render(&hook.script, Some(host))?;
    let hook = Hook { script: Text::new(script, hook.script.span()), ..hook.clone() };
    drivers.target.hook(host, &hook, io)
}

fn attempt(health: &Health, order: &Order<'_>, drivers: &Drivers, io: Io<'_>) -> Option<String> {
    let until = Instant::now() + health.deadline;
    let pause = (health.deadline / (health.retries + 1)).clamp(PAUSE.0, PAUSE.1);
    let mut reason = String::new();
    for tried in 0..=health.retries {
        if io.cancel.is_requested() {
            return Some("not made, because the run was stopped".into());
        }
        if tried > 0 && order.pauses {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || io.cancel.sleep(pause.min(left)) {
                break;
            }
        }
        reason = match drivers.target.health(order.host, health, io) {
            Ok(HealthOutcome::Healthy) => return None,
            Ok(HealthOutcome::Unhealthy(reason)) => reason,
            Err(error) => error.to_string(),
        };
    }
    Some(reason)
}

/// The check with its texts rendered for the host.
fn rendered(health: &Health, order: &Order<'_>, drivers: &Drivers) -> Result<Health, DriverError> {
    let render =
        |text: &Text| drivers.render.render(text, Some(order.host)).map(|out| Text::new(out, text.span()));
    let kind = match &health.kind {
        HealthKind::Unit(text) => HealthKind::Unit(render(text)?),
        HealthKind::Http(text) => HealthKind::Http(render(text)?),
        HealthKind::Tcp(text) => HealthKind::Tcp(render(text)?),
        HealthKind::Command { script, on_host } => {
            HealthKind::Command { script: render(script)?, on_host: *on_host }
        }
    };
    Ok(Health { kind, ..health.clone() })
}

/// The check as it was written: what it is rendered to may hold a secret.
fn name(kind: &HealthKind) -> String {
    match kind {
        HealthKind::Unit(text) => format!("unit {}", text.raw()),
        HealthKind::Http(text) => format!("http {}", text.raw()),
        HealthKind::Tcp(text) => format!("tcp {}", text.raw()),
        HealthKind::Command { script, .. } => format!("cmd {}", script.raw()),
    }
}
