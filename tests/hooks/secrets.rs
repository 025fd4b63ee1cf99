//! The fence around secrets in what is staged.

use crate::repository::Repository;

/// A key that nobody has used, made for this test.
pub(crate) const KEY: &str = "AGE-SECRET-KEY-1CCMAUYW4S3MVM9HZ853CKL97DG070Z6KDD0VVLRWUQ40SH7AP49QW5ML0W\n";

const RULES: &str = "creation_rules:\n  - path_regex: ^secrets/\n    age: age1zdskkttk0urr742yww4rlhr8g0la44r6hpn682wx0rmpz9krcqzsxr6s8u\n";

fn installed() -> Repository {
    let repository = Repository::with_tasks("  lint: {}\n");
    repository.fleet("hook install").code(0);
    repository
}

#[test]
fn a_private_key_is_stopped_though_it_is_gone_from_the_work_tree() {
    let repository = installed();
    repository.file("keys/host.txt", KEY);
    repository.git("add .").code(0);
    repository.file("keys/host.txt", "moved away\n");
    let said = repository.git("commit -qm second").code(1).says("keys/host.txt");
    assert!(!said.out.contains(KEY.trim()), "{}", said.out);
    repository.git("add .").code(0);
    repository.git("commit -qm second").code(0);
    // What is not staged does not matter.
    repository.file("keys/host.txt", KEY);
    repository.file("other.txt", "other\n");
    repository.git("add other.txt").code(0);
    repository.git("commit -qm third").code(0);
}

#[test]
fn a_secret_in_plain_text_is_stopped_and_mended_only_when_staged() {
    let repository = installed();
    repository.file(".sops.yaml", RULES);
    repository.git("add .").code(0);
    repository.git("commit -qm rules").code(0);
    repository.file("secrets/a.yaml", "password: hunter2-and-more\n");
    repository.git("add .").code(0);
    repository.file("secrets/a.yaml", "");
    let said = repository.git("commit -qm second").code(1).says("secrets/a.yaml");
    assert!(!said.out.contains("hunter2"), "{}", said.out);
    repository.fleet("hook run --only check").code(0);
    repository.fleet("hook run --only secrets").code(1);
    repository.git("rm -q --cached -f secrets/a.yaml").code(0);
    repository.git("commit -qm second --allow-empty").code(0);
}
