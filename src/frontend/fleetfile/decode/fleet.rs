//! `fleet:`: the flake, the hosts, and what holds for them. Knows nothing of what the flake has.

use super::scalar::{choices, filled_text, number, plain_name, size_mib, text, word};
use super::{secrets, tag};
use crate::diagnostic::Diagnostic;
use crate::frontend::fleetfile::ast::{Fleet, HostSettings};
use crate::frontend::fleetfile::keys::{DEFAULTS, DRIVERS, FLEET, HOST, JQ, OUTPUTS, PLATFORMS, SHIMS};
use crate::model::{BuildOn, HostName, JqShim, SecretsPolicy, StoreUrl};
use crate::source::Spanned;
use crate::yaml::keys::Table;
use crate::yaml::{Decoder, Field, Node};
use indexmap::IndexMap;

/// Jobs or cores that a build may have.
const MOST: u32 = 4096;

/// Decodes `fleet:`.
pub(super) fn decode(decoder: &mut Decoder, root: &Field<'_>) -> Option<Fleet> {
    let mut fleet = Fleet {
        span: root.key_span,
        flake: None,
        discover: None,
        eval_memory_mib: None,
        defaults: HostSettings::default(),
        hosts: IndexMap::new(),
        secrets: SecretsPolicy::default(),
        pools: Vec::new(),
        shim_task: None,
        shim_jq: None,
    };
    if root.value.is_null() {
        return Some(fleet);
    }
    for field in decoder.table(root.value, &FLEET)? {
        match field.name {
            "flake" => fleet.flake = filled_text(decoder, &field),
            "discover" => {
                let items = decoder.list(field.value, "a list of flake outputs");
                let outputs = items
                    .iter()
                    .filter_map(|item| word(decoder, item, &OUTPUTS, "an output that holds hosts"));
                let mut discover: Vec<_> = outputs.collect();
                discover.dedup();
                fleet.discover = Some(discover);
            }
            "eval_memory" => fleet.eval_memory_mib = size_mib(decoder, &field),
            "defaults" => fleet.defaults = settings(decoder, field.value, &DEFAULTS).unwrap_or_default(),
            "hosts" => hosts(decoder, field.value, &mut fleet.hosts),
            "secrets" => {
                fleet.secrets = secrets::decode(decoder, field.value);
                fleet.secrets.span = Some(field.key_span);
            }
            "pools" => fleet.pools = tag::pools(decoder, field.value),
            "shims" => shims(decoder, field.value, &mut fleet),
            _ => {}
        }
    }
    Some(fleet)
}

fn hosts(decoder: &mut Decoder, node: &Node, hosts: &mut IndexMap<HostName, HostSettings>) {
    for field in decoder.fields(node, "a mapping from host names to settings").unwrap_or_default() {
        let name = match HostName::new(field.name) {
            Ok(name) => name,
            Err(error) => {
                let diagnostic = Diagnostic::error("fleet::fleetfile::host_name", error.to_string());
                decoder.push(diagnostic.at(field.key_span, "not a host's name"));
                continue;
            }
        };
        let mut host = settings(decoder, field.value, &HOST).unwrap_or_default();
        host.span = Some(field.key_span);
        hosts.insert(name, host);
    }
}

fn settings(decoder: &mut Decoder, node: &Node, table: &Table) -> Option<HostSettings> {
    let mut settings = HostSettings::default();
    for field in decoder.table(node, table)? {
        match field.name {
            "user" => settings.user = filled_text(decoder, &field),
            "address" => settings.address = filled_text(decoder, &field),
            "port" => settings.port = number(decoder, &field, 1_u16, u16::MAX),
            "build_on" => settings.build_on = build_on(decoder, &field),
            "max_jobs" => settings.build_limits.max_jobs = number(decoder, &field, 1_u32, MOST),
            "cores" => settings.build_limits.cores = number(decoder, &field, 1_u32, MOST),
            "driver" => {
                settings.driver = word(decoder, field.value, &DRIVERS, "a driver")
                    .map(|value| Spanned { value, span: field.value.place() });
            }
            "push_to" => settings.push_to = store_url(decoder, &field),
            "pull_from" => settings.pull_from = store_url(decoder, &field),
            "job_memory" => settings.build_limits.job_memory_mib = size_mib(decoder, &field),
            "host_name" => settings.identity.host_name = plain_name(decoder, &field, "a host name"),
            "machine_id" => settings.identity.machine_id = machine_id(decoder, &field),
            "tags" => settings.tags = tag::decode_all(decoder, field.value),
            "platform" => settings.platform = word(decoder, field.value, &PLATFORMS, "a platform"),
            _ => {}
        }
    }
    Some(settings)
}

/// `target`, `local`, `auto`, or an ssh destination: a name that ssh could read as an option, or a shell as more than a word,
/// is refused here and so nowhere else.
fn build_on(decoder: &mut Decoder, field: &Field<'_>) -> Option<BuildOn> {
    let written = filled_text(decoder, field)?;
    let raw = written.raw();
    let refuse = |decoder: &mut Decoder, message: String, help: String| {
        decoder.push(
            Diagnostic::error("fleet::fleetfile::build_on", message).at(field.value.place(), "").help(help),
        );
    };
    match raw {
        "target" => return Some(BuildOn::Target),
        "local" => return Some(BuildOn::Local),
        "auto" => return Some(BuildOn::Auto),
        _ => {}
    }
    let words = || ["target", "local", "auto"].into_iter();
    if crate::diagnostic::did_you_mean(raw, words()).is_some()
        || words().any(|word| raw.eq_ignore_ascii_case(word))
    {
        refuse(decoder, format!("`{raw}` is no place to build"), choices(raw, words()));
        return None;
    }
    let (user, host) = raw.rsplit_once('@').unwrap_or(("builder", raw));
    if HostName::new(user).is_ok() && HostName::new(host).is_ok() {
        return Some(BuildOn::Builder(raw.into()));
    }
    refuse(
        decoder,
        format!("`{}` cannot name a builder", raw.escape_debug()),
        "write `target`, `local`, `auto` or `[USER@]HOST`".to_owned(),
    );
    None
}

/// The URL of a store, as it is: no template is rendered in it.
fn store_url(decoder: &mut Decoder, field: &Field<'_>) -> Option<StoreUrl> {
    let written = filled_text(decoder, field)?;
    StoreUrl::new(written.raw())
        .map_err(|error| {
            decoder.push(
                Diagnostic::error("fleet::fleetfile::store_url", error.to_string())
                    .at(field.value.place(), "")
                    .help(
                        "write it as nix has it: `s3://BUCKET?region=...`, `ssh://HOST`, `file:///DIRECTORY`",
                    ),
            );
        })
        .ok()
}

/// 32 hexadecimal digits (machine-id(5)).
fn machine_id(decoder: &mut Decoder, field: &Field<'_>) -> Option<String> {
    let written = filled_text(decoder, field)?;
    let id = written.raw().to_ascii_lowercase();
    if id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(id);
    }
    let message = format!("`{}` is not a machine id", written.raw().escape_debug());
    decoder.push(
        Diagnostic::error("fleet::fleetfile::machine_id", message)
            .at(field.value.place(), "")
            .help("it has 32 hexadecimal digits; `fleet exec HOST -- cat /etc/machine-id` shows it. Quote it: YAML may take it for a number"),
    );
    None
}

fn shims(decoder: &mut Decoder, node: &Node, fleet: &mut Fleet) {
    if node.as_mapping().is_none() {
        if let Some(all) = decoder.bool(node) {
            fleet.shim_task = Some(*all);
            fleet.shim_jq = Some(if *all { JqShim::Missing } else { JqShim::Never });
        }
        return;
    }
    for field in decoder.table(node, &SHIMS).unwrap_or_default() {
        match field.name {
            "task" => fleet.shim_task = decoder.bool(field.value).map(|task| *task),
            _ => fleet.shim_jq = jq(decoder, field.value),
        }
    }
}

fn jq(decoder: &mut Decoder, node: &Node) -> Option<JqShim> {
    match text(decoder, node)?.raw() {
        "false" => Some(JqShim::Never),
        "true" => Some(JqShim::Missing),
        _ => word(decoder, node, &JQ, "a case for the embedded jq"),
    }
}
