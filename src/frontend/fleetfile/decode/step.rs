//! `check:` of a pipeline: its steps. Knows no task and no plugin.

use super::scalar::{choices, duration, filled_text, plain_name, quoted, size_mib, word};
use super::{misplaced, only_kind};
use crate::diagnostic::Diagnostic;
use crate::frontend::fleetfile::json::to_json;
use crate::frontend::fleetfile::keys::{BUILT_IN, DISK, EACH, STEP, STEP_KINDS};
use crate::frontend::fleetfile::variables::decode_variables;
use crate::model::{Step, StepKind, Variables};
use crate::yaml::{Decoder, Field, Node};
use serde_json::Value as Json;

/// Least free space where a step does not say: enough for a small change, not for a new release.
const MIN_FREE_MIB: u64 = 1024;

/// Decodes `check:`.
pub(super) fn decode_all(decoder: &mut Decoder, node: &Node) -> Vec<Step> {
    decoder.list(node, "a list of steps").iter().filter_map(|item| decode(decoder, item)).collect()
}

fn decode(decoder: &mut Decoder, node: &Node) -> Option<Step> {
    if node.as_scalar().is_some() {
        let name = decoder.string(node)?;
        let kind = built_in(decoder, &name, node)?;
        return Some(Step { each_host: is_for_each_host(&kind), kind, timeout: None, span: node.place() });
    }
    let fields = decoder.table(node, &STEP)?;
    let named = only_kind(decoder, node, &fields, STEP_KINDS, "a step");
    let kind_name = named.map(|field| field.name);
    let (mut each, mut timeout, mut vars, mut with) = (false, None, Variables::default(), None);
    for field in &fields {
        match field.name {
            "each" => {
                each = word(decoder, field.value, &EACH, "something a step is repeated for").is_some();
                if let Some(name @ ("flake" | "secrets" | "vm")) = kind_name {
                    let message = format!("the step `{name}` runs once for the whole run");
                    decoder.push(
                        Diagnostic::error("fleet::fleetfile::misplaced_key", message)
                            .at(field.key_span, "cannot be repeated for each host")
                            .help("remove `each`"),
                    );
                }
            }
            "timeout" => timeout = duration(decoder, field),
            "vars" if matches!(kind_name, None | Some("task")) => {
                vars = decode_variables(decoder, field.value);
            }
            "vars" => misplaced(decoder, field, "`task`"),
            "with" if matches!(kind_name, None | Some("uses")) => with = options(decoder, field.value),
            "with" => misplaced(decoder, field, "`uses`"),
            _ => {}
        }
    }
    let kind = kind(decoder, named?, vars, with)?;
    Some(Step { each_host: each || is_for_each_host(&kind), kind, timeout, span: node.place() })
}

/// A step that is complete as a word.
fn built_in(decoder: &mut Decoder, name: &str, node: &Node) -> Option<StepKind> {
    let kind = match name {
        "reachable" => StepKind::Reachable,
        "disk" => StepKind::Disk { min_free_mib: MIN_FREE_MIB },
        "flake" => StepKind::Flake,
        "secrets" => StepKind::Secrets,
        _ => {
            let message = format!("`{}` is not a step", name.escape_debug());
            let help = match name {
                "vm" | "task" | "cmd" | "uses" => format!("`{name}` needs to know which: `{{{name}: ...}}`"),
                _ if crate::diagnostic::did_you_mean(name, BUILT_IN).is_some() => {
                    choices(name, BUILT_IN.into_iter())
                }
                _ => format!(
                    "steps are {}, and `{{vm: NAME}}`, `{{task: NAME}}`, `{{cmd: ...}}`, `{{uses: PLUGIN}}`",
                    quoted(BUILT_IN.into_iter())
                ),
            };
            decoder.push(
                Diagnostic::error("fleet::fleetfile::unknown_step", message)
                    .at(node.place(), "not known")
                    .help(help),
            );
            return None;
        }
    };
    Some(kind)
}

fn is_for_each_host(kind: &StepKind) -> bool {
    matches!(kind, StepKind::Reachable | StepKind::Disk { .. })
}

fn kind(decoder: &mut Decoder, field: &Field<'_>, vars: Variables, with: Option<Json>) -> Option<StepKind> {
    match field.name {
        "task" => Some(StepKind::Task { name: filled_text(decoder, field)?, vars }),
        "cmd" => Some(StepKind::Command(filled_text(decoder, field)?)),
        "vm" => Some(StepKind::Vm(plain_name(decoder, field, "the name of a check of the flake")?)),
        "uses" => {
            let name = plain_name(decoder, field, "the name of a plugin")?;
            // `uses: fleet-smoke` means the program `fleet-smoke`, not `fleet-fleet-smoke`.
            let name = name.strip_prefix("fleet-").map_or(name.clone(), ToOwned::to_owned);
            Some(StepKind::Plugin {
                name,
                options: with.unwrap_or_else(|| Json::Object(serde_json::Map::new())),
            })
        }
        "disk" => {
            let mut min_free_mib = MIN_FREE_MIB;
            for option in decoder.table(field.value, &DISK).unwrap_or_default() {
                min_free_mib = size_mib(decoder, &option).unwrap_or(MIN_FREE_MIB);
            }
            Some(StepKind::Disk { min_free_mib })
        }
        name => {
            for option in decoder.fields(field.value, "nothing: the step has no options").unwrap_or_default()
            {
                misplaced(decoder, &option, "no step of this kind");
            }
            built_in(decoder, name, field.value)
        }
    }
}

/// Options for a plugin, passed on as they are.
fn options(decoder: &mut Decoder, node: &Node) -> Option<Json> {
    decoder.fields(node, "a mapping of options")?;
    Some(to_json(node))
}
