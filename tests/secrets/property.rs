//! Clean trees, broken in one of many ways in a place that chance chose: every breach is caught, by a rule that is for it.

use crate::sops::{Format, Key, Plain};
use crate::tree::{FLEETFILE, Tree};
use fleet::model::SecretsPolicy;
use fleet::secrets::{GivenFiles, check};
use fleet::source::SourceMap;
use proptest::prelude::*;
use std::path::Path;

/// Codes of the errors in a tree, without a disk.
fn errors(tree: &Tree) -> Vec<&'static str> {
    let text: fn(&str) -> fleet::model::Text = |text| fleet::model::Text::nowhere(text);
    let policy = SecretsPolicy {
        test_keys: vec![text("tests/keys/age.txt")],
        test_paths: vec![text("tests/**")],
        ..SecretsPolicy::default()
    };
    assert!(FLEETFILE.contains("test_keys: [tests/keys/age.txt], test_paths: ['tests/**']"));
    let files: GivenFiles = tree.files.iter().map(|(path, bytes)| (path.clone(), bytes.clone())).collect();
    let checked = check(&files, Path::new("/repository"), "", &policy, &mut SourceMap::default());
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

/// Breaks a tree; gives the rule that must tell of it.
fn break_it(tree: &mut Tree, way: usize, format: usize, place: usize) -> &'static str {
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
    assert_eq!(errors(&Tree::clean()), Vec::<&str>::new());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_breach_is_caught(way in 0_usize..16, format in 0_usize..5, place in 0_usize..40) {
        let mut tree = Tree::clean();
        let rule = break_it(&mut tree, way, format, place);
        let found = errors(&tree);
        prop_assert!(found.contains(&rule), "way {way}: {rule} is not among {found:?}");
    }
}
