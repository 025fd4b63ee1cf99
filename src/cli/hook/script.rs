//! The two lines of an installed hook. Knows no files.

use crate::cli::args::HookName;
use crate::cli::options::shell_quote;
use std::path::Path;

const SHELL: &str = "#!/bin/sh";

/// Name of a hook that ours took the place of.
pub(super) fn kept_name(hook: HookName) -> String {
    format!("{}.before-fleet", hook.word())
}

/// The lines. `fleet` is how to call the program.
pub(super) fn text(hook: HookName, fleet: &Path, words: &[String], keeps: bool) -> String {
    let mut line = format!("exec {} hook run --hook {}", quoted(&fleet.to_string_lossy()), hook.word());
    if keeps {
        line.push_str(" --first \"${0%/*}/");
        line.push_str(&kept_name(hook));
        line.push('"');
    }
    for word in words {
        line.push(' ');
        line.push_str(&quoted(word));
    }
    format!("{SHELL}\n{line} -- \"$@\"\n")
}

/// Quoted only where it must be: people read the file.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-:=,@+".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) { word.to_owned() } else { shell_quote(word) }
}

/// Whether a hook is one of ours.
pub(super) fn is_ours(text: &[u8], hook: HookName) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let lines: Vec<&str> = text.lines().collect();
    let [first, second] = lines[..] else { return false };
    first == SHELL
        && second.starts_with("exec ")
        && second.contains(&format!(" hook run --hook {}", hook.word()))
        && second.ends_with(" -- \"$@\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_is_two_lines_and_known_again() {
        let words = ["lint".to_owned(), "host=a b".to_owned()];
        let plain = text(HookName::PreCommit, Path::new("fleet"), &[], false);
        assert_eq!(plain, "#!/bin/sh\nexec fleet hook run --hook pre-commit -- \"$@\"\n");
        let full = text(HookName::PrePush, Path::new("/opt/my fleet/fleet"), &words, true);
        assert_eq!(
            full,
            "#!/bin/sh\nexec '/opt/my fleet/fleet' hook run --hook pre-push --first \"${0%/*}/pre-push.before-fleet\" \
             lint 'host=a b' -- \"$@\"\n"
        );
        assert!(
            is_ours(plain.as_bytes(), HookName::PreCommit) && is_ours(full.as_bytes(), HookName::PrePush)
        );
        assert!(!is_ours(plain.as_bytes(), HookName::PrePush));
    }

    #[test]
    fn what_somebody_else_wrote_is_not_ours() {
        for other in
            ["", "#!/bin/sh\n", "#!/bin/sh\nexec fleet check\n", "\u{7f}ELF", "#!/bin/sh\nexit 0\nexit 1\n"]
        {
            assert!(!is_ours(other.as_bytes(), HookName::PreCommit), "{other:?}");
        }
        let more = text(HookName::PreCommit, Path::new("fleet"), &[], false) + "echo more\n";
        assert!(!is_ours(more.as_bytes(), HookName::PreCommit));
        assert!(!is_ours(b"\xff\xfe", HookName::PreCommit));
    }
}
