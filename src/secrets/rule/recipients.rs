//! A file against the rule that its path falls to: what `sops updatekeys` would change.

use super::quoted;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::secrets::recipient::Recipient;
use crate::secrets::repository::Repository;
use crate::secrets::sops::{CreationRule, SopsConfig, SopsFile};
use crate::source::Span;
use std::collections::BTreeSet;

pub(super) const CODE: &str = "fleet::secrets::recipients";

pub(super) fn check(repository: &Repository<'_>, findings: &mut Diagnostics) {
    for file in &repository.files {
        let Some(config) = repository.config_of(&file.path, file.staged) else { continue };
        if config.rules.is_empty() {
            continue;
        }
        let Some(relative) = config.relative(&file.path) else { continue };
        match config.rule(relative) {
            Some(rule) => compare(config, rule, file, findings),
            None => findings.push(
                Diagnostic::warning(CODE, format!("no rule of `{}` is for `{}`", config.path, file.path))
                    .at(file.first(), "this file falls to no rule")
                    .help("add a rule for it, so that `sops updatekeys` knows its keys"),
            ),
        }
    }
}

fn compare(config: &SopsConfig, rule: &CreationRule, file: &SopsFile, findings: &mut Diagnostics) {
    let path = &file.path;
    let wanted: BTreeSet<&Recipient> = rule.recipients().map(|listed| &listed.recipient).collect();
    let found: BTreeSet<&Recipient> = file.recipients().collect();
    let names = |keys: &[&Recipient]| keys.iter().map(|key| config.name(key)).collect::<Vec<_>>().join(", ");
    let missing: Vec<&Recipient> = wanted.difference(&found).copied().collect();
    let extra: Vec<&Recipient> = found.difference(&wanted).copied().collect();
    let mut told = Vec::new();
    if !missing.is_empty() {
        told.push(format!("lacks {}", names(&missing)));
    }
    if !extra.is_empty() {
        told.push(format!("is for {} as well", names(&extra)));
    }
    let of_rule = rule.groups.iter().map(|group| group.iter().map(|listed| &listed.recipient).collect());
    let of_file =
        file.metadata.groups.iter().map(|group| group.iter().map(|entry| &entry.recipient).collect());
    let (mut of_rule, mut of_file): (Vec<BTreeSet<_>>, Vec<BTreeSet<_>>) =
        (of_rule.collect(), of_file.collect());
    of_rule.sort();
    of_file.sort();
    if told.is_empty() && of_rule != of_file {
        told.push("has its keys in other groups".to_owned());
    }
    if let (Some(wanted), Some(found)) = (&rule.threshold, &file.metadata.threshold)
        && **wanted != **found
    {
        told.push(format!("asks for {} key groups, not {}", **found, **wanted));
    }
    if told.is_empty() {
        return;
    }
    let first = extra.first().and_then(|key| {
        file.metadata.entries().find(|entry| entry.recipient == **key).map(|entry| entry.span)
    });
    let first_entry = || file.metadata.entries().next().map(|entry| entry.span);
    let start: Span = first.or_else(first_entry).unwrap_or_else(|| file.first());
    let label = if extra.is_empty() { "these keys are not those of the rule" } else { "not in the rule" };
    let mut finding = Diagnostic::error(CODE, format!("`{path}` {}", told.join(" and "))).at(start, label);
    for key in missing {
        if let Some(listed) = rule.recipients().find(|listed| listed.recipient == *key) {
            finding = finding.at(listed.span, "the rule has this key, the file does not");
        }
    }
    if finding.labels.len() == 1 {
        finding = finding.at(rule.place(), "the rule for this file");
    }
    let rotate =
        if extra.is_empty() { String::new() } else { format!(" && sops rotate --in-place {}", quoted(path)) };
    findings.push(finding.help(format!("run `sops updatekeys --yes {}{rotate}`", quoted(path))));
}
