//! Limits over hosts of a tag beside the hosts that there are. Knows no plan.

use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean};
use crate::model::Project;
use std::collections::BTreeSet;

/// Tags of pools that no host has: the limit would hold for nobody.
pub(super) fn check(project: &Project) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    let Some(fleet) = &project.fleet else { return diagnostics };
    let settings = fleet.hosts.values().chain([&fleet.defaults]);
    let tags: BTreeSet<&str> = settings.flat_map(|host| &host.tags).map(String::as_str).collect();
    for pool in fleet.pools.iter().filter(|pool| !tags.contains(pool.tag.as_str())) {
        let help = match did_you_mean(&pool.tag, tags.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("give it to the hosts that share something: `HOST: {{tags: [{}]}}`", *pool.tag),
        };
        diagnostics.push(
            Diagnostic::error("fleet::fleetfile::pool", format!("no host has the tag `{}`", *pool.tag))
                .at(pool.tag.span, "limits nobody")
                .help(help),
        );
    }
    diagnostics
}
