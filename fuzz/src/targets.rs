//! What is fuzzed: readers of text that others wrote. None may panic, hang or point outside of the text, whatever the
//! bytes. `cargo +nightly fuzz run NAME` runs one under libFuzzer; `tests/fuzz.rs` runs all for a while.

use fleet::diagnostic::{Diagnostic, Diagnostics};
use fleet::frontend;
use fleet::model::{SecretsPolicy, Selector, Text};
use fleet::query::{self, Program, Reader, Reading, Silence, Value};
use fleet::secrets::{self, GivenFiles};
use fleet::source::{SourceMap, Span};
use fleet::template::{Map, Template};
use std::path::Path;

/// A target takes any bytes; it panics where something does not hold.
pub(crate) type Target = fn(&[u8]);

/// All of them by name.
pub(crate) const TARGETS: [(&str, Target); 10] = [
    ("yaml", yaml),
    ("template", template),
    ("dotenv", dotenv),
    ("selector", selector),
    ("words", words),
    ("fleetfile", fleetfile),
    ("sops", sops),
    ("sops_config", sops_config),
    ("query", query),
    ("script", script),
];

/// Runs the target of a name.
pub(crate) fn run(name: &str, data: &[u8]) {
    for (_, target) in TARGETS.iter().filter(|(known, _)| *known == name) {
        target(data);
    }
}

/// Columns that findings are shown in.
const WIDTH: usize = 80;

/// The YAML reader.
fn yaml(data: &[u8]) {
    let mut sources = SourceMap::default();
    let findings = match fleet::yaml::decode_bytes(data.to_vec()) {
        Err(error) => Diagnostics::from(error),
        Ok(text) => {
            let source = sources.add("/fuzz.yaml", text.as_str());
            match fleet::yaml::parse(source, &text) {
                Err(error) => Diagnostics::from(error),
                Ok(document) => {
                    let root = document.root.span;
                    assert!(root.end as usize <= text.len(), "{root:?} is outside");
                    Diagnostics::default()
                }
            }
        }
    };
    show(&findings, &sources);
}

/// The template engine, without variables.
fn template(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(template) = Template::parse(&text) {
        assert_eq!(template.text(), text);
        let _ = template.references();
        let _ = template.render(&Map::new());
    }
}

/// Files of environment variables.
fn dotenv(data: &[u8]) {
    let _ = frontend::dotenv::parse(&String::from_utf8_lossy(data));
}

/// Selectors of hosts.
fn selector(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match Selector::parse(&text) {
        Ok(selector) => assert!(selector.matching(&[]).is_empty()),
        Err(error) => show(&Diagnostics::from_iter([error.diagnostic(Span::NONE)]), &SourceMap::default()),
    }
}

/// Words of the shell.
fn words(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let _ = fleet::word::words(&text);
    let _ = fleet::word::document(&text);
}

/// Scripts for the shell: what is understood of them.
fn script(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for program in fleet::driver::programs(&text) {
        assert!(!program.is_empty() && !program.contains('/'), "{program:?} is no name of a program");
    }
}

/// A jq program and after a zero byte its input. It runs for a while over each, read in every way there is.
fn query(data: &[u8]) {
    let (program, input) = data.split_at(data.iter().position(|byte| *byte == 0).unwrap_or(data.len()));
    let text = String::from_utf8_lossy(program);
    let mut inputs = vec![Value::Null];
    for (stream, seq) in [(false, false), (true, false), (false, true)] {
        let mut reader = Reader::new(Reading { stream, seq });
        reader.feed(input);
        reader.end();
        inputs.extend(std::iter::from_fn(|| reader.next_value()).filter_map(Result::ok).take(5));
    }
    let program = match Program::compile(&text, &|name| (name == "x").then(|| Value::from("y"))) {
        Ok(program) => program,
        Err(errors) => {
            assert!(!errors.is_empty(), "refused without a reason");
            assert!(errors.iter().all(|error| error.start <= text.len() && !error.render(&text).is_empty()));
            return;
        }
    };
    for input in inputs {
        let mut run = program.start_limited(input, 5000);
        let mut count = 0;
        while let Some(outcome) = run.next(&mut Silence).filter(|_| count < 100) {
            count += 1;
            if let query::Outcome::Value(value) = outcome {
                let _ = value.to_json();
            }
        }
    }
}

/// A whole project of one file, with all that is told about it.
fn fleetfile(data: &[u8]) {
    let dir = std::env::temp_dir().join(format!("fleet-fuzz-{}", std::process::id()));
    let path = dir.join("Fleetfile.yaml");
    let written = std::fs::create_dir_all(&dir).and_then(|()| std::fs::write(&path, data));
    if written.is_ok() {
        load(&path, &dir);
    }
    let _ = std::fs::remove_dir_all(&dir);
}

fn load(path: &Path, dir: &Path) {
    let mut sources = SourceMap::default();
    match frontend::load_within(&mut sources, path, dir, &Map::new(), None) {
        Ok((project, warnings)) => {
            show(&warnings, &sources);
            show(&frontend::fleetfile::check(&project), &sources);
            for name in project.tasks.keys().take(20) {
                let _ = fleet::plan::of_task(&project, name);
            }
        }
        Err(error) => {
            assert!(!error.diagnostics.is_empty(), "refused without a reason");
            show(&error.diagnostics, &sources);
        }
    }
}

/// Files of sops, in the format that the first byte chooses, on both sides of the fence.
fn sops(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let names = ["a.yaml", "a.json", "a.env", "a.ini", "a.bin"];
    let name = names[usize::from(*first) % names.len()];
    let file = |dir: &str| (format!("{dir}/{name}"), rest.to_vec());
    fence([file("tests"), file("secrets"), (".sops.yaml".to_owned(), RULES.as_bytes().to_vec())]);
}

/// The rules of `.sops.yaml`, with files that they are for.
fn sops_config(data: &[u8]) {
    let plain = |path: &str| (path.to_owned(), b"a: 1\nsops:\n  age: [{recipient: age1x}]\n".to_vec());
    fence([plain("tests/a.yaml"), plain("secrets/b.yaml"), (".sops.yaml".to_owned(), data.to_vec())]);
}

const RULES: &str = "creation_rules:\n  - path_regex: ^tests/\n    age: age1x\n  - age: age1y\n";

/// Checks files by all rules.
fn fence<const N: usize>(files: [(String, Vec<u8>); N]) {
    let policy = SecretsPolicy {
        test_keys: vec![Text::nowhere("age1x")],
        test_paths: vec![Text::nowhere("tests/**")],
        ..SecretsPolicy::default()
    };
    let mut sources = SourceMap::default();
    let checked =
        secrets::check(&GivenFiles::from_iter(files), Path::new("/fuzz"), "", &policy, &mut sources);
    show(&checked.findings, &sources);
}

/// Shows findings as the command line does; each must say something, and its places must be in the text.
fn show(findings: &Diagnostics, sources: &SourceMap) {
    for finding in findings.iter() {
        assert!(!finding.message.is_empty());
        places(finding, sources);
    }
    let _ = findings.render(sources, false, WIDTH);
}

fn places(finding: &Diagnostic, sources: &SourceMap) {
    for (span, _) in &finding.labels {
        let Some(file) = sources.get(span.source) else { continue };
        let (start, end) = (span.start as usize, span.end as usize);
        assert!(file.text.get(start..end).is_some(), "{span:?} is no part of the text: {}", finding.message);
    }
}
