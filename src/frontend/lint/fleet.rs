//! Hosts, tags and notifications of a Fleetfile that nothing can reach. Knows no flake: which hosts there are beside
//! those of the Fleetfile is not known.

use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean};
use crate::model::{Action, Fleet, Notification, NotifyWhen, Pipeline, Project, Selector, Share};
use crate::source::Span;
use std::collections::BTreeSet;

pub(super) fn check(project: &Project) -> Diagnostics {
    let mut found = Diagnostics::default();
    for pipeline in project.pipelines.values() {
        for notification in &pipeline.notify {
            found.extend(never_sent(pipeline, notification).into_iter().collect());
        }
    }
    let Some(fleet) = &project.fleet else { return found };
    let written = Written::new(fleet, project);
    found.extend(written.unknown_tags());
    found.extend(written.unused());
    found
}

/// A notification for cases that the pipeline never comes to.
fn never_sent(pipeline: &Pipeline, notification: &Notification) -> Option<Diagnostic> {
    let why = match &pipeline.deploy {
        None => "deploys nothing",
        Some(deploy) if deploy.action == Action::DryActivate => "changes nothing on the hosts",
        Some(_) => return None,
    };
    let never = |case: &NotifyWhen| {
        matches!(case, NotifyWhen::RolledBack)
            || (matches!(case, NotifyWhen::Degraded) && pipeline.deploy.is_none())
    };
    let cases: Vec<&str> =
        notification.when.iter().filter(|case| never(case)).map(|case| case.word()).collect();
    if cases.is_empty() {
        return None;
    }
    let whole = cases.len() == notification.when.len();
    let message = if whole {
        format!("this notification is never sent: the pipeline `{}` {why}", pipeline.name)
    } else {
        format!("the pipeline `{}` {why}, so it is never {}", pipeline.name, cases.join(" or "))
    };
    let label = format!("only when {}", cases.join(" or "));
    Some(
        Diagnostic::warning("fleet::check::never_sent", message)
            .at(notification.span, if whole { &label } else { "names such a case" })
            .help("correct `when`, or take the notification out"),
    )
}

/// The selectors that are written in the file, and what they speak of.
struct Written<'p> {
    fleet: &'p Fleet,
    selectors: Vec<(Selector, Span)>,
    /// A pipeline takes its hosts from the command line or a variable, so that all can be meant.
    is_open: bool,
    pipelines: usize,
}

impl<'p> Written<'p> {
    fn new(fleet: &'p Fleet, project: &'p Project) -> Self {
        let mut written =
            Self { fleet, selectors: Vec::new(), is_open: false, pipelines: project.pipelines.len() };
        for pipeline in project.pipelines.values() {
            match Selector::parse(pipeline.hosts.raw()) {
                Ok(selector) if pipeline.hosts.is_plain() => {
                    written.selectors.push((selector, pipeline.hosts.span()));
                }
                _ => written.is_open = true,
            }
            for wave in pipeline.deploy.iter().flat_map(|deploy| &deploy.waves) {
                if let Share::Selector(selector) = wave {
                    let span = pipeline.deploy.as_ref().map_or(pipeline.span, |deploy| deploy.span);
                    written.selectors.push((selector.clone(), span));
                }
            }
        }
        written
    }

    fn tags(&self) -> BTreeSet<&'p str> {
        let all = std::iter::once(&self.fleet.defaults).chain(self.fleet.hosts.values());
        all.flat_map(|host| host.tags.iter().map(String::as_str)).collect()
    }

    fn unknown_tags(&self) -> Diagnostics {
        let known = self.tags();
        let of = |(selector, span): &(Selector, Span)| -> Vec<Diagnostic> {
            let unknown = selector.tags().filter(|tag| !known.contains(tag));
            let told = unknown.map(|tag| {
                let diagnostic =
                    Diagnostic::warning("fleet::check::unknown_tag", format!("no host has the tag `{tag}`"))
                        .at(*span, format!("`{selector}` asks for it"));
                match did_you_mean(tag, known.iter().copied()) {
                    Some(near) => diagnostic.help(format!("did you mean `@{near}`?")),
                    None => diagnostic.help("give it to a host: `fleet.hosts.NAME.tags`"),
                }
            });
            told.collect()
        };
        self.selectors.iter().flat_map(of).collect()
    }

    /// Tags that no selector asks for, where every selector is written down.
    fn unused(&self) -> Diagnostics {
        if self.is_open || self.pipelines == 0 {
            return Diagnostics::default();
        }
        let asked: BTreeSet<&str> = self.selectors.iter().flat_map(|(selector, _)| selector.tags()).collect();
        let mut found = Diagnostics::default();
        for (name, host) in &self.fleet.hosts {
            let span = host.span.unwrap_or(Span::NONE);
            let unused: Vec<String> = host
                .tags
                .iter()
                .filter(|tag| !asked.contains(&***tag))
                .map(|tag| format!("`{tag}`"))
                .collect();
            if !unused.is_empty() {
                let message = format!("no pipeline asks for {}, a tag of `{name}`", unused.join(" or "));
                found.push(
                    Diagnostic::hint("fleet::check::unused_tag", message)
                        .at(span, "this host")
                        .help("take it out, or use it in a selector"),
                );
            }
            let reached = self.selectors.iter().any(|(selector, _)| {
                selector.may_mean(name.as_str(), &|tag| {
                    host.tags.contains(tag) || self.fleet.defaults.tags.contains(tag)
                })
            });
            if !reached {
                let message = format!("no pipeline deploys to `{name}`");
                found.push(
                    Diagnostic::hint("fleet::check::unused_host", message)
                        .at(span, "no selector means it")
                        .help("add it to `hosts` of a pipeline"),
                );
            }
        }
        found
    }
}
