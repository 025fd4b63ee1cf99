//! The table of `task`'s flags: names, what they take, and what else sets them (go-task 3.54 `internal/flags`). The
//! names and descriptions are its user interface, printed by `--help`, by completion, and after a flag that is none.

/// What a flag takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    Text,
    Number,
    Duration,
    List,
}

/// A flag.
#[derive(Debug)]
pub(super) struct Flag {
    pub(super) long: &'static str,
    pub(super) short: Option<char>,
    pub(super) takes: Takes,
    /// One line of `--help`.
    pub(super) about: &'static str,
    /// Variable `TASK_<NAME>` that sets it; several, the strongest first.
    pub(super) variables: &'static [&'static str],
    /// Path of keys in `.taskrc.yml` that sets it.
    pub(super) config: &'static [&'static str],
}

impl Flag {
    const fn new(long: &'static str, takes: Takes, about: &'static str) -> Self {
        Self { long, short: None, takes, about, variables: &[], config: &[] }
    }

    const fn short(mut self, short: char) -> Self {
        self.short = Some(short);
        self
    }

    const fn variables(mut self, variables: &'static [&'static str]) -> Self {
        self.variables = variables;
        self
    }

    const fn config(mut self, config: &'static [&'static str]) -> Self {
        self.config = config;
        self
    }
}

use Takes::{Duration, List, Nothing, Number, Text};

/// In alphabetical order of their long names, as `--help` prints them.
static FLAGS: &[Flag] = &[
    Flag::new("cacert", Text, "Path to a custom CA certificate for HTTPS connections.")
        .variables(&["REMOTE_CACERT"])
        .config(&["remote", "cacert"]),
    Flag::new("cert", Text, "Path to a client certificate for HTTPS connections.")
        .variables(&["REMOTE_CERT"])
        .config(&["remote", "cert"]),
    Flag::new("cert-key", Text, "Path to a client certificate key for HTTPS connections.")
        .variables(&["REMOTE_CERT_KEY"])
        .config(&["remote", "cert-key"]),
    Flag::new("clear-cache", Nothing, "Clear the remote cache."),
    Flag::new(
        "color",
        Nothing,
        "Colored output. Enabled by default. Set flag to false or use NO_COLOR=1 to disable.",
    )
    .short('c')
    .variables(&["COLOR"])
    .config(&["color"]),
    Flag::new("completion", Text, "Generates shell completion script."),
    Flag::new("concurrency", Number, "Limit number of tasks to run concurrently.")
        .short('C')
        .variables(&["CONCURRENCY"])
        .config(&["concurrency"]),
    Flag::new("dir", Text, "Sets the directory in which Task will execute and look for a Taskfile.").short('d'),
    Flag::new("disable-fuzzy", Nothing, "Disables fuzzy matching for task names.")
        .variables(&["DISABLE_FUZZY"])
        .config(&["disable-fuzzy"]),
    Flag::new(
        "download",
        Nothing,
        "Forces task to download remote Taskfiles and ignore any cached versions.",
    ),
    Flag::new(
        "dry",
        Nothing,
        "Compiles and prints tasks in the order that they would be run, without executing them.",
    )
    .short('n')
    .variables(&["DRY"]),
    Flag::new("exit-code", Nothing, "Pass-through the exit code of the task command.").short('x'),
    Flag::new(
        "experiments",
        Nothing,
        "Lists all the available experiments and whether or not they are enabled.",
    ),
    Flag::new("expiry", Duration, "Expiry duration for cached remote Taskfiles.")
        .variables(&["REMOTE_CACHE_EXPIRY"])
        .config(&["remote", "cache-expiry"]),
    Flag::new("failfast", Nothing, "When running tasks in parallel, stop all tasks if one fails.")
        .short('F')
        .variables(&["FAILFAST"])
        .config(&["failfast"]),
    Flag::new("force", Nothing, "Forces execution even when the task is up-to-date.").short('f'),
    Flag::new("force-all", Nothing, "Forces execution of the called task and all its dependant tasks."),
    Flag::new("global", Nothing, "Runs global Taskfile, from $HOME/{T,t}askfile.{yml,yaml}.").short('g'),
    Flag::new("help", Nothing, "Shows Task usage.").short('h'),
    Flag::new("init", Nothing, "Creates a new Taskfile.yml in the current folder.").short('i'),
    Flag::new("insecure", Nothing, "Forces Task to download Taskfiles over insecure connections.")
        .variables(&["REMOTE_INSECURE"])
        .config(&["remote", "insecure"]),
    Flag::new("interactive", Nothing, "Prompt for missing required variables.")
        .variables(&["INTERACTIVE"])
        .config(&["interactive"]),
    Flag::new("interval", Duration, "Interval to watch for changes.").short('I'),
    Flag::new("json", Nothing, "Formats task list as JSON.").short('j'),
    Flag::new("list", Nothing, "Lists tasks with description of current Taskfile.").short('l'),
    Flag::new("list-all", Nothing, "Lists tasks with or without a description.").short('a'),
    Flag::new("nested", Nothing, "Nest namespaces when listing tasks as JSON"),
    Flag::new("no-status", Nothing, "Ignore status when listing tasks as JSON"),
    Flag::new("offline", Nothing, "Forces Task to only use local or cached Taskfiles.")
        .variables(&["REMOTE_OFFLINE"])
        .config(&["remote", "offline"]),
    Flag::new("output", Text, "Sets output style: [interleaved|group|prefixed].").short('o').variables(&["OUTPUT"]),
    Flag::new("output-group-begin", Text, "Message template to print before a task's grouped output.")
        .variables(&["OUTPUT_GROUP_BEGIN"]),
    Flag::new("output-group-end", Text, "Message template to print after a task's grouped output.")
        .variables(&["OUTPUT_GROUP_END"]),
    Flag::new("output-group-error-only", Nothing, "Swallow output from successful tasks.")
        .variables(&["OUTPUT_GROUP_ERROR_ONLY"]),
    Flag::new("parallel", Nothing, "Executes tasks provided on command line in parallel.").short('p'),
    Flag::new("remote-cache-dir", Text, "Directory to cache remote Taskfiles.")
        .variables(&["REMOTE_CACHE_DIR", "REMOTE_DIR"])
        .config(&["remote", "cache-dir"]),
    Flag::new("silent", Nothing, "Disables echoing.").short('s').variables(&["SILENT"]).config(&["silent"]),
    Flag::new(
        "sort",
        Text,
        "Changes the order of the tasks when listed. [default|alphanumeric|none].",
    ),
    Flag::new(
        "status",
        Nothing,
        "Exits with non-zero exit code if any of the given tasks is not up-to-date.",
    ),
    Flag::new("summary", Nothing, "Show summary about a task."),
    Flag::new("taskfile", Text, "Choose which Taskfile to run. Defaults to \"Taskfile.yml\".").short('t'),
    Flag::new(
        "temp-dir",
        Text,
        "Sets the directory used to store Task temporary files, such as checksums. Relative paths are relative to \
         the root Taskfile.",
    )
    .variables(&["TEMP_DIR"])
    .config(&["temp-dir"]),
    Flag::new("timeout", Duration, "Timeout for downloading remote Taskfiles.")
        .variables(&["REMOTE_TIMEOUT"])
        .config(&["remote", "timeout"]),
    Flag::new("trusted-hosts", List, "List of trusted hosts for remote Taskfiles (comma-separated).")
        .variables(&["REMOTE_TRUSTED_HOSTS"])
        .config(&["remote", "trusted-hosts"]),
    Flag::new("verbose", Nothing, "Enables verbose mode.").short('v').variables(&["VERBOSE"]).config(&["verbose"]),
    Flag::new("version", Nothing, "Show Task version."),
    Flag::new("watch", Nothing, "Enables watch of the given task.").short('w'),
    Flag::new("yes", Nothing, "Assume \"yes\" as answer to all prompts.").short('y').variables(&["ASSUME_YES"]),
];

/// `--force` where experiment `GENTLE_FORCE` is on.
const GENTLE_FORCE: &str = "Forces execution of the directly called task.";

/// The flags that there are, with or without experiment `GENTLE_FORCE`, and their lines of `--help`.
pub(super) fn flags(gentle_force: bool) -> impl Iterator<Item = (&'static Flag, &'static str)> {
    FLAGS
        .iter()
        .filter(move |flag| gentle_force || flag.long != "force-all")
        .map(move |flag| (flag, if gentle_force && flag.long == "force" { GENTLE_FORCE } else { flag.about }))
}

/// The flag of a long name.
pub(super) fn long(name: &str, gentle_force: bool) -> Option<&'static Flag> {
    flags(gentle_force).map(|(flag, _)| flag).find(|flag| flag.long == name)
}

/// The flag of a short name.
pub(super) fn short(name: char) -> Option<&'static Flag> {
    FLAGS.iter().find(|flag| flag.short == Some(name))
}
