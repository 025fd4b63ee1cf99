//! `pipelines:`: names and stages. Knows no other pipeline and no task.

use super::scalar::{at_once, duration, filled_text, number, owned, text, word};
use super::{health, hook, notification, quiesce, step};
use crate::diagnostic::Diagnostic;
use crate::frontend::fleetfile::ast::{Build, Deploy, Pipeline};
use crate::frontend::fleetfile::keys::{
    ACTIONS, BUILD, CHECK, CONFIRMATIONS, DEPLOY, FAILURES, NOTIFY_KINDS, NOTIFY_STAGE, PIPELINE, PLATFORMS,
    REBOOT, REBOOTS, STEP_KINDS,
};
use crate::frontend::fleetfile::variables::decode_variables;
use crate::model::{
    Action, Around, Confirmation, Hooks, RebootPolicy, Selector, Share, Text, Tolerance, Variables,
};
use crate::source::Spanned;
use crate::yaml::{Decoder, Field, Node};
use std::time::Duration;

/// Decodes `pipelines:`.
pub(super) fn decode_all(decoder: &mut Decoder, node: &Node) -> Vec<Pipeline> {
    let fields = decoder.fields(node, "a mapping from names to pipelines").unwrap_or_default();
    fields.iter().filter_map(|field| decode(decoder, field)).collect()
}

fn decode(decoder: &mut Decoder, named: &Field<'_>) -> Option<Pipeline> {
    let name = Spanned::new(named.name.to_owned(), named.key_span);
    let is_named = is_callable(decoder, &name);
    let mut pipeline = Pipeline {
        name,
        desc: None,
        summary: None,
        aliases: Vec::new(),
        hosts: None,
        platform: None,
        vars: Variables::default(),
        check: Vec::new(),
        build: None,
        deploy: None,
        notify: Vec::new(),
        check_at_once: None,
        around: Around::default(),
    };
    let fields = decoder.table(named.value, &PIPELINE);
    let mut has_stage = false;
    for field in fields.iter().flatten() {
        has_stage |= matches!(field.name, "check" | "build" | "deploy");
        match field.name {
            "desc" => pipeline.desc = text(decoder, field.value),
            "summary" => pipeline.summary = text(decoder, field.value),
            "aliases" => {
                let names = decoder.string_or_strings(field.value).into_iter().map(owned);
                pipeline.aliases = names.collect();
                pipeline.aliases.retain(|name| is_callable(decoder, name));
            }
            "hosts" => pipeline.hosts = hosts(decoder, field),
            "platform" => pipeline.platform = word(decoder, field.value, &PLATFORMS, "a platform"),
            "vars" => pipeline.vars = decode_variables(decoder, field.value),
            "check" => check(decoder, field.value, &mut pipeline),
            "build" => pipeline.build = build(decoder, field, &mut pipeline.around.build),
            "deploy" => pipeline.deploy = deploy(decoder, field),
            "notify" => notify(decoder, field.value, &mut pipeline),
            _ => {}
        }
    }
    // An unknown key may be a stage whose name is mistyped; that was told.
    let written = named.value.as_mapping().unwrap_or_default().len();
    let all_known = fields.as_ref().is_some_and(|fields| fields.len() == written);
    if !has_stage && (all_known || named.value.is_null()) {
        let message = format!("the pipeline `{}` has no stage", named.name);
        decoder.push(
            Diagnostic::error("fleet::fleetfile::no_stage", message)
                .at(named.key_span, "does nothing")
                .help("give it `check`, `build` or `deploy`"),
        );
    }
    is_named.then_some(pipeline)
}

/// Whether a name can be called from the command line, where `X=y` is a variable and `*` a wildcard.
fn is_callable(decoder: &mut Decoder, name: &Spanned<String>) -> bool {
    let is_bad = |letter: char| letter.is_whitespace() || letter.is_control() || "=*{}".contains(letter);
    if !name.is_empty() && !name.starts_with(['-', ':']) && !name.contains(is_bad) {
        return true;
    }
    let message = format!("`{}` cannot name a pipeline", name.escape_debug());
    decoder.push(
        Diagnostic::error("fleet::fleetfile::pipeline_name", message)
            .at(name.span, "")
            .help("no white space, none of `=*{}`, and not `-` or `:` first"),
    );
    false
}

/// The selector; where it has no template, it is checked at once.
fn hosts(decoder: &mut Decoder, field: &Field<'_>) -> Option<Text> {
    let text = filled_text(decoder, field)?;
    if text.is_plain()
        && let Err(error) = Selector::parse(text.raw())
    {
        decoder.push(error.diagnostic(field.value.place()));
    }
    Some(text)
}

/// Whether a node is a list, or one entry of it that stands without the list.
fn is_no_stage(node: &Node, kinds: &[&str]) -> bool {
    node.as_mapping().is_none() || kinds.iter().any(|kind| node.get(kind).is_some())
}

/// Steps, or a mapping that has them and what is around them.
fn check(decoder: &mut Decoder, node: &Node, pipeline: &mut Pipeline) {
    if is_no_stage(node, STEP_KINDS) {
        pipeline.check = step::decode_all(decoder, node);
        return;
    }
    for field in decoder.table(node, &CHECK).unwrap_or_default() {
        match field.name {
            "steps" => pipeline.check = step::decode_all(decoder, field.value),
            "at_once" => pipeline.check_at_once = at_once(decoder, &field),
            "before" => pipeline.around.check.before = hook::decode_all(decoder, field.value),
            _ => pipeline.around.check.after = hook::decode_all(decoder, field.value),
        }
    }
}

/// Notifications, or a mapping that has them and what is around them.
fn notify(decoder: &mut Decoder, node: &Node, pipeline: &mut Pipeline) {
    if is_no_stage(node, NOTIFY_KINDS) {
        pipeline.notify = notification::decode_all(decoder, node);
        return;
    }
    for field in decoder.table(node, &NOTIFY_STAGE).unwrap_or_default() {
        match field.name {
            "to" => pipeline.notify = notification::decode_all(decoder, field.value),
            "before" => pipeline.around.notify.before = hook::decode_once(decoder, field.value),
            _ => pipeline.around.notify.after = hook::decode_once(decoder, field.value),
        }
    }
}

fn build(decoder: &mut Decoder, stage: &Field<'_>, hooks: &mut Hooks) -> Option<Build> {
    let mut build = Build { span: stage.key_span, at_once: None, copy_at_once: None };
    if stage.value.is_null() {
        return Some(build);
    }
    for field in decoder.table(stage.value, &BUILD)? {
        match field.name {
            "at_once" => build.at_once = at_once(decoder, &field),
            "before" => hooks.before = hook::decode_all(decoder, field.value),
            "after" => hooks.after = hook::decode_all(decoder, field.value),
            _ => build.copy_at_once = at_once(decoder, &field),
        }
    }
    Some(build)
}

fn deploy(decoder: &mut Decoder, stage: &Field<'_>) -> Option<Deploy> {
    let mut deploy = Deploy {
        span: stage.key_span,
        action: None,
        at_once: None,
        waves: Vec::new(),
        max_failures: None,
        before: Vec::new(),
        after: Vec::new(),
        quiesce: None,
        health: Vec::new(),
        reboot: None,
        reboot_timeout: None,
        on_failure: None,
        confirm: None,
        diff: None,
        clean_tree: None,
        timeout: None,
        watchdog: None,
        settle: None,
        ignore_units: Vec::new(),
    };
    if stage.value.is_null() {
        return Some(deploy);
    }
    for field in decoder.table(stage.value, &DEPLOY)? {
        match field.name {
            "action" => deploy.action = word(decoder, field.value, &ACTIONS, "an action"),
            "at_once" => deploy.at_once = at_once(decoder, &field),
            "waves" => {
                let items = decoder.list(field.value, "a list of waves");
                deploy.waves = items.iter().filter_map(|item| wave(decoder, item)).collect();
            }
            "max_failures" => deploy.max_failures = tolerance(decoder, &field),
            "before" => deploy.before = hook::decode_all(decoder, field.value),
            "after" => deploy.after = hook::decode_all(decoder, field.value),
            "quiesce" => deploy.quiesce = quiesce::decode(decoder, &field),
            "health" => deploy.health = health::decode_all(decoder, field.value),
            "reboot" => reboot(decoder, &field, &mut deploy),
            "on_failure" => deploy.on_failure = word(decoder, field.value, &FAILURES, "an answer to failure"),
            "confirm" => deploy.confirm = confirmation(decoder, &field),
            "diff" => deploy.diff = decoder.bool(field.value).map(|diff| *diff),
            "clean_tree" => deploy.clean_tree = decoder.bool(field.value).map(|clean| *clean),
            "timeout" => deploy.timeout = duration(decoder, &field),
            "watchdog" => deploy.watchdog = watchdog(decoder, &field),
            "settle" => deploy.settle = duration(decoder, &field),
            "ignore_units" => {
                let items = decoder.list(field.value, "a list of regular expressions");
                deploy.ignore_units = items.iter().filter_map(|item| pattern(decoder, item)).collect();
            }
            _ => {}
        }
    }
    refuse_reboot(decoder, stage, &deploy);
    Some(deploy)
}

fn reboot(decoder: &mut Decoder, field: &Field<'_>, deploy: &mut Deploy) {
    if field.value.as_scalar().is_some() {
        deploy.reboot = word(decoder, field.value, &REBOOTS, "a case for a reboot");
        return;
    }
    for option in decoder.table(field.value, &REBOOT).unwrap_or_default() {
        match option.name {
            "when" => deploy.reboot = word(decoder, option.value, &REBOOTS, "a case for a reboot"),
            _ => deploy.reboot_timeout = duration(decoder, &option),
        }
    }
}

/// A reboot after what makes nothing lasting brings the old system back.
fn refuse_reboot(decoder: &mut Decoder, stage: &Field<'_>, deploy: &Deploy) {
    let reboots = deploy.reboot.is_some_and(|when| when != RebootPolicy::Never);
    let action = deploy.action.unwrap_or(Action::Switch);
    if !reboots || action.sets_profile() {
        return;
    }
    let message = format!("`reboot` does not go with `action: {}`", action.verb());
    decoder.push(
        Diagnostic::error("fleet::fleetfile::reboot", message)
            .at(stage.key_span, "makes nothing lasting: a reboot would bring the old system back")
            .help("reboot with `action: switch` or `boot`"),
    );
}

/// Yes, no, or before each wave.
fn confirmation(decoder: &mut Decoder, field: &Field<'_>) -> Option<Confirmation> {
    match text(decoder, field.value)?.raw() {
        "true" => Some(Confirmation::Once),
        "false" => Some(Confirmation::Never),
        _ => word(decoder, field.value, &CONFIRMATIONS, "an answer to whether anybody is asked"),
    }
}

/// A number of hosts or a percentage.
fn tolerance(decoder: &mut Decoder, field: &Field<'_>) -> Option<Tolerance> {
    let percent = field.value.as_scalar().and_then(|_| decoder.string(field.value));
    let Some(percent) = percent.as_deref().and_then(|written| written.strip_suffix('%')) else {
        return number(decoder, field, 0_usize, 100_000).map(Tolerance::Count);
    };
    match percent.trim().parse() {
        Ok(percent @ 0..=100) => Some(Tolerance::Percent(percent)),
        _ => {
            let message = format!("`{}%` is no share of the hosts", percent.escape_debug());
            decoder.push(
                Diagnostic::error("fleet::fleetfile::range", message)
                    .at(field.value.place(), "out of range")
                    .help("give a whole percentage from `0%` to `100%`, or a number of hosts"),
            );
            None
        }
    }
}

/// Whole seconds, at least one: a host counts no less.
fn watchdog(decoder: &mut Decoder, field: &Field<'_>) -> Option<Duration> {
    let watchdog = duration(decoder, field)?;
    if watchdog >= Duration::from_secs(1) {
        return Some(watchdog);
    }
    decoder.push(
        Diagnostic::error("fleet::fleetfile::watchdog", "a watchdog waits at least one second")
            .at(field.value.place(), "")
            .help("a host that goes back before it can be proven is never deployed; the default is `2m`"),
    );
    None
}

/// A regular expression.
fn pattern(decoder: &mut Decoder, node: &Node) -> Option<String> {
    let written = decoder.string(node)?;
    let Err(error) = regex::Regex::new(&written) else { return Some(written.to_string()) };
    let text = error.to_string();
    let why = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
    decoder.push(
        Diagnostic::error("fleet::fleetfile::pattern", format!("this is no regular expression: {why}"))
            .at(node.place(), "")
            .help("for example `^podman-.*\\.service$`"),
    );
    None
}

/// A selector, a percentage or a number of hosts.
fn wave(decoder: &mut Decoder, node: &Node) -> Option<Share> {
    let written = decoder.string(node)?;
    let refuse = |decoder: &mut Decoder, message: String, help: &str| {
        decoder.push(Diagnostic::error("fleet::fleetfile::wave", message).at(node.place(), "").help(help));
        None
    };
    if let Some(percent) = written.strip_suffix('%') {
        return match percent.trim().parse() {
            Ok(percent @ 1..=100) => Some(Share::Percent(percent)),
            _ => refuse(
                decoder,
                format!("`{}` is no share of the hosts", written.escape_debug()),
                "give a whole percentage from `1%` to `100%`",
            ),
        };
    }
    if let Ok(count) = written.parse::<i64>() {
        return match usize::try_from(count) {
            Ok(count @ 1..) => Some(Share::Count(count)),
            _ => refuse(decoder, format!("a wave of {count} hosts is none"), "give at least 1"),
        };
    }
    if written.contains("{{") {
        return refuse(
            decoder,
            "a wave cannot be a template".to_owned(),
            "waves are chosen among the hosts that the pipeline's `hosts` selects; use a tag, such as `@canary`",
        );
    }
    match Selector::parse(&written) {
        Ok(selector) => Some(Share::Selector(selector)),
        Err(error) => {
            decoder.push(error.diagnostic(node.place()));
            None
        }
    }
}
