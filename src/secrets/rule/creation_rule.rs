//! The fence for the next file: each rule of `.sops.yaml` on paths made from its own pattern and from the test paths.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::secrets::policy::Policy;
use crate::secrets::repository::Repository;
use crate::secrets::sample::samples;
use crate::secrets::sops::{CreationRule, Listed, SopsConfig};

pub(super) const CODE: &str = "fleet::secrets::creation_rule";
/// What the next file is called where a pattern leaves it open.
const NAMES: [&str; 2] = ["sample.sops.yaml", "sample.yaml"];
/// A directory that is no test's, before patterns that may match in the middle.
const ELSEWHERE: &str = "hosts/a/";

pub(super) fn check(repository: &Repository<'_>, findings: &mut Diagnostics) {
    for config in &repository.configs {
        let tried: Vec<Vec<String>> =
            config.rules.iter().map(|rule| paths(rule, repository.policy, config)).collect();
        let mut told = vec![false; config.rules.len()];
        for (index, rule) in config.rules.iter().enumerate() {
            empty(rule, findings);
            shadowed(repository, config, index, &tried[index], findings);
            if !repository.test.is_empty() && repository.policy.has_tests() {
                for path in &tried[index] {
                    if !told[index] && index_of(config, path) == Some(index) {
                        told[index] = fence(repository, config, rule, path, findings);
                    }
                }
            }
        }
        if !repository.test.is_empty() {
            for path in test_samples(repository.policy) {
                let Some(path) = config.relative(&path) else { continue };
                if let Some(index) = index_of(config, path)
                    && !told[index]
                {
                    told[index] = fence(repository, config, &config.rules[index], path, findings);
                }
            }
        }
    }
}

fn index_of(config: &SopsConfig, path: &str) -> Option<usize> {
    config.rules.iter().position(|rule| rule.matches(path))
}

/// Tells where the next file of this path would get a wrong key.
fn fence(
    repository: &Repository<'_>,
    config: &SopsConfig,
    rule: &CreationRule,
    path: &str,
    findings: &mut Diagnostics,
) -> bool {
    let is_test = repository.policy.is_test(&format!("{}{path}", config.dir));
    let is_wrong = |listed: &&Listed| repository.test.contains(&listed.recipient) != is_test;
    let Some(wrong) = rule.recipients().find(is_wrong) else { return false };
    let globs = super::test_paths(repository);
    let finding = if is_test {
        let key = config.name(&wrong.recipient);
        let message =
            format!("a test file such as `{path}` would be encrypted for {key}, which is not for tests");
        let finding = Diagnostic::error(CODE, message)
            .at(rule.place(), "this rule is for it")
            .at(wrong.span, "not a test key");
        let right = config.rules.iter().find(|rule| {
            rule.matches(path)
                && rule.recipients().next().is_some()
                && rule.recipients().all(|listed| repository.test.contains(&listed.recipient))
        });
        match right {
            Some(right) => finding
                .at(right.place(), "this one is meant, and comes too late")
                .help("the first rule that matches wins: move the rule for tests to the top"),
            None => finding.help(format!(
                "put a rule for {globs} with test keys alone before it, as `fleet secrets init` writes it"
            )),
        }
    } else {
        let message = format!("a real file such as `{path}` would be encrypted for a test key");
        let finding = Diagnostic::error(CODE, message)
            .at(rule.place(), "this rule is for it")
            .at(wrong.span, "a test key");
        match &rule.path {
            Some(pattern) if !pattern.text.starts_with('^') && rule.matches_only_tests(repository) => finding
                .help(format!(
                    "the pattern matches in the middle of a path; anchor it: `^{}`",
                    &*pattern.text
                )),
            Some(_) => {
                finding.help(format!("let the rule match {globs} alone, or take the test key out of it"))
            }
            None => {
                finding.help("a rule without `path_regex` is for every file: take the test key out of it")
            }
        }
    };
    findings.push(finding);
    true
}

impl CreationRule {
    /// Whether the rule has test keys alone, so that only its pattern is wrong.
    fn matches_only_tests(&self, repository: &Repository<'_>) -> bool {
        self.recipients().all(|listed| repository.test.contains(&listed.recipient))
    }
}

fn empty(rule: &CreationRule, findings: &mut Diagnostics) {
    if rule.recipients().next().is_none() {
        findings.push(
            Diagnostic::warning(CODE, "a rule has no keys, so that sops refuses to encrypt by it")
                .at(rule.place(), "for nobody")
                .help("give it keys (`age: [age1...]`), or take it out"),
        );
    }
}

fn shadowed(
    repository: &Repository<'_>,
    config: &SopsConfig,
    index: usize,
    tried: &[String],
    findings: &mut Diagnostics,
) {
    let reaches = |path: &str| index_of(config, path) == Some(index);
    let real = repository.paths.iter().filter_map(|path| config.relative(path));
    if tried.is_empty() || tried.iter().any(|path| reaches(path)) || real.into_iter().any(reaches) {
        return;
    }
    let (Some(rule), Some(earlier)) =
        (config.rules.get(index), tried.iter().find_map(|path| config.rule(path)))
    else {
        return;
    };
    findings.push(
        Diagnostic::warning(CODE, "no path can reach this rule")
            .at(rule.place(), "never used")
            .at(earlier.place(), "this one takes its paths before")
            .help("the first rule that matches wins: move the narrower one up, or take it out"),
    );
}

/// Paths that the pattern of a rule matches: its own, with something before and after where it allows that.
fn paths(rule: &CreationRule, policy: &Policy, config: &SopsConfig) -> Vec<String> {
    let Some(pattern) = &rule.path else {
        return NAMES.iter().flat_map(|name| [(*name).to_owned(), format!("{ELSEWHERE}{name}")]).collect();
    };
    let mut found = Vec::new();
    let mut before = vec![String::new(), ELSEWHERE.to_owned()];
    before.extend(test_samples(policy).iter().filter_map(|path| {
        let path = config.relative(path)?;
        Some(path[..=path.rfind('/')?].to_owned())
    }));
    let own = samples(&pattern.text);
    // A pattern that matches anything leaves all to the name.
    let own = if own.is_empty() && rule.matches(NAMES[0]) { vec![String::new()] } else { own };
    for sample in own {
        for start in &before {
            for end in ["", NAMES[0]] {
                let path = format!("{start}{sample}{end}");
                if !path.is_empty() && !path.ends_with('/') && rule.matches(&path) {
                    found.push(path);
                }
            }
        }
    }
    found.dedup();
    found
}

/// Paths that are among the test files, from the root of what is checked.
fn test_samples(policy: &Policy) -> Vec<String> {
    let mut found = Vec::new();
    for glob in policy.test_paths() {
        for name in NAMES {
            let mut parts: Vec<&str> = glob.trim_start_matches("./").split('/').collect();
            if let Some(last) = parts.pop() {
                let stem = last.replace("**", "*");
                let file = if last == "**" || last == "*" {
                    name.to_owned()
                } else {
                    stem.replace('*', "sample").replace('?', "a")
                };
                let dirs = parts.iter().filter(|part| **part != "**").map(|part| part.replace('*', "sample"));
                let path: Vec<String> = dirs.chain([file]).collect();
                found.push(format!("{}{}", policy.prefix, path.join("/")));
            }
        }
    }
    found.retain(|path| policy.is_test(path));
    found.dedup();
    found
}
