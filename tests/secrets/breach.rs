//! Each rule: a tree broken in one place gives one finding, with the place, the words and what mends it.

use crate::sops::{Format, Key, Plain, wrap_for};
use crate::tree::Tree;

#[test]
fn a_clean_tree_is_silent() {
    assert!(Tree::clean().findings().is_empty());
}

#[test]
fn a_test_key_among_the_recipients_of_a_real_file() {
    let mut tree = Tree::clean();
    for (format, path) in [
        (Format::Yaml, "secrets/luna.sops.yaml"),
        (Format::Json, "secrets/luna.json"),
        (Format::Dotenv, "secrets/luna.env"),
        (Format::Ini, "secrets/luna.ini"),
        (Format::Binary, "secrets/luna.bin"),
    ] {
        let whole = tree.files[path].clone();
        tree.write(path, Plain::new(format, &[&tree.operator, &tree.luna, &tree.test]).encrypt());
        let findings = tree.findings();
        findings[0]
            .is("fence", path, &tree.test.recipient)
            .helps(&format!("sops rotate --in-place --rm-age {} {path}", tree.test.recipient));
        // The rule for the path has no such key.
        findings[1].is("recipients", path, &tree.test.recipient);
        assert_eq!(findings.len(), 2, "{findings:#?}");
        tree.write(path, whole);
    }
}

#[test]
fn a_real_key_among_the_recipients_of_a_test_file() {
    let mut tree = Tree::clean();
    for (format, path) in [
        (Format::Yaml, "tests/secrets/web.sops.yaml"),
        (Format::Json, "tests/secrets/web.json"),
        (Format::Dotenv, "tests/secrets/web.env"),
        (Format::Ini, "tests/secrets/web.ini"),
        (Format::Binary, "tests/secrets/web.bin"),
    ] {
        let whole = tree.files[path].clone();
        tree.write(path, Plain::new(format, &[&tree.test, &tree.luna]).marked().encrypt());
        let findings = tree.findings();
        findings[0].is("fence", path, &tree.luna.recipient).says("`luna`").helps("--rm-age");
        findings[1].is("recipients", path, &tree.luna.recipient).helps("sops updatekeys --yes");
        assert_eq!(findings.len(), 2, "{findings:#?}");
        tree.write(path, whole);
    }
}

#[test]
fn keys_that_are_not_of_age_have_no_place_in_tests() {
    let mut tree = Tree::clean();
    let path = "tests/secrets/web.sops.yaml";
    let pgp = "    pgp:\n        - created_at: \"2026-01-10T08:00:00Z\"\n          enc: |\n            x\n          fp: \
               85D77543B3D624B63CEA9E6DBC17301B491B3F21\n";
    tree.replace(path, "    pgp: []\n", pgp);
    let findings = tree.findings();
    findings[0].is("fence", path, "85D77543B3D624B63CEA9E6DBC17301B491B3F21").helps("--rm-pgp 85D77543");
    findings[1].is("recipients", path, "85D77543B3D624B63CEA9E6DBC17301B491B3F21");
    assert_eq!(findings.len(), 2, "{findings:#?}");
}

#[test]
fn a_label_that_lies_hides_nothing() {
    let mut tree = Tree::clean();
    // It says that it is for the operator, and is for the test key.
    let lie = Plain::new(Format::Yaml, &[&tree.test, &tree.luna]).labelled(&tree.operator);
    tree.write("secrets/luna.sops.yaml", lie.encrypt());
    let operator = tree.operator.recipient.clone();
    tree.only_finding()
        .is("opens", "secrets/luna.sops.yaml", &operator)
        .says("a test key opens the real file")
        .helps("sops rotate");

    // The other way round: it says that it is for the test key, and is for the operator.
    let mut tree = Tree::clean();
    let lie = Plain::new(Format::Yaml, &[&tree.operator]).labelled(&tree.test).marked();
    tree.write("tests/secrets/web.sops.yaml", lie.encrypt());
    let test = tree.test.recipient.clone();
    tree.only_finding().is("opens", "tests/secrets/web.sops.yaml", &test).says("no test key opens");
}

#[test]
fn the_key_of_a_test_identity_is_not_what_its_comment_says() {
    let mut tree = Tree::clean();
    let (file, other) = (tree.test.file(), Key::new());
    tree.write("tests/keys/age.txt", file.replace(&tree.test.recipient, &other.recipient));
    let finding = tree.only_finding();
    finding.is("test_key", "tests/keys/age.txt", &other.recipient).helps(&tree.test.recipient);
    // The fence is where the identity is: its own key among the recipients of a real file is found.
    tree.write("secrets/luna.sops.yaml", Plain::new(Format::Yaml, &[&tree.operator, &tree.test]).encrypt());
    let findings = tree.findings();
    assert!(findings.iter().any(|finding| finding.code == "fleet::secrets::fence"), "{findings:#?}");
}

#[test]
fn a_test_key_that_is_not_there_or_not_among_the_tests() {
    let mut tree = Tree::clean();
    tree.files.remove("tests/keys/age.txt");
    tree.only_finding().is("test_key", "Fleetfile.yaml", "tests/keys/age.txt").helps("fleet secrets init");

    let mut tree = Tree::clean();
    tree.write("tests/keys/age.txt", "nothing\n");
    tree.only_finding().is("test_key", "Fleetfile.yaml", "tests/keys/age.txt").says("no private key");

    let mut tree = Tree::clean();
    let key = tree.files.remove("tests/keys/age.txt").unwrap();
    tree.write("keys/age.txt", key);
    tree.replace("Fleetfile.yaml", "tests/keys/age.txt", "keys/age.txt");
    tree.only_finding().is("test_key", "Fleetfile.yaml", "keys/age.txt").says("not among the test files");
}

#[test]
fn rules_that_break_the_fence_for_the_next_file() {
    let mut tree = Tree::clean();
    tree.replace(".sops.yaml", "path_regex: ^tests/", "path_regex: tests/");
    tree.only_finding()
        .is("creation_rule", ".sops.yaml", "tests/")
        .says("`hosts/a/tests/")
        .helps("anchor it: `^tests/`");

    let mut tree = Tree::clean();
    tree.replace(".sops.yaml", "age: [*operator, *luna]", "age: [*operator, *luna, *test]");
    let findings = tree.findings();
    findings[0].is("creation_rule", ".sops.yaml", "^secrets/.*").says("encrypted for a test key");
    assert!(findings[0].places[1].text == "*test", "{findings:#?}");

    // What is for all files takes those of tests, too, when it stands first.
    let mut tree = Tree::clean();
    tree.replace(".sops.yaml", "creation_rules:\n", "creation_rules:\n  - age: [*operator]\n");
    let findings = tree.findings();
    let rule = findings.iter().find(|finding| finding.message.starts_with("a test file such as")).unwrap();
    rule.is("creation_rule", ".sops.yaml", "age").says("a test file such as `tests/").helps("to the top");
    assert!(rule.places.iter().any(|place| place.text == "^tests/"), "{rule:#?}");

    // A rule for tests with somebody else in it.
    let mut tree = Tree::clean();
    tree.replace(".sops.yaml", "age: [*test]", "age: [*test, *luna]");
    let findings = tree.findings();
    let rule = findings.iter().find(|finding| finding.code == "fleet::secrets::creation_rule").unwrap();
    rule.says("`luna`");
    assert_eq!(rule.places[1].text, "*luna", "{rule:#?}");
}

#[test]
fn rules_that_nothing_can_reach_or_that_are_for_nobody() {
    let mut tree = Tree::clean();
    let rule = "  - path_regex: ^secrets/luna\\.sops\\.yaml$\n    age: [*luna]\n";
    let text = tree.text(".sops.yaml") + rule;
    tree.write(".sops.yaml", text);
    let finding = tree.only_finding();
    finding.is("creation_rule", ".sops.yaml", "^secrets/luna\\.sops\\.yaml$").says("no path can reach");
    assert_eq!((finding.severity.as_str(), finding.places[1].text.as_str()), ("warning", "^secrets/.*"));

    let mut tree = Tree::clean();
    let text = tree.text(".sops.yaml") + "  - path_regex: ^other/\n";
    tree.write(".sops.yaml", text);
    tree.only_finding().is("creation_rule", ".sops.yaml", "^other/").says("no keys");
}

#[test]
fn a_file_that_is_not_for_whom_its_rule_says() {
    let mut tree = Tree::clean();
    tree.write("secrets/luna.sops.yaml", Plain::new(Format::Yaml, &[&tree.operator]).encrypt());
    let finding = tree.only_finding();
    finding
        .is("recipients", "secrets/luna.sops.yaml", &tree.operator.recipient)
        .says("lacks `luna`")
        .helps("sops updatekeys --yes secrets/luna.sops.yaml");
    assert_eq!(finding.places[1].text, "*luna", "the rule's recipient is shown: {finding:#?}");

    let mut tree = Tree::clean();
    let other = Key::new();
    tree.write(
        "secrets/luna.sops.yaml",
        Plain::new(Format::Yaml, &[&tree.operator, &tree.luna, &other]).encrypt(),
    );
    tree.only_finding()
        .is("recipients", "secrets/luna.sops.yaml", &other.recipient)
        .says("as well")
        .helps("&& sops rotate --in-place");

    // The same keys, but any of them opens it, where the rule wants two of two.
    let mut tree = Tree::clean();
    tree.replace(
        ".sops.yaml",
        "      - age: [*operator, *luna]\n",
        "      - age: [*operator]\n      - merge: [{age: [*luna]}]\n    shamir_threshold: 2\n",
    );
    let findings = tree.findings();
    assert_eq!(findings.len(), 5, "a file of each format: {findings:#?}");
    findings.iter().for_each(|finding| {
        finding.says("in other groups");
    });
    let groups = Plain { groups: true, ..tree.real_file(Format::Yaml) };
    tree.write("secrets/luna.sops.yaml", groups.encrypt());
    assert_eq!(tree.findings().len(), 4, "a file in groups is as the rule wants it");

    let mut tree = Tree::clean();
    let file = tree.real_file(Format::Yaml).encrypt();
    tree.write("elsewhere/luna.sops.yaml", file);
    tree.only_finding()
        .is("recipients", "elsewhere/luna.sops.yaml", "password")
        .says("no rule of `.sops.yaml`");
}

#[test]
fn files_that_are_not_whole() {
    let path = "secrets/luna.sops.yaml";
    let broken = |change: &dyn Fn(&str) -> String| {
        let mut tree = Tree::clean();
        let text = change(&tree.text(path));
        tree.write(path, text);
        tree.only_finding()
    };
    let without = |start: &'static str| {
        move |text: &str| {
            let kept = text.lines().filter(|line| !line.trim_start().starts_with(start));
            kept.map(|line| format!("{line}\n")).collect::<String>()
        }
    };
    broken(&without("mac:")).is("file", path, "kms").says("no authentication code");
    broken(&without("lastmodified:")).is("file", path, "kms").says("when it was changed");
    broken(&|text| text.replace("2026-01-10T", "yesterday")).says("no time");
    broken(&|text| text.replace("mac: ENC[", "mac: [")).says("authentication code");
    broken(&|text| text.replacen("-----END AGE", "-----", 1)).says("cannot be read").helps("sops updatekeys");
    broken(&|text| text.replacen("sops:\n", "sops: {}\nsops:\n", 1))
        .is("file", path, "sops")
        .says("two blocks");
    broken(&|text| text.replacen("version: 3.9.4", "version: ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]", 1))
        .says("encrypted twice");
    broken(&|text| text.replacen("password: ", "password: hunter2 #", 1))
        .is("file", path, "password")
        .says("not encrypted")
        .helps("sops edit");
    // In the middle of a merge.
    broken(&|text| text.replacen("token", "<<<<<<< HEAD\ntoken", 1))
        .says("cannot be read")
        .helps("git checkout");
}

#[test]
fn a_data_key_is_for_one_recipient_of_its_own_kind() {
    let mut tree = Tree::clean();
    let path = "secrets/luna.sops.yaml";
    let (one, other) = (Key::new(), Key::new());
    let both: Vec<age::x25519::Recipient> =
        [&tree.operator, &other].iter().map(|key| key.recipient.parse().unwrap()).collect();
    let enc = wrap_for(&[7; 32], &both.iter().collect::<Vec<_>>());
    let enc: String = enc.lines().map(|line| format!("            {line}\n")).collect();
    let text = tree.text(path);
    let start = text.find("            -----BEGIN").unwrap();
    let end = text.find("END AGE ENCRYPTED FILE-----\n").unwrap() + "END AGE ENCRYPTED FILE-----\n".len();
    tree.write(path, format!("{}{enc}{}", &text[..start], &text[end..]));
    let operator = tree.operator.recipient.clone();
    tree.only_finding().is("file", path, &operator).says("is for 2 keys");

    // A key of ssh whose data key is for another kind.
    let mut tree = Tree::clean();
    let ssh = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJx3rQX4m0R8xVlMZ0Xk3w0uYd2s4ZQ0c1v5b6n7m8l9";
    tree.write(
        path,
        Plain { recipients: vec![(one.recipient, Some(ssh.to_owned()))], ..tree.real_file(Format::Yaml) }
            .encrypt(),
    );
    let findings = tree.findings();
    findings[0].is("file", path, ssh).says("another kind (`X25519`)");
}

#[test]
fn what_a_rule_wants_encrypted_and_is_not() {
    let mut tree = Tree::clean();
    tree.write("secrets/next.yaml", "password: hunter2\n");
    let finding = tree.only_finding();
    finding.is("file", "secrets/next.yaml", "password").helps("sops encrypt --in-place secrets/next.yaml");

    // What no rule can mean is left alone: other files beside secrets, and whole trees of plain files.
    let mut tree = Tree::clean();
    tree.write("secrets/README.md", "# Secrets\n");
    tree.write("tests/fixtures/plain.yaml", "a: 1\n");
    let text = tree.text(".sops.yaml")
        + "  - path_regex: \\.ya?ml$\n    age: [*operator]\n    encrypted_regex: ^data$\n";
    tree.write(".sops.yaml", text);
    tree.write("manifests/deployment.yaml", "kind: Deployment\n");
    assert!(tree.findings().is_empty(), "{:#?}", tree.findings());
    tree.write("manifests/token.sops.yaml", "kind: Secret\ndata: {token: x}\n");
    tree.only_finding().is("file", "manifests/token.sops.yaml", "kind");
}

#[test]
fn only_the_keys_that_a_file_wants_encrypted_must_be() {
    let mut tree = Tree::clean();
    let path = "secrets/luna.sops.yaml";
    tree.replace(path, "password:", "note: plain words\npassword:");
    tree.replace(path, "unencrypted_suffix: _unencrypted", "encrypted_regex: ^(password|token)$");
    assert!(tree.findings().is_empty(), "{:#?}", tree.findings());
    tree.replace(path, "^(password|token)$", "^(password|token|note)$");
    tree.only_finding().is("file", path, "note");
    tree.replace(path, "^(password|token|note)$", "^(password");
    tree.only_finding().is("file", path, "^(password").says("a pattern");
}

#[test]
fn private_keys_in_the_tree() {
    let real = Key::new();
    let mut tree = Tree::clean();
    tree.write("notes.md", format!("The key is `{}`.\n", real.identity));
    let finding = tree.only_finding();
    finding.is("private_key", "notes.md", "AGE-SECRET-KEY-").helps("git rm --cached notes.md");

    // A real key is real among the tests, too.
    let mut tree = Tree::clean();
    tree.write("tests/keys/other.txt", real.file());
    tree.only_finding().is("private_key", "tests/keys/other.txt", "AGE-SECRET-KEY-").helps("test_keys");

    // A copy of a test key is one, where tests are.
    let mut tree = Tree::clean();
    tree.write("tests/vm/keys.nix", format!("\"{}\"\n", tree.test.identity));
    assert!(tree.findings().is_empty());
    tree.write("hosts/luna/key.nix", format!("\"{}\"\n", tree.test.identity));
    tree.only_finding().is("private_key", "hosts/luna/key.nix", "AGE-SECRET-KEY-").says("has a test key");
}

#[test]
fn a_private_key_of_openssh() {
    if !crate::requirement::met("a_private_key_of_openssh", &["ssh-keygen"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("key");
    let ended = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "x", "-f"])
        .arg(&key)
        .status()
        .unwrap();
    assert!(ended.success());
    let private = std::fs::read(&key).unwrap();
    let mut tree = Tree::clean();
    tree.write("hosts/luna/ssh_host_ed25519_key", private.clone());
    tree.only_finding().is("private_key", "hosts/luna/ssh_host_ed25519_key", "-----BEGIN OPEN");
    // Named as a test key it is one, and so is the age key that it stands for.
    let mut tree = Tree::clean();
    tree.write("tests/keys/host", private);
    tree.replace("Fleetfile.yaml", "tests/keys/age.txt", "tests/keys/age.txt, tests/keys/host");
    assert!(tree.findings().is_empty(), "{:#?}", tree.findings());
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    tree.replace(
        "Fleetfile.yaml",
        "test_paths",
        &format!("host_keys: {{luna: '{}'}}, test_paths", public.trim()),
    );
    tree.only_finding().is("host", "Fleetfile.yaml", public.trim());
}

#[test]
fn test_files_carry_their_mark_and_no_others() {
    let mut tree = Tree::clean();
    let plain = Plain::new(Format::Dotenv, &[&tree.test]);
    tree.write("tests/secrets/web.env", plain.encrypt());
    tree.only_finding()
        .is("marker", "tests/secrets/web.env", "password")
        .helps("sops set tests/secrets/web.env '[\"fleet_test_unencrypted\"]' true");

    let mut tree = Tree::clean();
    tree.write("secrets/luna.ini", tree.real_file(Format::Ini).marked().encrypt());
    tree.only_finding().is("marker", "secrets/luna.ini", "fleet_test_unencrypted");
}

#[test]
fn tests_in_nix_use_files_of_tests() {
    let nix = |path: &str, text: &str| {
        let mut tree = Tree::clean();
        tree.write(path, text);
        tree.findings()
    };
    let clean =
        "{ sops.defaultSopsFile = ../secrets/web.sops.yaml; sops.age.keyFile = \"/run/age-keys.txt\"; }\n";
    assert!(nix("tests/vm/web.nix", clean).is_empty());
    let real = nix("tests/vm/web.nix", "{ sops.defaultSopsFile = ../../secrets/luna.sops.yaml; }\n");
    real[0].is("vm_test", "tests/vm/web.nix", "../../secrets/luna.sops.yaml").says("the real file");
    let key = nix("tests/vm/web.nix", "{ sops.age.keyFile = \"/var/lib/sops-nix/key.txt\"; }\n");
    key[0].is("vm_test", "tests/vm/web.nix", "/var/lib/sops-nix/key.txt");
    let out = nix("tests/vm/web.nix", "derivation { __noChroot = true; }\n");
    out[0].is("sandbox", "tests/vm/web.nix", "__noChroot");
    let host = nix("hosts/luna/default.nix", "{ sops.age.keyFile = ../../tests/keys/age.txt; }\n");
    host[0].is("closure", "hosts/luna/default.nix", "../../tests/keys/age.txt");
    assert_eq!((real.len(), key.len(), out.len(), host.len()), (1, 1, 1, 1));
}

#[test]
fn the_key_of_a_host_is_no_test_key() {
    let mut tree = Tree::clean();
    let keys = format!("host_keys: {{luna: {}}}, test_paths", tree.test.recipient);
    tree.replace("Fleetfile.yaml", "test_paths", &keys);
    tree.only_finding().is("host", "Fleetfile.yaml", &tree.test.recipient).says("`luna`");
    let mut tree = Tree::clean();
    let keys = format!("host_keys: {{luna: {}}}, test_paths", tree.luna.recipient);
    tree.replace("Fleetfile.yaml", "test_paths", &keys);
    assert!(tree.findings().is_empty());
}

#[test]
fn findings_can_be_passed_over_with_a_reason() {
    let mut tree = Tree::clean();
    tree.write("docs/example.md", Key::new().identity);
    let ignore = "ignore: [{rule: private_key, path: 'docs/**', reason: an example}], test_paths";
    tree.replace("Fleetfile.yaml", "test_paths", ignore);
    assert!(tree.findings().is_empty());
    tree.files.remove("docs/example.md");
    tree.only_finding().is("policy", "Fleetfile.yaml", "docs/**").says("nothing is passed over");
    tree.replace("Fleetfile.yaml", "rule: private_key", "rule: private_keys");
    tree.only_finding().is("policy", "Fleetfile.yaml", "private_keys").helps("--rules");
}
