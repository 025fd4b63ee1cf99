//! What was typed. Knows nothing of what it means.

use super::completion::Shell;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// Runs Taskfiles fast and deploys fleets of NixOS hosts, with the truth told about every host.
#[derive(Debug, Clone, Parser)]
#[command(name = "fleet", version, disable_help_subcommand = true, max_term_width = 100)]
pub(super) struct Arguments {
    /// Work as if started in this directory
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true)]
    pub(super) directory: Option<PathBuf>,
    /// The Fleetfile or Taskfile, instead of the nearest one upward
    #[arg(short, long, value_name = "FILE", global = true)]
    pub(super) file: Option<PathBuf>,
    /// Whether to colour
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto")]
    pub(super) color: When,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// When to do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Clone, Subcommand)]
pub(super) enum Command {
    /// Write a first Fleetfile for the flake that is here
    Init,
    /// Run tasks and pipelines: `fleet run apply-nixos host='@edge,!nixpi'`
    Run(Run),
    /// List the tasks and pipelines that have a description
    #[command(visible_alias = "ls")]
    List(List),
    /// List the hosts of the fleet
    Hosts(Hosts),
    /// Show what hosts run and how they are
    Status(Status),
    /// Run a command on hosts: `fleet exec @edge -- systemctl is-active nginx`
    Exec(Exec),
    /// Take the locks of runs that never end away from hosts
    Unlock(Unlock),
    /// Give hosts a generation back that they have had, with the guards and proofs of a deployment
    Rollback(Rollback),
    /// Go on with a run that broke off; what it has proven is not done again
    Resume(Resume),
    /// List the runs of this project, the newest first
    History(History),
    /// Print what the steps of a run printed
    Logs(Logs),
    /// Print the plan of a pipeline or task without running anything but the discovery of hosts
    Plan(Plan),
    /// Look for mistakes in the Fleetfile and its Taskfiles
    Check(Check),
    /// Run checks of the flake, such as tests in virtual machines
    Test(Test),
    /// Try the notifications of pipelines
    #[command(subcommand)]
    Notify(Notify),
    /// Be a git hook: judge what is staged, not what is in the work tree
    #[command(args_conflicts_with_subcommands = true)]
    Hook(Hook),
    /// Guard secrets: which keys sops' files are for, and that tests and hosts have keys of their own
    #[command(subcommand)]
    Secrets(Secrets),
    /// Be `task` 3.54: takes its command line
    #[command(disable_help_flag = true)]
    Task {
        /// As for `task`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Be `jq` 1.6: takes its command line
    #[command(disable_help_flag = true)]
    Jq {
        /// As for `jq`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
    /// Print the JSON schema of a Fleetfile
    Schema,
    /// Print the completion of a shell
    Completion {
        /// Which shell
        shell: Shell,
    },
}

#[derive(Debug, Clone, Default, Args)]
pub(super) struct Run {
    /// Names of tasks and pipelines, and variables as NAME=VALUE; words after `--` become CLI_ARGS
    #[arg(value_name = "NAME|VAR=VALUE", required = true)]
    pub(super) words: Vec<String>,
    /// What comes after `--`
    #[arg(last = true, value_name = "CLI_ARGS")]
    pub(super) rest: Vec<String>,
    #[command(flatten)]
    pub(super) flags: Flags,
    /// Show the commands of tasks without running them
    #[arg(short = 'n', long, conflicts_with = "rehearse")]
    pub(super) dry: bool,
    /// Say of each task why it runs or does not
    #[arg(long, conflicts_with = "rehearse")]
    pub(super) explain: bool,
    /// Run tasks although they are up to date
    #[arg(long)]
    pub(super) force: bool,
    /// Say more
    #[arg(short, long)]
    pub(super) verbose: bool,
    /// Do not show the commands of tasks
    #[arg(short, long)]
    pub(super) silent: bool,
    /// Run the tasks again whenever their sources change, until Ctrl-C
    #[arg(short, long, conflicts_with_all = ["rehearse", "json"])]
    pub(super) watch: bool,
    /// With --watch: quiet time after a change before the tasks run again, such as 500ms [default: the file's
    /// `interval`, else 5ms, and 100ms while they still run]
    #[arg(long, value_name = "DURATION", requires = "watch", value_parser = duration)]
    pub(super) interval: Option<Duration>,
}

/// How a pipeline is run, whichever command runs it.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Flags {
    /// Answer every question with yes
    #[arg(short, long)]
    pub(super) yes: bool,
    /// Print events as JSON lines, the report last
    #[arg(long)]
    pub(super) json: bool,
    /// Go through the whole pipeline with hosts in memory: no host is touched
    #[arg(long)]
    pub(super) rehearse: bool,
    /// In a rehearsal: let a stage of a host fail
    #[arg(long, value_name = "HOST:STAGE[=KIND]", requires = "rehearse")]
    pub(super) fail: Vec<String>,
    /// Show what each host would get, and what that does to its units, before anybody is asked
    #[arg(long)]
    pub(super) diff: bool,
    /// Deploy a tree with uncommitted changes where the pipeline wants a clean one
    #[arg(long)]
    pub(super) allow_dirty: bool,
    /// Deploy to hosts that run a newer revision than the flake's
    #[arg(long)]
    pub(super) allow_older: bool,
    /// Tasks, or nodes of a pipeline, that run at once; no limit when 0
    #[arg(short = 'j', long = "jobs", value_name = "N", default_value_t = 0)]
    pub(super) at_once: usize,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Rollback {
    /// Names, globs, @tag, system:NAME; joined by `,` and `&`, taken away by `!` [default: all]
    pub(super) selector: Option<String>,
    /// This generation instead of the one before the current one
    #[arg(long, value_name = "GENERATION")]
    pub(super) to: Option<u64>,
    /// With the waves, limits, health checks and notifications of this pipeline
    #[arg(long, value_name = "PIPELINE")]
    pub(super) like: Option<String>,
    #[command(flatten)]
    pub(super) flags: Flags,
}

#[derive(Debug, Clone, Args)]
pub(super) struct List {
    /// Those without a description as well
    #[arg(short, long)]
    pub(super) all: bool,
    /// As JSON
    #[arg(short, long)]
    pub(super) json: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Hosts {
    /// Names, globs, @tag, system:NAME; joined by `,` and `&`, taken away by `!`
    pub(super) selector: Option<String>,
    /// As JSON
    #[arg(short, long)]
    pub(super) json: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Status {
    /// Names, globs, @tag, system:NAME; joined by `,` and `&`, taken away by `!` [default: all]
    pub(super) selector: Option<String>,
    /// Evaluate the flake as well, and tell which hosts run something else
    #[arg(short, long)]
    pub(super) drift: bool,
    /// As JSON
    #[arg(short, long)]
    pub(super) json: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Exec {
    /// Names, globs, @tag, system:NAME; joined by `,` and `&`, taken away by `!`
    pub(super) selector: String,
    /// The program and its arguments; no shell reads them
    #[arg(value_name = "CMD", last = true, required = true)]
    pub(super) command: Vec<String>,
    /// As root
    #[arg(long)]
    pub(super) sudo: bool,
    /// Hosts at once
    #[arg(short = 'j', long = "jobs", value_name = "N", default_value_t = 32)]
    pub(super) at_once: usize,
    /// Give a host up after so many seconds
    #[arg(long, value_name = "SECONDS")]
    pub(super) timeout: Option<u64>,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Resume {
    /// The run: its id, the beginning or the end of it, or `last`
    pub(super) run: String,
    #[command(flatten)]
    pub(super) flags: Flags,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Unlock {
    /// Names, globs, @tag, system:NAME; joined by `,` and `&`, taken away by `!`
    pub(super) selector: String,
    /// Locks of runs that may still be alive as well, without asking
    #[arg(short, long)]
    pub(super) yes: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct History {
    /// How many
    #[arg(short, long, value_name = "N", default_value_t = 20)]
    pub(super) number: usize,
    /// As JSON
    #[arg(short, long)]
    pub(super) json: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Logs {
    /// The run: its id, the beginning or the end of it, or `last`
    pub(super) run: String,
    /// This host's log alone
    pub(super) host: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Plan {
    /// Name of a pipeline or task
    pub(super) name: String,
    /// Which hosts, and variables as NAME=VALUE
    #[arg(value_name = "SELECTOR|VAR=VALUE")]
    pub(super) words: Vec<String>,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "tree")]
    pub(super) format: Format,
    /// Build each host's system, and show what it would change there: closure and units; nothing is activated
    #[arg(long, conflicts_with = "format")]
    pub(super) diff: bool,
    /// With the hosts of the Fleetfile alone: nothing is run at all
    #[arg(long)]
    pub(super) rehearse: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Check {
    /// The file, or the directory that has it [default: the nearest one upward]
    #[arg(value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// How to print what is found
    #[arg(long, value_name = "FORMAT", default_value = "text", conflicts_with = "json")]
    pub(super) format: Report,
    /// The same as `--format json`
    #[arg(short, long)]
    pub(super) json: bool,
    /// Evaluate the flake, and look whether the Fleetfile fits it
    #[arg(long)]
    pub(super) eval: bool,
    /// Warnings fail as errors do
    #[arg(long)]
    pub(super) strict: bool,
}

/// How to print findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Report {
    /// For people, with the lines of the files
    Text,
    /// For programs
    Json,
    /// Annotations of GitHub Actions
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Test {
    /// Names in the flake's `checks` [default: all that can run here]
    pub(super) names: Vec<String>,
    /// Tests at once [default: as many as there is memory for]
    #[arg(short = 'j', long = "jobs", value_name = "N")]
    pub(super) at_once: Option<std::num::NonZeroUsize>,
    /// As JSON
    #[arg(short = 'J', long)]
    pub(super) json: bool,
}

#[derive(Debug, Clone, Subcommand)]
pub(super) enum Notify {
    /// Send a test message, and tell for each notification whether it was delivered
    Test(NotifyTest),
}

#[derive(Debug, Clone, Args)]
pub(super) struct NotifyTest {
    /// Name or service of the notifications [default: all of all pipelines]
    pub(super) name: Option<String>,
    /// Variables as NAME=VALUE
    #[arg(value_name = "VAR=VALUE")]
    pub(super) variables: Vec<String>,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Hook {
    #[command(subcommand)]
    pub(super) command: Option<HookCommand>,
    #[command(flatten)]
    pub(super) run: HookRun,
}

#[derive(Debug, Clone, Subcommand)]
pub(super) enum HookCommand {
    /// Check what is staged, then run tasks and pipelines on it
    Run(HookRun),
    /// Write a hook of two lines that runs this; a hook that is there already is kept, and run first
    Install(HookInstall),
    /// Take the hook away again; what was there before comes back
    Uninstall(HookUninstall),
}

/// The hooks of git that can stop something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum HookName {
    /// Before a commit: what is staged
    #[default]
    PreCommit,
    /// Before a push: the commits that are pushed
    PrePush,
}

/// One part of a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum HookPart {
    /// Fleetfiles and Taskfiles
    Check,
    /// The fence around secrets
    Secrets,
    /// The tasks and pipelines that are named
    Tasks,
}

#[derive(Debug, Clone, Args)]
pub(super) struct HookRun {
    /// Tasks and pipelines to run, and variables; `{{.STAGED}}` has the files
    #[arg(value_name = "NAME|VAR=VALUE")]
    pub(super) words: Vec<String>,
    /// Which hook this is
    #[arg(long, value_name = "HOOK", default_value = "pre-commit")]
    pub(super) hook: HookName,
    /// This part alone
    #[arg(long, value_name = "PART")]
    pub(super) only: Option<HookPart>,
    /// All files that are tracked, not just those that are staged
    #[arg(long)]
    pub(super) all: bool,
    /// A hook to run first
    #[arg(long, value_name = "FILE", hide = true)]
    pub(super) first: Option<PathBuf>,
    /// What git gives its hook
    #[arg(last = true, hide = true)]
    pub(super) rest: Vec<std::ffi::OsString>,
}

#[derive(Debug, Clone, Args)]
pub(super) struct HookInstall {
    /// Tasks and pipelines that the hook runs, and variables
    #[arg(value_name = "NAME|VAR=VALUE")]
    pub(super) words: Vec<String>,
    /// Which hook
    #[arg(long, value_name = "HOOK", default_value = "pre-commit")]
    pub(super) hook: HookName,
}

#[derive(Debug, Clone, Args)]
pub(super) struct HookUninstall {
    /// Which hook
    #[arg(long, value_name = "HOOK", default_value = "pre-commit")]
    pub(super) hook: HookName,
}

#[derive(Debug, Clone, Subcommand)]
pub(super) enum Secrets {
    /// Check all files of sops and the rules of `.sops.yaml`; sops itself is not needed
    Check(SecretsCheck),
    /// Write a test key, the rule for test files and a first test file; what is there stays as it is
    Init(SecretsInit),
}

#[derive(Debug, Clone, Args)]
pub(super) struct SecretsCheck {
    /// Only what is found in these files and directories
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// As JSON
    #[arg(short, long, conflicts_with = "format")]
    pub(super) json: bool,
    /// How to print findings
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Report,
    /// Evaluate the flake as well: each host opens the files that it names, and no test names a real one
    #[arg(long)]
    pub(super) eval: bool,
    /// List the rules instead
    #[arg(long)]
    pub(super) rules: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct SecretsInit {
    /// The file for the test key
    #[arg(long, value_name = "FILE", default_value = "tests/keys/age.txt")]
    pub(super) key: PathBuf,
}

/// How to print a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Indented text
    Tree,
    /// Graphviz
    Dot,
    /// Mermaid flow chart
    Mermaid,
    /// JSON, stable between runs
    Json,
}

/// A duration as Taskfiles have it.
fn duration(text: &str) -> Result<Duration, String> {
    let nanoseconds =
        crate::yaml::parse_duration(text).and_then(|nanoseconds| u64::try_from(nanoseconds).ok());
    nanoseconds
        .map(Duration::from_nanos)
        .ok_or_else(|| "a duration is written such as `500ms` or `2s`".to_owned())
}
