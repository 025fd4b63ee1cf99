//! Input that is not what it should be: told with its place, never a crash, and no secret shown.

use crate::sops::{Format, Key, Plain};
use crate::tree::{Tree, fleet};

#[test]
fn rules_that_cannot_be_read() {
    let mut tree = Tree::clean();
    tree.replace(".sops.yaml", "^secrets/.*", "^secrets/(luna");
    let findings = tree.findings();
    findings[0]
        .is("config", ".sops.yaml", "^secrets/(luna")
        .says("no pattern: unclosed group")
        .helps("bracket");

    let mut tree = Tree::clean();
    let other = Key::new();
    tree.replace(".sops.yaml", "  - &test", &format!("  - &luna {}\n  - &test", other.recipient));
    let findings = tree.findings();
    findings[0].is("config", ".sops.yaml", &other.recipient).says("two anchors are called `luna`");

    let mut tree = Tree::clean();
    tree.replace(".sops.yaml", "path_regex: ^secrets/.*", "path_regexp: ^secrets/.*");
    let findings = tree.findings();
    findings[0].is("config", ".sops.yaml", "path_regexp").helps("did you mean `path_regex`?");

    let mut tree = Tree::clean();
    tree.write(".sops.yaml", "creation_rules: [\n");
    let findings = tree.findings();
    assert_eq!(findings[0].code, "fleet::secrets::config", "{findings:#?}");
    assert!(findings[0].places[0].file.ends_with(".sops.yaml"));
}

#[test]
fn rules_of_other_kinds_of_keys_alone() {
    let mut tree = Tree::clean();
    let rules = "creation_rules:\n  - path_regex: ^kms/\n    kms: 'arn:aws:kms:eu:1:key/a, arn:aws:kms:eu:1:key/b'\n    \
                 pgp: >-\n      85D77543B3D624B63CEA9E6DBC17301B491B3F21,\n      \
                 C9CAB0AF1165060DB58D6D6B2653B624D620786D\n";
    tree.write(".sops.yaml", rules);
    tree.files
        .retain(|path, _| path.ends_with("yaml") && !path.contains("secrets/") || path.contains("keys"));
    assert!(tree.findings().is_empty(), "{:#?}", tree.findings());
    let file = "a: ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]\nsops:\n  kms:\n    - arn: arn:aws:kms:eu:1:key/a\n      enc: x\n  \
                pgp:\n    - fp: 85D77543B3D624B63CEA9E6DBC17301B491B3F21\n      enc: x\n  lastmodified: \
                \"2026-01-10T08:00:00Z\"\n  mac: ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]\n";
    tree.write("kms/a.yaml", file);
    let finding = tree.only_finding();
    finding.says("lacks `C9CAB0AF1165060DB58D6D6B2653B624D620786D`, `arn:aws:kms:eu:1:key/b`");
    let words: Vec<&str> = finding.places.iter().skip(1).map(|place| place.text.as_str()).collect();
    assert_eq!(words, ["C9CAB0AF1165060DB58D6D6B2653B624D620786D", "arn:aws:kms:eu:1:key/b"], "{finding:#?}");
}

#[test]
fn files_of_windows_and_files_cut_short() {
    let mut tree = Tree::clean();
    for path in ["secrets/luna.sops.yaml", "secrets/luna.json", "secrets/luna.env", "secrets/luna.ini"] {
        let text = tree.text(path).replace('\n', "\r\n");
        tree.write(path, text);
    }
    assert!(tree.findings().is_empty(), "{:#?}", tree.findings());
    for path in tree.files.keys().filter(|path| path.starts_with("secrets/")).cloned().collect::<Vec<_>>() {
        let whole = tree.files[&path].clone();
        // Within the block, and a letter before the end.
        for length in [whole.len() / 2, whole.len() * 3 / 4, whole.len() * 9 / 10] {
            let mut tree = Tree { files: tree.files.clone(), ..Tree::clean() };
            tree.write(&path, &whole[..length]);
            let findings = tree.findings();
            let told = findings.iter().any(|finding| finding.message.contains(&path));
            assert!(told, "{path} cut to {length} of {} is not told: {findings:#?}", whole.len());
        }
    }
}

#[test]
fn nothing_secret_is_shown() {
    let mut tree = Tree::clean();
    let key = Key::new();
    tree.write("notes.txt", format!("password hunter2, key {}\n", key.identity));
    tree.write("secrets/next.yaml", "password: hunter2\n");
    tree.write("secrets/next.json", "{\"password\": \"hunter2\"}");
    tree.replace("secrets/luna.sops.yaml", "password: ", "password: hunter2 #");
    tree.replace("secrets/luna.env", "token=", "<<<<<<< HEAD\nother: hunter2\ntoken=hunter2\n");
    tree.replace("secrets/luna.json", "\"token\"", "\"other\": \"hunter2\", \"token\"");
    tree.replace("secrets/luna.ini", "token", "other = hunter2\ntoken");
    let dir = tempfile::tempdir().unwrap();
    tree.place(dir.path());
    for format in ["text", "json", "sarif", "github"] {
        let output = fleet(dir.path(), &["secrets", "check", "--format", format]);
        let all = [output.stdout, output.stderr].concat();
        let all = String::from_utf8(all).unwrap();
        assert!(all.contains("secrets/next.yaml") && all.contains("secrets/luna.env"), "{all}");
        assert!(!all.contains("hunter2"), "{all}");
        assert!(!all.contains(&key.identity[20..30]), "{all}");
        assert!(!all.contains(&tree.test.identity[20..30]), "{all}");
    }
}

#[test]
fn a_file_of_fifty_megabytes() {
    let mut tree = Tree::clean();
    let mut plain = tree.real_file(Format::Binary);
    let small = plain.encrypt();
    let data = "A".repeat(50 << 20);
    let large = small.replacen("data:", &format!("data:{data}"), 1);
    tree.write("secrets/luna.bin", large);
    assert!(tree.findings().is_empty());
    // Beyond the limit nothing is read, and that is told.
    tree.write("secrets/image.bin", vec![0_u8; 70 << 20]);
    let dir = tempfile::tempdir().unwrap();
    tree.place(dir.path());
    let output = fleet(dir.path(), &["secrets", "check"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("secrets/image.bin is too large and was not looked at"), "{errors}");
    plain.values.clear();
}

#[test]
fn what_only_looks_like_a_file_of_sops() {
    let mut tree = Tree::clean();
    tree.write("charts/values.yaml", "sops:\n  enabled: true\n");
    tree.write("package.json", "{\"dependencies\": {\"sops\": \"^1\"}, \"sops\": \"x\"}");
    tree.write("docs/manual.md", "Files have a block\n\nsops:\n    mac: ENC[AES256_GCM,data:x]\n  bad: [\n");
    tree.write("templates/x.yaml", "{{- if .Values.sops }}\nsops:\n  mac: {{ .x }}\n{{- end }}\n");
    tree.write("empty.yaml", "");
    tree.write("binary.dat", vec![0xff, 0xfe, 0, 1, 2]);
    assert!(tree.findings().is_empty(), "{:#?}", tree.findings());
    let lie = Plain::new(Format::Yaml, &[&tree.operator, &tree.test]).encrypt();
    tree.write("vault.enc", lie);
    let findings = tree.findings();
    assert!(findings.iter().any(|finding| finding.code == "fleet::secrets::fence"), "{findings:#?}");
}

#[test]
fn sops_itself_reads_what_these_tests_write() {
    if !crate::requirement::met("sops_itself_reads_what_these_tests_write", &["sops"]) {
        return;
    }
    let tree = Tree::clean();
    let dir = tempfile::tempdir().unwrap();
    tree.place(dir.path());
    for end in ["sops.yaml", "json", "env", "ini", "bin"] {
        let output = std::process::Command::new("sops")
            .args(["decrypt", &format!("tests/secrets/web.{end}")])
            .env("SOPS_AGE_KEY", &tree.test.identity)
            .current_dir(dir.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{end}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
