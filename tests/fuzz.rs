//! The targets of `fuzz/` hold for random bytes and for files of the examples with a few bytes changed. The same bytes
//! each time: a failure here is one to keep. `FLEET_FUZZ_SECONDS=600 FLEET_FUZZ_SEED=1 cargo test --test fuzz NAME --
//! --nocapture` goes on for longer, from another seed.

#![cfg(test)]

#[path = "../fuzz/src/targets.rs"]
mod targets;

use std::path::Path;
use std::time::{Duration, Instant};

/// How many inputs each target gets.
const COUNT: usize = 1500;
const SEED: u64 = 20_261_123;
/// Pieces that change the meaning of what stands around them.
const PIECES: &[&str] = &[
    "{{",
    "}}",
    "{{.X}}",
    "{{if",
    "{{end}}",
    "|",
    "\"",
    "'",
    "`",
    "$",
    "${",
    "$(",
    "}",
    ")",
    "\\",
    "&a ",
    "*a",
    "<<: ",
    "- ",
    ": ",
    "? ",
    "#",
    "\t",
    "\n",
    "\r\n",
    "\u{feff}",
    "\u{85}",
    "\0",
    "é",
    "[",
    "]",
    "{",
    "!!int ",
    "@",
    "!",
    ",",
    "&",
    "system:",
    "99999999999999999999",
    "%",
    "--- ",
    "...\n",
    "|2-\n",
    ">\n",
    "tasks:",
    "pipelines:",
    "for: ",
];

fn corpus(files: &[&str], texts: &[&str]) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &&str| std::fs::read(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    files.iter().map(read).chain(texts.iter().map(|text| text.as_bytes().to_vec())).collect()
}

/// A text of the corpus, changed in up to five places, or bytes that nobody wrote.
fn input(random: &mut fastrand::Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    if random.usize(..10) == 0 {
        let length = random.usize(..200);
        return std::iter::repeat_with(|| random.u8(..)).take(length).collect();
    }
    let mut bytes = corpus[random.usize(..corpus.len())].clone();
    for _ in 0..random.usize(1..=5) {
        let at = random.usize(..=bytes.len());
        let end = (at + random.usize(..20)).min(bytes.len());
        match random.usize(..5) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let copy = bytes[at..end].to_vec();
                let to = random.usize(..=bytes.len());
                bytes.splice(to..to, copy);
            }
            3 if at < bytes.len() => bytes[at] = random.u8(..),
            _ => drop(bytes.splice(at..at, PIECES[random.usize(..PIECES.len())].bytes())),
        }
    }
    bytes
}

fn fuzz(name: &str, corpus: &[Vec<u8>]) {
    assert!(targets::TARGETS.iter().any(|(known, _)| *known == name), "there is no target {name}");
    for bytes in corpus {
        targets::run(name, bytes);
    }
    let given = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let seed = given("FLEET_FUZZ_SEED").unwrap_or(SEED);
    let until = given("FLEET_FUZZ_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut random = fastrand::Rng::with_seed(seed);
    let mut number = 0;
    while number < COUNT || until.is_some_and(|until| Instant::now() < until) {
        let bytes = input(&mut random, corpus);
        if std::panic::catch_unwind(|| targets::run(name, &bytes)).is_err() {
            panic!("input {number} of seed {seed}: {:?}", String::from_utf8_lossy(&bytes));
        }
        number += 1;
    }
    if until.is_some() {
        println!("{name}: {number} inputs of seed {seed} hold");
    }
}

const FILES: &[&str] = &[
    "Fleetfile.yaml",
    "examples/homelab/Fleetfile.yaml",
    "examples/homelab/Taskfile.yaml",
    "examples/homelab/.taskfiles/nix/Taskfile.yaml",
    "examples/homelab/.taskfiles/sops/Taskfile.yaml",
    "examples/go-task/Taskfile.yml",
];

#[test]
fn yaml() {
    let texts = ["a: &a [1, 2]\nb: *a\n<<: {c: |-\n  x\n  y}\n", "\"\\u00e9\\x41\": 'it''s'\n? [k]\n: v\n"];
    fuzz("yaml", &corpus(FILES, &texts));
}

#[test]
fn fleetfile() {
    fuzz(
        "fleetfile",
        &corpus(FILES, &["version: '3'\ntasks: {a: {cmds: [{for: [1], cmd: 'echo {{.ITEM}}'}]}}\n"]),
    );
}

#[test]
fn template() {
    let texts = [
        "{{range $i, $x := .A}}{{$i}}{{else}}none{{end}}",
        "{{if and (eq .A 1) (not .B)}}x{{else if .C}}y{{end}}{{/* c */}}",
        "{{- with $x := splitList \",\" \"a,b\" -}}{{index $x 1 | printf \"%05.2q\"}}{{- end -}}",
        "{{define \"t\"}}{{.}}{{end}}{{template \"t\" .X}}{{break}}",
        "{{now | date \"2006-01-02T15:04:05Z07:00\"}}{{regexReplaceAll \"a(b+)\" \"abb\" \"${1}\"}}",
        "{{toJson (fromJson `{\"a\": [1, 2.5e3, null]}`)}}{{`raw`}}{{'c'}}{{1e3}}{{0x1F}}",
    ];
    fuzz("template", &corpus(&[], &texts));
}

#[test]
fn dotenv() {
    let texts = ["A=1\nexport B='x y'\nC=\"${A}\\n$B\" # c\n", "D: yaml\nE=`t`\nF=\"\nmore\n\"\n"];
    fuzz("dotenv", &corpus(&[], &texts));
}

#[test]
fn selector() {
    let texts = ["luna,rack-*&!@edge", "system:aarch64-linux,!nixpi", "[a-c]?{x,y}*", ""];
    fuzz("selector", &corpus(&[], &texts));
}

#[test]
fn words() {
    let texts = [
        "echo \"$A ${B:-x} $(ls *.rs)\" 'q' a\\ b {1..3}{a,b}",
        "${x##*/}${#y}${z/a/b} $((1+2)) <<EOF\nx\nEOF\n",
    ];
    fuzz("words", &corpus(&[], &texts));
}

/// A file of sops behind a byte that chooses its format.
const SOPS: [&str; 5] = [
    "\0a: ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]\nb_unencrypted: 1\nsops:\n    kms: []\n    age:\n        - recipient: age1x\n          enc: |\n            -----BEGIN AGE ENCRYPTED FILE-----\n            YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBhYmMKQUFBQQotLS0gbQp4\n            -----END AGE ENCRYPTED FILE-----\n    lastmodified: \"2026-01-10T08:00:00Z\"\n    mac: ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]\n    shamir_threshold: 2\n    key_groups: [{age: [{recipient: age1y}], pgp: [{fp: AB}]}]\n",
    "\u{1}{\"a\": \"ENC[AES256_GCM,data:x]\", \"l\": [1, {\"x\": null}], \"sops\": {\"age\": [{\"recipient\": \"age1x\", \"enc\": \"x\\n\"}], \"mac\": \"m\", \"encrypted_regex\": \"^a(\"}}",
    "\u{2}A=ENC[AES256_GCM,data:x]\nB='x'\nsops_age__list_0__map_recipient=age1x\nsops_age__list_0__map_enc=a\\nb\nsops_mac=m\nsops_shamir_threshold=2\n",
    "\u{3}[a]\nb = ENC[AES256_GCM,data:x]\n[sops]\nage__list_0__map_recipient = age1x\nmac = m\nversion = 3\n",
    "\u{4}{\"data\": \"x AGE-SECRET-KEY-1QQ\", \"sops\": {\"kms\": null, \"hc_vault\": [{\"vault_address\": \"a\", \"engine_path\": \"b\", \"key_name\": \"c\"}], \"mac\": \"m\"}}",
];

#[test]
fn sops() {
    fuzz("sops", &corpus(&[], &SOPS));
}

#[test]
fn sops_config() {
    let texts = [
        "keys: [&a age1x, &b age1y]\ncreation_rules:\n  - path_regex: ^tests/(a|b){2,3}[^x]+$\n    age: *a\n    shamir_threshold: 2\n  - path_regex: \\.ya?ml$\n    key_groups:\n      - merge: [{age: [*b], pgp: [AB]}]\n        kms: [{arn: x}]\n      - azure_keyvault: [{vaultUrl: v, key: k}]\n    encrypted_regex: ^x\n  - kms: 'a, b'\n",
    ];
    fuzz("sops_config", &corpus(&["examples/homelab/.sops.yaml"], &texts));
}

#[test]
fn script() {
    let texts = [
        "set -e; cd src && cargo build || exit 1\nfor x in a \"$b\"; do echo $x; done | tee out >&2",
        "case $1 in a|b) f() { x; };; *) [[ -n $y && ! -e z ]] ;; esac; while read -r l; do :; done <in",
        "if ! (cd a; { make -j$(nproc) \"${A:-b}\"; }); then cat <<-'E' & wait\n\tx\nE\nfi",
    ];
    fuzz("script", &corpus(&[], &texts));
}

#[test]
fn query() {
    let programs = [
        ".items[]? | select(.a.b[1:-1] != null) | {a, \"b\\(.c)\": (.d // empty), (.e): 1}\0{\"items\":[{\"a\":{\"b\":[1]}}]}",
        "def f($a; g): reduce .[] as [$x, {y: $z}] (0; . + $x) | g; [limit(3; f(1; .))]\0[[1,{\"y\":2}]]",
        "try error(\"x\") catch . as $e ?// [$e] | label $out | foreach (1, 2) as $i (0; . + $i; ., break $out)",
        "[paths, (.. |= .), (.[0] += 1), tostream] | fromstream(.[])?\0[1,[2,{\"a\":null}]]",
        "test(\"(?<a>[a-z]+)\\\\s*$\"; \"gx\"), gsub(\"a\"; \"b\"), @csv \"\\([1])\", @base64d, ltrimstr(\"a\")\0\"a b\"",
        "if . then .a[.b] elif $x then -.c else strptime(\"%Y-%j %U\") | mktime | todate end\0\"2015 064\"",
    ];
    fuzz("query", &corpus(&[], &programs));
}
