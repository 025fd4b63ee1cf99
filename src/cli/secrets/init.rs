//! `fleet secrets init`: what the fence begins with. What is there stays as it is, so that it can be run again.

use super::check::fence;
use crate::cli::args::{Arguments, SecretsInit};
use crate::cli::{Failure, print};
use crate::executor::outcome::exit_code;
use crate::process::{Cancel, Outlet};
use crate::secrets::Named;
use crate::secrets::scaffold::{Rules, TestKey, example, rules};
use crate::source::SourceMap;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// The files for tests where the project does not say.
const TEST_PATHS: &str = "tests/**";
/// The first file below the directory of tests.
const EXAMPLE: &str = "secrets/example.sops.yaml";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, init: &SecretsInit) -> Result<u8, Failure> {
    let here = std::env::current_dir().map_err(Failure::error)?;
    let fence = fence(arguments, &here)?;
    let project = fence.root.join(&fence.prefix);
    let stdout = Outlet::stdout();
    let named = fence.policy.test_keys.iter().map(|text| text.raw().trim());
    let key_file = named
        .clone()
        .find(|name| !name.starts_with("age1") && !name.starts_with("ssh-"))
        .map_or_else(|| init.key.clone(), PathBuf::from);
    let tests = fence.policy.test_paths.first().map_or(TEST_PATHS, |text| text.raw());
    let tests = directory(tests).ok_or_else(|| {
        let sentence = format!("`{tests}` does not begin with a directory, so that no rule can be anchored");
        Failure::helped(
            sentence,
            "let `fleet.secrets.test_paths` begin with one, as `tests/**`",
            exit_code::FAILED,
        )
    })?;
    let key = key(&project, &key_file, &stdout)?;
    let in_rules =
        if fence.prefix.is_empty() { tests.to_owned() } else { format!("{}/{tests}", fence.prefix) };
    let by_hand = write_rules(&fence.root, &in_rules, &key, arguments, &stdout)?;
    let (checked, _) =
        fence.look(&[], &Named::default(), &Cancel::new()).map_err(|error| Failure::error(&error.message))?;
    let first = project.join(tests).join(EXAMPLE);
    if checked.test_files == 0 && !first.exists() {
        let text = example(&key).map_err(|error| {
            let sentence = format!("no test file can be written for {}: {error}", key.recipient);
            Failure::error(sentence)
        })?;
        write_new(&first, text.as_bytes())?;
        tell(&stdout, "wrote", &first)?;
    }
    if fence.policy.span.is_none() {
        let policy = format!(
            "\nadd to the Fleetfile:\n\nfleet:\n  secrets: {{test_keys: [{}], test_paths: [\"{TEST_PATHS}\"]}}\n",
            key_file.display()
        );
        print(&stdout, &policy)?;
    }
    Ok(if by_hand { exit_code::FAILED } else { exit_code::GOOD })
}

/// The directory that a glob begins with, with a `/` at its end.
fn directory(glob: &str) -> Option<&str> {
    let glob = glob.strip_prefix("./").unwrap_or(glob);
    let special = glob.find(['*', '?', '[', '{']).unwrap_or(glob.len());
    let end = glob[..special].rfind('/')?;
    Some(&glob[..=end])
}

fn key(project: &Path, file: &Path, stdout: &Outlet) -> Result<TestKey, Failure> {
    let path = project.join(file);
    match fs::read(&path) {
        Ok(bytes) => {
            tell(stdout, "kept", &path)?;
            TestKey::read(&bytes).ok_or_else(|| {
                let sentence = format!("{} holds no key that can be used", path.display());
                Failure::helped(sentence, "move the file away, and run this again", exit_code::FAILED)
            })
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let key = TestKey::generate();
            let text = key.file.as_ref().map(|text| text.as_bytes()).unwrap_or_default();
            write_new(&path, text)?;
            tell(stdout, "wrote", &path)?;
            Ok(key)
        }
        Err(error) => Err(Failure::error(format!("{} cannot be read: {error}", path.display()))),
    }
}

/// Whether something is left to do by hand.
fn write_rules(
    root: &Path,
    tests: &str,
    key: &TestKey,
    arguments: &Arguments,
    stdout: &Outlet,
) -> Result<bool, Failure> {
    let path = root.join(".sops.yaml");
    let old = match fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(Failure::error(format!("{} cannot be read: {error}", path.display()))),
    };
    let rules = rules(old.as_deref(), root, tests, key)
        .map_err(|(findings, sources): (_, SourceMap)| Failure::findings(&findings, &sources, arguments))?;
    match rules {
        Rules::Kept => tell(stdout, "kept", &path)?,
        Rules::Written(text) if old.is_none() => {
            write_new(&path, text.as_bytes())?;
            tell(stdout, "wrote", &path)?;
        }
        Rules::Written(text) => {
            replace(&path, &text)?;
            tell(stdout, "put the rule for test files first in", &path)?;
        }
        Rules::ByHand(rule) => {
            let text = format!("put this rule first in {}:\n\n{rule}\n", path.display());
            print(stdout, &text)?;
            return Ok(true);
        }
    }
    Ok(false)
}

fn tell(stdout: &Outlet, what: &str, path: &Path) -> Result<(), Failure> {
    print(stdout, &format!("{what} {}\n", path.display()))
}

/// Writes a file that must not be there.
fn write_new(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let write = || {
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir)?;
        }
        OpenOptions::new().write(true).create_new(true).open(path)?.write_all(content)
    };
    write().map_err(|error| Failure::error(format!("{} cannot be written: {error}", path.display())))
}

/// Writes a file anew, whole or not at all.
fn replace(path: &Path, content: &str) -> Result<(), Failure> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(content.as_bytes())?;
        fs::set_permissions(file.path(), fs::metadata(path)?.permissions())?;
        file.persist(path).map_err(std::io::Error::from)
    };
    write()
        .map(drop)
        .map_err(|error| Failure::error(format!("{} cannot be written: {error}", path.display())))
}
