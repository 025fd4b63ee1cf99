//! The fence by proof: what a test identity opens is for it, whatever stands beside it.

use super::quoted;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::secrets::key::{Envelope, opens, stanza_tag};
use crate::secrets::recipient::RecipientKind;
use crate::secrets::repository::Repository;
use crate::secrets::sops::{Entry, SopsFile};

pub(super) const CODE: &str = "fleet::secrets::opens";

pub(super) fn check(repository: &Repository<'_>, findings: &mut Diagnostics) {
    if repository.test.is_empty() {
        return;
    }
    // What age calls the ssh keys among the test keys in the header of a file.
    let ssh = repository.test.recipients.keys().filter(|key| key.kind == RecipientKind::Ssh);
    let tags: Vec<String> = ssh.filter_map(stanza_tag).collect();
    for file in &repository.files {
        if repository.policy.is_test(&file.path) {
            test_file(repository, file, &tags, findings);
        } else {
            real_file(repository, file, &tags, findings);
        }
    }
}

fn real_file(repository: &Repository<'_>, file: &SopsFile, tags: &[String], findings: &mut Diagnostics) {
    for entry in file.metadata.entries() {
        // What says so itself is told by the fence.
        if !repository.test.contains(&entry.recipient) && is_for_test(repository, entry, tags) {
            let path = &file.path;
            findings.push(
                Diagnostic::error(CODE, format!("a test key opens the real file `{path}`"))
                    .at(entry.span, "says this key, and is for a test key")
                    .help(format!(
                        "encrypt it anew: `sops updatekeys --yes {0} && sops rotate --in-place {0}`, and change every \
                         secret in it",
                        quoted(path)
                    )),
            );
        }
    }
}

fn test_file(repository: &Repository<'_>, file: &SopsFile, tags: &[String], findings: &mut Diagnostics) {
    let for_test: Vec<&Entry> =
        file.metadata.entries().filter(|entry| repository.test.contains(&entry.recipient)).collect();
    // The fence tells of others; without an identity there is nothing to try.
    let (Some(first), false) = (for_test.first(), repository.test.identities.is_empty()) else { return };
    let can_be_tried = for_test.iter().any(|entry| {
        let mut identities = repository.test.identities.iter();
        identities.any(|key| key.identity.is_some() && key.recipients.contains(&entry.recipient))
    });
    if can_be_tried && !for_test.iter().any(|entry| is_for_test(repository, entry, tags)) {
        let path = &file.path;
        findings.push(
            Diagnostic::error(CODE, format!("no test key opens the test file `{path}`"))
                .at(first.span, "says this key, and is for another one")
                .help(format!("write it anew: `rm {0} && sops edit {0}`", quoted(path))),
        );
    }
}

fn is_for_test(repository: &Repository<'_>, entry: &Entry, tags: &[String]) -> bool {
    let Some(enc) = &entry.enc else { return false };
    let Ok(envelope) = Envelope::read(enc) else { return false };
    let tagged = envelope.stanzas.iter().any(|stanza| {
        stanza.tag.starts_with("ssh-") && stanza.arguments.first().is_some_and(|tag| tags.contains(tag))
    });
    tagged || repository.test.identities.iter().any(|key| opens(key, &envelope))
}
