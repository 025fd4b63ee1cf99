//! `platforms` (go-task `taskfile/ast/platforms.go`), with the names Go knows.

use super::context::Context;
use crate::diagnostic::Diagnostic;
use crate::model::PlatformFilter;
use crate::yaml::Node;

/// Operating systems that Go knows (`go/build/syslist.go`).
const SYSTEMS: &[&str] = &[
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
];

/// Architectures that Go knows.
const ARCHITECTURES: &[&str] = &[
    "386",
    "amd64",
    "amd64p32",
    "arm",
    "armbe",
    "arm64",
    "arm64be",
    "loong64",
    "mips",
    "mipsle",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "wasm",
];

/// Names that other tools use, and Go's for the same.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("x86_64", "amd64"),
    ("aarch64", "arm64"),
    ("macos", "darwin"),
    ("i686", "386"),
    ("x86", "386"),
    ("osx", "darwin"),
];

/// `platforms`; null items are dropped.
pub(super) fn decode_platforms(context: &mut Context<'_>, node: &Node) -> Vec<PlatformFilter> {
    let items = context.list(node, "[]*ast.Platform", "a list of platforms");
    items.iter().filter(|item| !item.is_null()).filter_map(|item| decode_platform(context, item)).collect()
}

fn decode_platform(context: &mut Context<'_>, node: &Node) -> Option<PlatformFilter> {
    let Some(text) = context.scalar(node) else {
        context.wrong_kind(node, "platform", "a platform such as `linux` or `darwin/arm64`");
        return None;
    };
    let platform = parse(&text);
    if platform.is_none() {
        let words = text.split(['/', '-', '_']).chain([&*text]);
        let other = words.filter_map(|word| OTHER_NAMES.iter().find(|(name, _)| *name == word)).next();
        let mut diagnostic =
            Diagnostic::error("fleet::taskfile::platform", format!("`{text}` is not a platform"))
                .at(node.place(), "")
                .help(
                    "write Go's names: an OS (`linux`), an architecture (`arm64`), or both (`darwin/arm64`)",
                )
                .suggest(&text, SYSTEMS.iter().chain(ARCHITECTURES).copied());
        if let Some((name, go)) = other {
            diagnostic = diagnostic.help(format!("Go calls `{name}` `{go}`"));
        }
        context.fail(node, format!("invalid platform {:?}", &*text), diagnostic);
    }
    platform
}

fn parse(text: &str) -> Option<PlatformFilter> {
    let known = |names: &[&str], name: &str| names.contains(&name).then(|| name.to_owned());
    let mut parts = text.split('/');
    let (first, second) = (parts.next()?, parts.next());
    if parts.next().is_some() {
        return None;
    }
    match (known(SYSTEMS, first), second) {
        (Some(os), None) => Some(PlatformFilter { os: Some(os), arch: None }),
        (Some(os), Some(arch)) => {
            known(ARCHITECTURES, arch).map(|arch| PlatformFilter { os: Some(os), arch: Some(arch) })
        }
        (None, None) => known(ARCHITECTURES, first).map(|arch| PlatformFilter { os: None, arch: Some(arch) }),
        (None, Some(_)) => None,
    }
}
