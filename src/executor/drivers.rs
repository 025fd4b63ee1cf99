//! All that a run of a pipeline needs of the outside.

use crate::driver::rehearsal::Rehearsal;
use crate::driver::{Build, Confirm, Flake, Notify, Plugin, Render, Secrets, Shell, Target, TaskRunner};
use std::sync::Arc;

/// One driver for each capability.
#[derive(Clone)]
pub struct Drivers {
    /// The flake that holds the hosts.
    pub flake: Arc<dyn Flake>,
    /// Builds systems.
    pub build: Arc<dyn Build>,
    /// Reaches hosts.
    pub target: Arc<dyn Target>,
    /// Looks at the fence around secrets.
    pub secrets: Arc<dyn Secrets>,
    /// Runs `cmd:` steps.
    pub shell: Arc<dyn Shell>,
    /// Runs `uses:` steps.
    pub plugin: Arc<dyn Plugin>,
    /// Sends notifications.
    pub notify: Arc<dyn Notify>,
    /// Runs `task:` steps.
    pub tasks: Arc<dyn TaskRunner>,
    /// Renders texts of the pipeline.
    pub render: Arc<dyn Render>,
    /// Asks before hosts are changed.
    pub confirm: Arc<dyn Confirm>,
}

impl Drivers {
    /// Drivers of which none touches anything. `render` may still be the project's own, so that texts are shown as
    /// they would be.
    #[must_use]
    pub fn rehearsal(rehearsal: &Arc<Rehearsal>, render: Arc<dyn Render>, confirm: Arc<dyn Confirm>) -> Self {
        Self {
            flake: Arc::<Rehearsal>::clone(rehearsal),
            build: Arc::<Rehearsal>::clone(rehearsal),
            target: Arc::<Rehearsal>::clone(rehearsal),
            secrets: Arc::<Rehearsal>::clone(rehearsal),
            shell: Arc::<Rehearsal>::clone(rehearsal),
            plugin: Arc::<Rehearsal>::clone(rehearsal),
            notify: Arc::<Rehearsal>::clone(rehearsal),
            tasks: Arc::<Rehearsal>::clone(rehearsal),
            render,
            confirm,
        }
    }
}
