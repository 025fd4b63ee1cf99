//! Programs that are known to read alone, and how they are called when they do. What is not here may do anything.

use super::effect::{self, Effect};
use crate::word::Word;

/// Read, whatever their arguments.
const ALWAYS: [&str; 59] = [
    "arch",
    "basename",
    "cat",
    "cksum",
    "cmp",
    "comm",
    "cut",
    "df",
    "diff",
    "dirname",
    "du",
    "egrep",
    "expr",
    "fgrep",
    "fold",
    "free",
    "getconf",
    "getent",
    "grep",
    "groups",
    "head",
    "id",
    "jq",
    "join",
    "ls",
    "lsb_release",
    "lscpu",
    "md5sum",
    "nl",
    "nproc",
    "numfmt",
    "od",
    "paste",
    "pgrep",
    "printf",
    "ps",
    "readlink",
    "realpath",
    "rev",
    "seq",
    "sha1sum",
    "sha256sum",
    "sha512sum",
    "sleep",
    "stat",
    "strings",
    "sum",
    "sw_vers",
    "tac",
    "tail",
    "tr",
    "tty",
    "uname",
    "wc",
    "which",
    "who",
    "whoami",
    "echo",
    "uptime",
];

/// Directories whose programs are those of the system.
const SYSTEM: [&str; 4] = ["/bin/", "/usr/bin/", "/usr/local/bin/", "/run/current-system/sw/bin/"];

/// What a program with its arguments may change.
pub(super) fn effect(words: &[Word], depth: usize) -> Effect {
    let Some((name, arguments)) = words.split_first() else { return Effect::None };
    let Some(name) = name.literal() else { return Effect::Programs };
    let name = match name.rsplit_once('/') {
        None => name.as_str(),
        Some((_, name_alone)) if SYSTEM.iter().any(|dir| name.strip_prefix(dir) == Some(name_alone)) => {
            name_alone
        }
        Some(_) => return Effect::Programs,
    };
    if ALWAYS.contains(&name) {
        return Effect::None;
    }
    // An argument that only the run can tell may be any.
    let literal: Option<Vec<String>> = arguments.iter().map(Word::literal).collect();
    let literal: Option<Vec<&str>> = literal.as_ref().map(|all| all.iter().map(String::as_str).collect());
    match (name, literal.as_deref()) {
        (_, Some(["--version"])) => Effect::None,
        ("sh" | "bash", Some(["-c", script])) => effect::within(script, depth + 1),
        ("xargs", _) => effect(behind_options(arguments), depth),
        (_, Some(arguments)) if reads(name, arguments) => Effect::None,
        _ => Effect::Programs,
    }
}

/// The command that `xargs` starts, behind options whose values are words of their own or digits.
fn behind_options(words: &[Word]) -> &[Word] {
    match words {
        [option, _, rest @ ..] if matches!(option.bare(), Some("-n" | "-I" | "-L" | "-d" | "-P")) => {
            behind_options(rest)
        }
        [option, rest @ ..] if matches!(option.bare(), Some("-0" | "-r" | "-n1" | "-L1")) => {
            behind_options(rest)
        }
        words => words,
    }
}

/// Whether a program reads alone when it is called like this.
fn reads(name: &str, arguments: &[&str]) -> bool {
    let operands = || arguments.iter().filter(|argument| !argument.starts_with('-')).count();
    let no = |options: &[&str]| !arguments.iter().any(|argument| is_one(argument, options));
    match name {
        "date" => no(&["-s", "--set"]),
        "sort" => no(&["-o", "--output", "-T", "--compress-program"]),
        "uniq" => operands() <= 1,
        "hostname" => operands() == 0 && no(&["-F", "--file", "-b", "--boot"]),
        "printenv" => operands() > 0,
        "awk" | "gawk" | "mawk" => {
            let writes = |argument: &&str| {
                argument.contains(['>', '|', '@'])
                    || argument.contains("system")
                    || argument.contains("close")
            };
            no(&["-f", "-i", "-l", "-E", "-o", "-p", "-d", "-e", "--"]) && !arguments.iter().any(writes)
        }
        "sed" => {
            let is_option = |argument: &&str| matches!(*argument, "-n" | "-e" | "-E" | "-r" | "-ne" | "-nE");
            let mut others = arguments.iter().filter(|argument| !is_option(argument));
            let scripts =
                arguments.iter().filter(|argument| argument.contains('e') && is_option(argument)).count();
            others.clone().all(|argument| !argument.starts_with('-'))
                && others.by_ref().take(scripts.max(1)).all(|script| is_plain_sed(script))
        }
        "find" => {
            let acts =
                ["-delete", "-exec", "-execdir", "-ok", "-okdir", "-fls", "-fprint", "-fprint0", "-fprintf"];
            !arguments.iter().any(|argument| acts.contains(argument))
        }
        "curl" => gets(arguments),
        "git" => git(arguments),
        "go" => match arguments {
            ["version", ..] => true,
            ["env", rest @ ..] => !rest.iter().any(|argument| matches!(*argument, "-w" | "-u")),
            _ => false,
        },
        "docker" | "podman" => matches!(arguments, ["ps" | "images" | "version" | "info" | "inspect", ..]),
        "kubectl" => {
            matches!(arguments, ["get" | "version", ..] | ["config", "current-context" | "view", ..])
        }
        _ => false,
    }
}

/// Whether an argument is one of these options, or short ones together with one of them.
fn is_one(argument: &str, options: &[&str]) -> bool {
    options.iter().any(|option| match option.strip_prefix('-').filter(|letter| letter.len() == 1) {
        Some(letter) => argument.starts_with('-') && !argument.starts_with("--") && argument.contains(letter),
        None => argument.starts_with(option),
    })
}

/// Whether a script of sed is one substitution or one printing of lines, without the flags that write or execute.
fn is_plain_sed(script: &str) -> bool {
    let mut letters = script.chars();
    if letters.next() == Some('s')
        && let Some(delimiter) = letters.next()
    {
        let mut delimiters = 0;
        while delimiters < 2 {
            match letters.next() {
                Some('\\') => drop(letters.next()),
                Some('\n') | None => return false,
                Some(letter) => delimiters += usize::from(letter == delimiter),
            }
        }
        return letters.all(|flag| "gpiI".contains(flag));
    }
    let address = script.trim_end_matches(['p', 'd', 'q']);
    address.len() + 1 == script.len()
        && address.chars().all(|letter| letter.is_ascii_digit() || ",$".contains(letter))
}

/// Whether curl gets something and writes it nowhere.
fn gets(arguments: &[&str]) -> bool {
    const PLAIN: [&str; 9] = [
        "--silent",
        "--show-error",
        "--fail",
        "--location",
        "--head",
        "--compressed",
        "--insecure",
        "--ipv4",
        "--ipv6",
    ];
    const WITH_VALUE: [&str; 9] = [
        "-H",
        "--header",
        "-u",
        "--user",
        "-m",
        "--max-time",
        "--connect-timeout",
        "--retry",
        "--retry-delay",
    ];
    match arguments {
        [] => true,
        [option, _, rest @ ..] if WITH_VALUE.contains(option) => gets(rest),
        [option, rest @ ..] if PLAIN.contains(option) => gets(rest),
        [option, rest @ ..] if option.starts_with('-') => {
            let short = option.get(1..).unwrap_or_default();
            !short.is_empty() && short.chars().all(|letter| "sSfLkI46".contains(letter)) && gets(rest)
        }
        [_, rest @ ..] => gets(rest),
    }
}

/// Whether git reads alone.
fn git(arguments: &[&str]) -> bool {
    let only = |options: &[&str], rest: &[&str]| rest.iter().all(|argument| is_one(argument, options));
    match arguments {
        ["-C", _, rest @ ..] | ["--no-pager", rest @ ..] => git(rest),
        [
            "blame" | "cat-file" | "count-objects" | "describe" | "diff-files" | "diff-index" | "diff-tree"
            | "for-each-ref" | "ls-files" | "ls-remote" | "ls-tree" | "merge-base" | "name-rev" | "rev-list"
            | "rev-parse" | "show-ref" | "var" | "version" | "check-ignore",
            ..,
        ] => true,
        ["log" | "show" | "diff" | "shortlog" | "status" | "grep", rest @ ..] => {
            !rest.iter().any(|argument| argument.starts_with("--output") || argument.starts_with("-O"))
        }
        ["branch", rest @ ..] => {
            only(&["--show-current", "--list", "--format", "--sort", "-a", "-r", "-v"], rest)
        }
        ["tag", rest @ ..] => match rest {
            ["-l" | "--list" | "--points-at" | "--contains" | "--merged", ..] => true,
            rest => only(&["--sort"], rest),
        },
        ["remote", rest @ ..] => matches!(rest, [] | ["-v"] | ["get-url", ..]),
        ["config", rest @ ..] => match rest {
            ["--get" | "--get-all" | "--get-regexp" | "--list" | "-l", ..] => true,
            [key] => !key.starts_with('-'),
            _ => false,
        },
        ["symbolic-ref", rest @ ..] => match rest {
            ["--short" | "-q" | "--quiet", rest @ ..] => matches!(rest, [_] | ["-q" | "--short", _]),
            rest => matches!(rest, [_]),
        },
        ["stash" | "worktree", "list", ..] => true,
        _ => false,
    }
}
