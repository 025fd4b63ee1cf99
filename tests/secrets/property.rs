//! Clean trees, broken in one of many ways in a place that chance chose: every breach is caught, by a rule that is for it.

use crate::sops::{Format, Key, Plain};
use crate::tree::{FLEETFILE, Tree};
use fleet::model::SecretsPolicy;
use fleet::secrets::{GivenFiles, Named, NamedHost, NamedTest, RULES, check_with};
use fleet::source::SourceMap;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;

/// A tree with what the Fleetfile and the flake say of it.
struct Project {
    tree: Tree,
    test_key: String,
    host_key: String,
    /// What the host's configuration names.
    host_file: String,
    /// What the machine of a test names, and where its key is.
    test_file: String,
    machine_key: String,
}

impl Project {
    fn clean() -> Self {
        let mut tree = Tree::clean();
        tree.write("hosts/luna/default.nix", "{ sops.defaultSopsFile = ../../secrets/luna.sops.yaml; }\n");
        tree.write("tests/web.nix", "{ sops.defaultSopsFile = ./secrets/web.sops.yaml; }\n");
        Self {
            test_key: "tests/keys/age.txt".to_owned(),
            host_key: tree.luna.recipient.clone(),
            host_file: "secrets/luna.sops.yaml".to_owned(),
            test_file: "tests/secrets/web.sops.yaml".to_owned(),
            machine_key: "/run/age-keys.txt".to_owned(),
            tree,
        }
    }
}

/// Codes of the errors in a project, without a disk.
fn errors(tree: &Project) -> Vec<&'static str> {
    let text: fn(&str) -> fleet::model::Text = |text| fleet::model::Text::nowhere(text);
    let host = |name: &str| fleet::model::HostName::new(name).unwrap();
    let policy = SecretsPolicy {
        test_keys: vec![text(&tree.test_key)],
        test_paths: vec![text("tests/**")],
        host_keys: [(host("luna"), text(&tree.host_key))].into(),
        ..SecretsPolicy::default()
    };
    let named = Named {
        hosts: vec![NamedHost {
            name: host("luna"),
            files: vec![tree.host_file.clone()],
            untraced: Vec::new(),
            keys: Vec::new(),
        }],
        tests: vec![NamedTest {
            name: "web.nodes.machine".to_owned(),
            files: vec![tree.test_file.clone()],
            keys: vec![tree.machine_key.clone()],
        }],
    };
    assert!(FLEETFILE.contains("test_keys: [tests/keys/age.txt], test_paths: ['tests/**']"));
    let files: GivenFiles =
        tree.tree.files.iter().map(|(path, bytes)| (path.clone(), bytes.clone())).collect();
    let mut sources = SourceMap::default();
    let checked = check_with(&files, Path::new("/repository"), "", &policy, &named, &mut sources);
    let errors =
        checked.findings.iter().filter(|finding| finding.severity == fleet::diagnostic::Severity::Error);
    errors.map(|finding| finding.code.strip_prefix("fleet::secrets::").unwrap()).collect()
}

const FORMATS: [(Format, &str); 5] = [
    (Format::Yaml, "sops.yaml"),
    (Format::Json, "json"),
    (Format::Dotenv, "env"),
    (Format::Ini, "ini"),
    (Format::Binary, "bin"),
];

/// Ways to break what the Fleetfile, the flake and Nix files say; gives the rule that must tell of it.
fn break_project(project: &mut Project, way: usize, place: usize) -> &'static str {
    let Project { tree, .. } = project;
    let pick = |texts: &[&str]| texts[place % texts.len()].to_owned();
    match way {
        // A test identity that is not there, or not among the tests.
        0 => {
            project.test_key = pick(&["tests/keys/none.txt", "Fleetfile.yaml", "tests/web.nix"]);
            "test_key"
        }
        1 => {
            let path = pick(&["keys/age.txt", "age.txt", "hosts/luna/tests.txt"]);
            let text = tree.test.file();
            tree.write(&path, text);
            project.test_key = path;
            "test_key"
        }
        // A host that has the test key, or names what it cannot open.
        2 => {
            project.host_key = tree.test.recipient.clone();
            "host"
        }
        3 => {
            project.host_key = Key::new().recipient;
            "host"
        }
        4 => {
            project.host_file = pick(&["tests/secrets/web.sops.yaml", "tests/secrets/web.json"]);
            "host"
        }
        // A test that reaches over the fence, by what it comes to or by its text.
        5 => {
            project.test_file = pick(&["secrets/luna.sops.yaml", "secrets/luna.env", "secrets/luna.bin"]);
            "vm_test"
        }
        6 => {
            project.machine_key = pick(&[
                "/var/lib/sops-nix/key.txt",
                "/root/.config/sops/age/keys.txt",
                "/persist/etc/ssh/key",
            ]);
            "vm_test"
        }
        7 => {
            let named = pick(&["../secrets/luna.sops.yaml", "../secrets/luna.json", "./../secrets/luna.ini"]);
            tree.write("tests/web.nix", format!("{{ sops.secrets.a.sopsFile = {named}; }}\n"));
            "vm_test"
        }
        8 => {
            let key = pick(&["\"/var/lib/sops-nix/key.txt\"", "/persist/etc/ssh/ssh_host_ed25519_key"]);
            tree.write("tests/web.nix", format!("{{ sops.age.keyFile = {key}; }}\n"));
            "vm_test"
        }
        9 => {
            let out = pick(&["__noChroot = true", "__impureHostDeps = [ \"/root\" ]"]);
            tree.write("tests/web.nix", format!("derivation {{ {out}; }}\n"));
            "sandbox"
        }
        // A host that is built with the test key.
        _ => {
            let path = pick(&["hosts/luna/default.nix", "hosts/luna/keys/a.nix", "flake.nix"]);
            let up = "../".repeat(path.matches('/').count());
            let up = if up.is_empty() { "./" } else { &up };
            tree.write(&path, format!("{{ sops.age.keyFile = {up}tests/keys/age.txt; }}\n"));
            "closure"
        }
    }
}

/// Ways of [`break_tree`], and of [`break_project`].
const OF_TREE: usize = 16;
const OF_PROJECT: usize = 11;

/// Breaks a clean project; gives the rule that must tell of it.
fn break_it(project: &mut Project, way: usize, format: usize, place: usize) -> &'static str {
    match way.checked_sub(OF_TREE) {
        None => break_tree(&mut project.tree, way, format, place),
        Some(way) => break_project(project, way, place),
    }
}

/// Ways to break files; gives the rule that must tell of it.
fn break_tree(tree: &mut Tree, way: usize, format: usize, place: usize) -> &'static str {
    let (format, end) = FORMATS[format];
    let (real, test) = (format!("secrets/luna.{end}"), format!("tests/secrets/web.{end}"));
    match way {
        // A test key among real ones, in any position.
        0 => {
            let mut keys = vec![&tree.operator, &tree.luna];
            keys.insert(place % 3, &tree.test);
            let text = Plain::new(format, &keys).encrypt();
            tree.write(&real, text);
            "fence"
        }
        1 => {
            let key = if place.is_multiple_of(2) { &tree.operator } else { &tree.luna };
            let text = Plain::new(format, &[&tree.test, key]).marked().encrypt();
            tree.write(&test, text);
            "fence"
        }
        2 => {
            let text = Plain::new(format, &[&tree.test, &tree.luna]).labelled(&tree.operator).encrypt();
            tree.write(&real, text);
            "opens"
        }
        3 => {
            let text = Plain::new(format, &[&tree.luna]).labelled(&tree.test).marked().encrypt();
            tree.write(&test, text);
            "opens"
        }
        // A file copied over the fence.
        4 => {
            let bytes = tree.files[&real].clone();
            tree.write(&format!("tests/secrets/copy.{end}"), bytes);
            "fence"
        }
        5 => {
            let bytes = tree.files[&test].clone();
            tree.write(&format!("secrets/copy.{end}"), bytes);
            "fence"
        }
        // Somebody else in a file, or somebody missing.
        6 => {
            let other = Key::new();
            let text = Plain::new(format, &[&tree.operator, &tree.luna, &other]).encrypt();
            tree.write(&real, text);
            "recipients"
        }
        7 => {
            let text =
                Plain::new(format, &[if place.is_multiple_of(2) { &tree.operator } else { &tree.luna }])
                    .encrypt();
            tree.write(&real, text);
            "recipients"
        }
        // A value that lies open.
        8 => {
            let text = tree.text(&real);
            let starts: Vec<usize> = text.match_indices("ENC[AES256_GCM,").map(|(at, _)| at).collect();
            // The last one is the code.
            let start = starts[place % (starts.len() - 1)];
            let length = text[start..].find(']').unwrap() + 1;
            tree.write(&real, format!("{}hunter2{}", &text[..start], &text[start + length..]));
            "file"
        }
        // The code is gone.
        9 => {
            let text = tree.text(&real).replacen("mac", "mic", 1);
            tree.write(&real, text);
            "file"
        }
        // A real private key anywhere.
        10 => {
            let paths = ["notes.md", "tests/keys/two.txt", "hosts/luna/a.nix", "secrets/key", "x/y/z.bin"];
            let key = Key::new();
            let before = vec![b'x'; place];
            tree.write(
                paths[place % paths.len()],
                [before, b"\n".to_vec(), key.identity.into_bytes()].concat(),
            );
            "private_key"
        }
        // A rule for tests that is not anchored, or comes too late, or has more keys.
        11 => {
            tree.replace(
                ".sops.yaml",
                "^tests/",
                ["tests/", ".*/?tests/", "(^|/)tests/", "tests/.*"][place % 4],
            );
            "creation_rule"
        }
        12 => {
            let rule =
                ["  - age: [*operator]\n", "  - path_regex: \\.yaml$\n    age: [*operator]\n"][place % 2];
            tree.replace(".sops.yaml", "creation_rules:\n", &format!("creation_rules:\n{rule}"));
            "creation_rule"
        }
        13 => {
            tree.replace(
                ".sops.yaml",
                "[*operator, *luna]",
                ["[*operator, *test]", "[*test, *luna]"][place % 2],
            );
            "creation_rule"
        }
        14 => {
            tree.write(&format!("secrets/plain{place}.yaml"), "password: hunter2\n");
            "file"
        }
        _ => {
            let text = Plain::new(Format::Yaml, &[&tree.test]).encrypt();
            tree.write(&format!("tests/more/{place}.sops.yaml"), text);
            "marker"
        }
    }
}

#[test]
fn a_clean_tree_has_no_breach() {
    assert_eq!(errors(&Project::clean()), Vec::<&str>::new());
}

/// Each way once in every format, whatever chance chooses; and every rule is broken by one of them.
#[test]
fn every_rule_is_broken_by_some_way() {
    let mut broken = BTreeSet::new();
    for (way, format) in
        (0..OF_TREE + OF_PROJECT).flat_map(|way| (0..FORMATS.len()).map(move |format| (way, format)))
    {
        let mut project = Project::clean();
        let rule = break_it(&mut project, way, format, format);
        let found = errors(&project);
        assert!(found.contains(&rule), "way {way}, format {format}: {rule} is not among {found:?}");
        broken.insert(rule);
    }
    assert_eq!(broken, RULES.iter().map(|rule| rule.name).collect());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_breach_is_caught(way in 0..OF_TREE + OF_PROJECT, format in 0_usize..5, place in 0_usize..40) {
        let mut tree = Project::clean();
        let rule = break_it(&mut tree, way, format, place);
        let found = errors(&tree);
        prop_assert!(found.contains(&rule), "way {way}: {rule} is not among {found:?}");
    }
}
