//! `vars:` of pipelines and steps, which are those of a Taskfile.

use crate::frontend::taskfile::decode;
use crate::model::{TaskfileId, Variables};
use crate::yaml::{Decoder, Node};

/// Decodes `vars:`. Which file it stands in is filled in when the pipeline is lowered.
pub(super) fn decode_variables(decoder: &mut Decoder, node: &Node) -> Variables {
    let text = std::sync::Arc::clone(&decoder.text);
    let mut context = decode::Context::new(TaskfileId(0), &text);
    context.queries = true;
    let variables = decode::decode_variables(&mut context, node);
    decoder.diagnostics.extend(context.finish().0);
    variables
}
