//! From what was written to the model: names get their namespace, defaults are filled in. Knows nothing of tasks.

use super::ast;
use crate::frontend::taskfile::excluded;
use crate::model::{
    Action, Build, Confirmation, Deploy, Fleet, HostOverride, Include, JqShim, OnFailure, Pipeline, Platform,
    Proof, Reboot, Shims, Step, StepKind, TaskfileId, Text, Tolerance, Variables,
};
use std::path::PathBuf;
use std::sync::Arc;

/// The hosts where a pipeline does not say: those of `host=...`, else all.
const HOSTS: &str = "{{.host | default \"*\"}}";

/// Where a file stands among the others.
#[derive(Debug, Clone)]
pub struct Place {
    /// The file.
    pub taskfile: TaskfileId,
    /// The namespaces that its names get, without a trailing colon, the main one first, then those by the aliases of
    /// includes. Empty text in the root and for flattened includes.
    pub namespaces: Vec<Arc<str>>,
    /// Directory of the innermost include that gives one.
    pub base_dir: Option<Text>,
    /// `vars` of the includes on the way to it, the inner ones last.
    pub vars: Variables,
    /// What the includes on the way to it leave out, each with the namespace that names have where it is written.
    pub excludes: Vec<(Arc<str>, Vec<Arc<str>>)>,
}

impl Place {
    /// The place of the root file.
    #[must_use]
    pub fn root() -> Self {
        Self {
            taskfile: TaskfileId(0),
            namespaces: vec!["".into()],
            base_dir: None,
            vars: Variables::new(),
            excludes: Vec::new(),
        }
    }

    /// The place of a file that is included here.
    #[must_use]
    pub fn within(&self, include: &Include, taskfile: TaskfileId) -> Self {
        let mut vars = self.vars.clone();
        vars.extend(include.vars.clone());
        let namespaces = match include.flatten {
            true => self.namespaces.clone(),
            false => {
                let names = || std::iter::once(&include.namespace).chain(&include.aliases);
                let within =
                    |outer: &Arc<str>| names().map(|name| qualified(outer, name)).collect::<Vec<_>>();
                self.namespaces.iter().flat_map(within).collect()
            }
        };
        let dir = include.dir.as_ref().map(|dir| Text::nowhere(dir.display().to_string()));
        let mut excludes = self.excludes.clone();
        if !include.flatten {
            for (outer, _) in &mut excludes {
                *outer = qualified(outer, &include.namespace);
            }
        }
        excludes.push(("".into(), include.excludes.clone()));
        excludes.retain(|(_, names)| !names.is_empty());
        Self { taskfile, namespaces, base_dir: dir.or_else(|| self.base_dir.clone()), vars, excludes }
    }

    /// Whether an include on the way leaves a name out.
    #[must_use]
    pub fn leaves_out(&self, name: &str) -> bool {
        self.excludes.iter().any(|(namespace, excludes)| excluded(&qualified(namespace, name), excludes))
    }

    fn namespace(&self) -> &str {
        self.namespaces.first().map_or("", |namespace| namespace)
    }
}

/// Lowers `fleet:` of a file in a directory.
pub(super) fn fleet(fleet: ast::Fleet, dir: PathBuf) -> Fleet {
    Fleet {
        flake: fleet.flake.unwrap_or_else(|| Text::nowhere(".")),
        dir,
        discover: fleet.discover.unwrap_or_else(|| vec![Platform::Nixos, Platform::Darwin]),
        eval_memory_mib: fleet.eval_memory_mib,
        defaults: settings(fleet.defaults),
        hosts: fleet.hosts.into_iter().map(|(name, host)| (name, settings(host))).collect(),
        secrets: fleet.secrets,
        pools: fleet.pools,
        shims: Shims { task: fleet.shim_task.unwrap_or(true), jq: fleet.shim_jq.unwrap_or(JqShim::Missing) },
        span: fleet.span,
    }
}

fn settings(host: ast::HostSettings) -> HostOverride {
    HostOverride {
        user: host.user,
        address: host.address,
        port: host.port,
        build_on: host.build_on,
        build_limits: host.build_limits,
        driver: host.driver,
        push_to: host.push_to,
        pull_from: host.pull_from,
        platform: host.platform,
        tags: host.tags,
        identity: host.identity,
        span: host.span,
    }
}

/// Lowers one pipeline.
pub(super) fn pipeline(pipeline: ast::Pipeline, place: &Place) -> Pipeline {
    let deploy = pipeline.deploy.map(deploy);
    let build = pipeline.build.map(|build| Build {
        at_once: build.at_once,
        copy_at_once: build.copy_at_once,
        span: Some(build.span),
    });
    // Nothing can be deployed that was not built.
    let build = build.or_else(|| deploy.as_ref().map(|_| Build::default()));
    // What the pipeline says is stronger than what its include says.
    let mut vars = place.vars.clone();
    vars.extend(written_in(pipeline.vars, place.taskfile));
    let own = std::iter::once(&pipeline.name).chain(&pipeline.aliases);
    let elsewhere = place
        .namespaces
        .iter()
        .skip(1)
        .flat_map(|namespace| own.clone().map(move |name| qualified(namespace, &name.value)));
    let aliases = pipeline.aliases.iter().map(|alias| qualified(place.namespace(), &alias.value));
    Pipeline {
        name: qualified(place.namespace(), &pipeline.name.value),
        aliases: aliases.chain(elsewhere).collect(),
        taskfile: place.taskfile,
        base_dir: place.base_dir.iter().cloned().collect(),
        span: pipeline.name.span,
        desc: pipeline.desc,
        summary: pipeline.summary,
        hosts: pipeline.hosts.unwrap_or_else(|| Text::nowhere(HOSTS)),
        platform: pipeline.platform,
        vars,
        check: pipeline.check.into_iter().map(|check| step(check, place)).collect(),
        build,
        deploy,
        notify: pipeline.notify,
        check_at_once: pipeline.check_at_once,
        around: pipeline.around,
    }
}

fn deploy(deploy: ast::Deploy) -> Deploy {
    let action = deploy.action.unwrap_or(Action::Switch);
    let on_failure = deploy.on_failure.unwrap_or(OnFailure::Stop);
    let usual = Proof::default();
    let stops = matches!(on_failure, OnFailure::Stop | OnFailure::RollBackWave);
    Deploy {
        action,
        at_once: deploy.at_once,
        waves: deploy.waves,
        max_failures: deploy.max_failures.or(stops.then_some(Tolerance::Count(0))),
        before: deploy.before,
        after: deploy.after,
        quiesce: deploy.quiesce.map(Arc::new),
        health: deploy.health,
        reboot: Reboot {
            when: deploy.reboot.unwrap_or(Reboot::default().when),
            timeout: deploy.reboot_timeout.unwrap_or(Reboot::default().timeout),
        },
        on_failure,
        clean_tree: deploy.clean_tree.unwrap_or(false),
        confirm: match action {
            // A dry activation touches nothing.
            Action::DryActivate => Confirmation::Never,
            _ => deploy.confirm.unwrap_or(Confirmation::Once),
        },
        diff: deploy.diff.unwrap_or(false),
        proof: Proof {
            timeout: deploy.timeout.unwrap_or(usual.timeout),
            watchdog: deploy.watchdog.unwrap_or(usual.watchdog),
            settle: deploy.settle.unwrap_or(usual.settle),
            ignore_units: deploy.ignore_units,
        },
        span: deploy.span,
    }
}

/// A step names tasks as a call within its file does: in the file's namespace, unless a `:` stands first.
fn step(step: Step, place: &Place) -> Step {
    let StepKind::Task { name, vars } = step.kind else { return step };
    let full = match name.raw().strip_prefix(':') {
        Some(rest) => Arc::from(rest),
        None => qualified(place.namespace(), name.raw()),
    };
    let vars = written_in(vars, place.taskfile);
    Step { kind: StepKind::Task { name: Text::new(full, name.span()), vars }, ..step }
}

fn written_in(mut vars: Variables, taskfile: TaskfileId) -> Variables {
    for variable in vars.values_mut() {
        variable.taskfile = Some(taskfile);
    }
    vars
}

fn qualified(namespace: &str, name: &str) -> Arc<str> {
    if namespace.is_empty() { name.into() } else { format!("{namespace}:{name}").into() }
}
