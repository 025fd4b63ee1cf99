//! `quiesce:` of a deploy stage. Knows no host.

use super::scalar::{duration, filled_text};
use crate::diagnostic::Diagnostic;
use crate::frontend::fleetfile::keys::QUIESCE;
use crate::model::Quiesce;
use crate::yaml::{Decoder, Field};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(60);

/// Decodes `quiesce:`.
pub(super) fn decode(decoder: &mut Decoder, stage: &Field<'_>) -> Option<Quiesce> {
    let (mut script, mut ready, mut timeout) = (None, None, TIMEOUT);
    for field in &decoder.table(stage.value, &QUIESCE)? {
        match field.name {
            "command" => script = Some(filled_text(decoder, field)?),
            "ready" => ready = filled_text(decoder, field),
            _ => timeout = duration(decoder, field).unwrap_or(TIMEOUT),
        }
    }
    if script.is_none() {
        decoder.push(
            Diagnostic::error("fleet::fleetfile::quiesce", "`quiesce` without a `command`")
                .at(stage.key_span, "holds nothing")
                .help("write `command: ...`, which runs on the host for as long as its activation"),
        );
    }
    Some(Quiesce { script: script?, ready, timeout, span: stage.key_span })
}
