//! What a file must have to be whole, and values that lie open.

use super::quoted;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::secrets::key::{Envelope, stanza_tag};
use crate::secrets::recipient::{Recipient, RecipientKind};
use crate::secrets::repository::Repository;
use crate::secrets::sops::{Cover, Entry, SopsFile};
use crate::source::Span;

pub(super) const CODE: &str = "fleet::secrets::file";
/// Open values of one file that are told.
const MANY: usize = 10;

pub(super) fn check(repository: &Repository<'_>, findings: &mut Diagnostics) {
    for broken in &repository.broken {
        findings.push(
            Diagnostic::error(CODE, format!("`{}` cannot be read: {}", broken.path, broken.message))
                .at(broken.span, "here")
                .help(format!(
                    "it was cut short, merged or changed by hand: take it from git (`git checkout HEAD -- {}`)",
                    quoted(&broken.path)
                )),
        );
    }
    for plain in &repository.plain {
        findings.push(
            Diagnostic::error(
                CODE,
                format!("`{}` is not encrypted, and a rule says that it should be", plain.path),
            )
            .at(plain.span, "no block `sops` is in this file")
            .help(format!("run `sops encrypt --in-place {}`", quoted(&plain.path))),
        );
    }
    for file in &repository.files {
        block(file, findings);
        for entry in file.metadata.entries() {
            data_key(&file.path, entry, findings);
        }
        open_values(file, findings);
    }
}

fn block(file: &SopsFile, findings: &mut Diagnostics) {
    let (path, metadata) = (&file.path, &file.metadata);
    let mut tell = |message: String, at: Span, label: &str, help: String| {
        findings.push(Diagnostic::error(CODE, message).at(at, label).help(help));
    };
    let anew = || format!("run `sops rotate --in-place {}`", quoted(path));
    let from_git = || {
        format!("take it from git (`git checkout HEAD -- {0}`) and edit it by `sops edit {0}`", quoted(path))
    };
    if let Some(second) = file.second_block {
        tell(format!("`{path}` has two blocks `sops`"), second, "the second one", from_git());
    }
    if let Some(span) = metadata.encrypted_again {
        let help = format!("decrypt it once: `sops decrypt --in-place {}`", quoted(path));
        tell(format!("`{path}` was encrypted twice: its block is encrypted itself"), span, "encrypted", help);
    }
    let start = metadata.first;
    if metadata.entries().next().is_none() {
        tell(format!("`{path}` is for nobody"), start, "no recipient is in this block", from_git());
    }
    match &metadata.mac {
        None => tell(format!("`{path}` has no authentication code"), start, "`mac` is missing", from_git()),
        Some(mac) if !mac.starts_with("ENC[AES256_GCM,") || !mac.ends_with(']') => {
            tell(
                format!("the authentication code of `{path}` is no encrypted value"),
                mac.span,
                "cut short or changed",
                from_git(),
            );
        }
        Some(_) => {}
    }
    match &metadata.last_modified {
        None => tell(
            format!("`{path}` does not say when it was changed"),
            start,
            "`lastmodified` is missing",
            anew(),
        ),
        Some(time) if time.parse::<jiff::Timestamp>().is_err() => {
            tell(format!("`{path}` was changed at no time that there is"), time.span, "no time", anew());
        }
        Some(_) => {}
    }
    if let Some(threshold) = &metadata.threshold
        && (**threshold < 1 || **threshold > metadata.groups.len() as i64)
    {
        let message = format!("`{path}` asks for {} of {} key groups", **threshold, metadata.groups.len());
        tell(message, threshold.span, "more than there are, or none", anew());
    }
}

/// The data key of one recipient: one stanza, of the kind that the recipient has.
fn data_key(path: &str, entry: &Entry, findings: &mut Diagnostics) {
    let recipient = &entry.recipient;
    let mut tell = |message: String, at: Span, label: &str| {
        let help = format!("run `sops updatekeys --yes {}`", quoted(path));
        findings.push(Diagnostic::error(CODE, message).at(at, label).help(help));
    };
    let Some(enc) = &entry.enc else {
        tell(format!("`{path}` has no data key for `{recipient}`"), entry.span, "`enc` is missing");
        return;
    };
    if !matches!(recipient.kind, RecipientKind::Age | RecipientKind::Ssh) {
        return;
    }
    let envelope = match Envelope::read(enc) {
        Ok(envelope) => envelope,
        Err(error) => {
            tell(
                format!("the data key of `{path}` for `{recipient}` cannot be read: {error}"),
                enc.span,
                "this one",
            );
            return;
        }
    };
    let stanzas: Vec<_> = envelope.recipients().collect();
    match (stanzas.as_slice(), recipient.stanza()) {
        ([one], Some(kind)) if one.tag != kind => {
            let message = format!(
                "the data key of `{path}` for `{recipient}` is for a key of another kind (`{}`)",
                one.tag
            );
            tell(message, entry.span, "is not for this key");
        }
        ([one], Some(_)) if !is_tagged(recipient, &one.arguments) => {
            let message = format!("the data key of `{path}` for `{recipient}` is for another key");
            tell(message, entry.span, "is not for this key");
        }
        ([_], Some(_)) | (_, None) => {}
        (several, Some(_)) => {
            let message = format!("the data key of `{path}` for `{recipient}` is for {} keys", several.len());
            tell(message, entry.span, "one key alone is named here");
        }
    }
}

/// Whether the header names the recipient, where it names any: those of ssh have a tag.
fn is_tagged(recipient: &Recipient, arguments: &[String]) -> bool {
    recipient.kind != RecipientKind::Ssh || stanza_tag(recipient).as_ref() == arguments.first()
}

fn open_values(file: &SopsFile, findings: &mut Diagnostics) {
    let path = &file.path;
    let cover = match Cover::new(file) {
        Ok(Some(cover)) => cover,
        Ok(None) => return,
        Err((span, why)) => {
            findings.push(
                Diagnostic::error(CODE, format!("a pattern in `{path}` is none: {why}"))
                    .at(span, "no regular expression")
                    .help(format!(
                        "correct it in `.sops.yaml` and run `sops rotate --in-place {}`",
                        quoted(path)
                    )),
            );
            return;
        }
    };
    let mut open: Vec<Span> = Vec::new();
    for leaf in file.leaves() {
        if !leaf.encrypted && cover.wants(&leaf.keys) && open.last() != Some(&leaf.key_span) {
            open.push(leaf.key_span);
        }
    }
    let more = open.len().saturating_sub(MANY);
    let count = open.len();
    let mut labels = open.into_iter().take(MANY);
    if let Some(first) = labels.next() {
        let message = match count {
            1 => format!("a value of `{path}` is not encrypted"),
            count => format!("{count} values of `{path}` are not encrypted"),
        };
        let mut finding = Diagnostic::error(CODE, message).at(first, "its value lies open");
        for span in labels {
            finding = finding.at(span, "and this one's");
        }
        let shown = if more > 0 { format!(" ({more} more are not shown)") } else { String::new() };
        findings.push(finding.help(format!(
            "take the file from git and edit it by `sops edit {0}`; what lay open has to be changed{shown}",
            quoted(path)
        )));
    }
}
