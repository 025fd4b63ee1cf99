//! Every key that a Fleetfile has beyond a Taskfile's: the decoder checks against these tables, and the JSON schema and
//! the suggestions are made from them. Knows nothing of what the keys do.

use crate::model::{
    Action, Confirmation, DeployDriver, JqShim, NotifyWhen, OnFailure, Platform, RebootPolicy,
};
use crate::yaml::keys::{Key, Table, Type, key};

/// A word and what it stands for.
pub(super) type Words<T, const N: usize> = [(&'static str, T); N];

/// The words alone, for a table.
const fn words<T, const N: usize>(pairs: &Words<T, N>) -> [&'static str; N] {
    let mut words = [""; N];
    let mut index = 0;
    while index < N {
        words[index] = pairs[index].0;
        index += 1;
    }
    words
}

pub(super) const OUTPUTS: Words<Platform, 2> =
    [("nixosConfigurations", Platform::Nixos), ("darwinConfigurations", Platform::Darwin)];
pub(super) const PLATFORMS: Words<Platform, 2> = [("nixos", Platform::Nixos), ("darwin", Platform::Darwin)];
pub(super) const DRIVERS: Words<DeployDriver, 5> = [
    ("native", DeployDriver::Native),
    ("nixos-rebuild", DeployDriver::NixosRebuild),
    ("darwin-rebuild", DeployDriver::DarwinRebuild),
    ("colmena", DeployDriver::Colmena),
    ("deploy", DeployDriver::Deploy),
];
pub(super) const ACTIONS: Words<Action, 4> = [
    ("switch", Action::Switch),
    ("boot", Action::Boot),
    ("test", Action::Test),
    ("dry-activate", Action::DryActivate),
];
pub(super) const FAILURES: Words<OnFailure, 4> = [
    ("stop", OnFailure::Stop),
    ("continue", OnFailure::Continue),
    ("roll_back_host", OnFailure::RollBackHost),
    ("roll_back_wave", OnFailure::RollBackWave),
];
pub(super) const REBOOTS: Words<RebootPolicy, 3> =
    [("never", RebootPolicy::Never), ("if_needed", RebootPolicy::IfNeeded), ("always", RebootPolicy::Always)];
pub(super) const CASES: Words<NotifyWhen, 5> = [
    ("succeeded", NotifyWhen::Succeeded),
    ("changed", NotifyWhen::Changed),
    ("failed", NotifyWhen::Failed),
    ("degraded", NotifyWhen::Degraded),
    ("rolled_back", NotifyWhen::RolledBack),
];
pub(super) const CONFIRMATIONS: Words<Confirmation, 1> = [("wave", Confirmation::EachWave)];
pub(super) const JQ: Words<JqShim, 2> = [("missing", JqShim::Missing), ("always", JqShim::Always)];
/// Where a health check's command runs: on the host or not.
pub(super) const PLACES: Words<bool, 2> = [("operator", false), ("host", true)];
/// What a step is repeated for.
pub(super) const EACH: Words<(), 1> = [("host", ())];
/// Steps that are complete as a word.
pub(super) const BUILT_IN: [&str; 4] = ["reachable", "disk", "flake", "secrets"];
/// Keys that say what a step does; a step has exactly one of them.
pub(super) const STEP_KINDS: &[&str] =
    &["reachable", "disk", "flake", "secrets", "vm", "task", "cmd", "uses"];
/// Keys that say what a health check looks at; it has exactly one of them.
pub(super) const HEALTH_KINDS: &[&str] = &["unit", "http", "tcp", "command"];
/// Keys that say where a notification goes; it has exactly one of them.
pub(super) const NOTIFY_KINDS: &[&str] = &[
    "ntfy",
    "discord",
    "slack",
    "mattermost",
    "matrix",
    "telegram",
    "gotify",
    "pushover",
    "email",
    "healthchecks",
    "apprise",
    "webhook",
    "desktop",
    "command",
];
/// Settings of notifications; which service has which is in [`crate::model::SERVICES`].
pub(super) const NOTIFY_SETTINGS: [&str; 9] =
    ["token", "room", "thread", "server", "from", "user", "password", "secret", "tag"];
/// Those of them that nobody should read.
pub(super) const NOTIFY_SECRETS: [&str; 3] = ["token", "password", "secret"];
/// Keys that say where a value is; it has exactly one of them.
pub(super) const GIVEN_KINDS: &[&str] = &["file", "env", "command"];

const OUTPUT_WORDS: [&str; 2] = words(&OUTPUTS);
const PLATFORM_WORDS: [&str; 2] = words(&PLATFORMS);
const DRIVER_WORDS: [&str; 5] = words(&DRIVERS);
const ACTION_WORDS: [&str; 4] = words(&ACTIONS);
const FAILURE_WORDS: [&str; 4] = words(&FAILURES);
const CASE_WORDS: [&str; 5] = words(&CASES);
const CONFIRM_WORDS: [&str; 1] = words(&CONFIRMATIONS);
const REBOOT_WORDS: [&str; 3] = words(&REBOOTS);
const JQ_WORDS: [&str; 2] = words(&JQ);
const PLACE_WORDS: [&str; 2] = words(&PLACES);
const EACH_WORDS: [&str; 1] = words(&EACH);

/// A string, or a list of strings.
const STRINGS: Type = Type::OneOf(&[Type::String, Type::List(&Type::String)]);

/// What a Fleetfile's root has beyond a Taskfile's.
pub static ROOT: &[Key] = &[
    key(
        "fleet",
        Type::Table(&FLEET),
        "The hosts: which flake they come from, and what the flake cannot know.",
    ),
    key(
        "pipelines",
        Type::Map(&Type::Table(&PIPELINE)),
        "Pipelines by name. A pipeline is listed and called like a task.",
    ),
];

/// `fleet:`
pub(super) static FLEET: Table = Table {
    name: "fleet",
    doc: "The hosts: which flake they come from, and what the flake cannot know.",
    keys: &[
        key(
            "flake",
            Type::String,
            "The flake that has the hosts, relative to the Fleetfile's directory. Default: `.`",
        ),
        key(
            "discover",
            Type::List(&Type::Enum(&OUTPUT_WORDS)),
            "Outputs of the flake that hold hosts. Default: both.",
        ),
        key(
            "eval_memory",
            Type::String,
            "Memory that evaluations may take together, such as `4GiB`. Default: what is free but 1 GiB, as a guide.",
        ),
        key("defaults", Type::Table(&DEFAULTS), "What holds for every host that does not say otherwise."),
        key(
            "hosts",
            Type::Map(&Type::Table(&HOST)),
            "What holds for one host, by the name of its configuration in the flake.",
        ),
        key(
            "pools",
            Type::Map(&Type::Int),
            "Most hosts of a tag that are activated, rebooted or rolled back at once, such as `{rack-a: 2}`.",
        ),
        key("secrets", Type::Table(&SECRETS), "The fence between test keys and real secrets."),
        key(
            "shims",
            Type::OneOf(&[Type::Bool, Type::Table(&SHIMS)]),
            "Names that commands find on PATH in place of the machine's own; `false` turns all of them off.",
        ),
    ],
};

/// `fleet.defaults:`
pub(super) static DEFAULTS: Table = Table {
    name: "fleet.defaults",
    doc: "What holds for every host that does not say otherwise.",
    keys: &[USER, ADDRESS, PORT, BUILD_ON, MAX_JOBS, CORES, JOB_MEMORY, PUSH_TO, PULL_FROM, DRIVER, TAGS],
};

/// `fleet.hosts.NAME:`
pub(super) static HOST: Table = Table {
    name: "host",
    doc: "What the flake cannot know of one host.",
    keys: &[
        USER,
        ADDRESS,
        PORT,
        BUILD_ON,
        MAX_JOBS,
        CORES,
        JOB_MEMORY,
        PUSH_TO,
        PULL_FROM,
        DRIVER,
        TAGS,
        key(
            "host_name",
            Type::String,
            "Name that the machine has now, where that is not yet its `networking.hostName`.",
        ),
        key("machine_id", Type::String, "`/etc/machine-id` of the machine; another one is refused."),
        key(
            "platform",
            Type::Enum(&PLATFORM_WORDS),
            "What the host is. Only a rehearsal without the flake has to be told; else the flake must agree.",
        ),
    ],
};

const USER: Key = key("user", Type::String, "User to log in as. Default: what ssh chooses.");
const ADDRESS: Key = key(
    "address",
    Type::String,
    "Address for ssh; `{{.HOST}}` is the name of the host's configuration. Default: `networking.hostName`.",
);
const PORT: Key = key("port", Type::Int, "ssh port. Default: what ssh chooses.");
const BUILD_ON: Key = key(
    "build_on",
    Type::String,
    "Where the system is built: `target` (the host itself), `local`, `auto` (one of them, by processor, memory and builders), or `[USER@]HOST` of a builder. Default: `target`.",
);
const MAX_JOBS: Key = key(
    "max_jobs",
    Type::Int,
    "Most derivations of the system that are built at once. Default: what the nix that builds is set to.",
);
const CORES: Key = key(
    "cores",
    Type::Int,
    "Cores that one derivation may use while it is built. Default: what the nix that builds is set to.",
);
const JOB_MEMORY: Key = key(
    "job_memory",
    Type::String,
    "Memory that building one derivation may need, such as `2GiB`: no more are built at once than the free memory of the machine holds.",
);
const PUSH_TO: Key = key(
    "push_to",
    Type::String,
    "URL of a binary cache that the system is pushed to from where it is built; the host takes it from there.",
);
const PULL_FROM: Key = key(
    "pull_from",
    Type::String,
    "URL by which the host reaches the cache of `push_to`. Default: the same.",
);
const DRIVER: Key = key(
    "driver",
    Type::Enum(&DRIVER_WORDS),
    "Which program deploys the host; what came of it is proven as after the native sequence. Default: `native`.",
);
const TAGS: Key = key("tags", STRINGS, "Tags for selectors (`@tag`). Those of the defaults are added.");

/// `fleet.secrets:`
pub(super) static SECRETS: Table = Table {
    name: "fleet.secrets",
    doc: "The fence between test keys and real secrets.",
    keys: &[
        key("test_keys", Type::List(&Type::String), "Files with test identities, or `age1...` recipients."),
        key("test_paths", Type::List(&Type::String), "Globs of files that may be encrypted for test keys."),
        key(
            "host_keys",
            Type::Map(&Type::String),
            "The key of a host, `age1...` or `ssh-ed25519 ...`, by the name of its configuration.",
        ),
        key(
            "ignore",
            Type::List(&Type::Table(&IGNORED)),
            "Findings of `fleet secrets check` that are passed over, each with a reason.",
        ),
    ],
};

/// One entry of `fleet.secrets.ignore:`
pub(super) static IGNORED: Table = Table {
    name: "ignored finding",
    doc: "Findings of one rule in some files that are passed over. It has all three keys.",
    keys: &[
        key(
            "rule",
            Type::String,
            "Name of the rule, as `fleet secrets check --rules` lists it; `*` for all.",
        ),
        key("path", Type::String, "Glob of the files, relative to the Fleetfile's directory."),
        key("reason", Type::String, "Why that is right."),
    ],
};

/// `fleet.shims:`
pub(super) static SHIMS: Table = Table {
    name: "fleet.shims",
    doc: "Names that commands find on PATH in place of the machine's own.",
    keys: &[
        key("task", Type::Bool, "Whether `task` in a command is this fleet. Default: `true`."),
        key(
            "jq",
            Type::OneOf(&[Type::Bool, Type::Enum(&JQ_WORDS)]),
            "When `jq` in a command is the embedded one: `missing` (where the machine has none), `always`, or `false`. \
             Default: `missing`.",
        ),
    ],
};

/// `pipelines.NAME:`
pub(super) static PIPELINE: Table = Table {
    name: "pipeline",
    doc: "Check, build, deploy and notify over selected hosts. A stage that is absent is left out.",
    keys: &[
        key("desc", Type::String, "One line for lists."),
        key("summary", Type::String, "Long text for `fleet run NAME --summary`."),
        key(
            "aliases",
            STRINGS,
            "Further names. An alias may be the name of an existing task, which it then replaces.",
        ),
        key("hosts", Type::String, "Selector of the hosts. Default: `{{.host | default \"*\"}}`."),
        key("platform", Type::Enum(&PLATFORM_WORDS), "Only hosts of this platform can be selected."),
        key("vars", Type::Map(&Type::Any), "Variables of the pipeline, as in a task."),
        key(
            "check",
            Type::OneOf(&[STEPS, Type::Table(&CHECK)]),
            "What must hold before anything is built: a list of steps, or a mapping that has them.",
        ),
        key("build", Type::Table(&BUILD), "Evaluate and build. Implied by `deploy`."),
        key("deploy", Type::Table(&DEPLOY), "Copy, activate and verify."),
        key(
            "notify",
            Type::OneOf(&[NOTIFICATIONS, Type::Table(&NOTIFY_STAGE)]),
            "Who is told of the result: a list, or a mapping that has it.",
        ),
    ],
};

/// A list of steps.
const STEPS: Type = Type::List(&Type::OneOf(&[Type::Enum(&BUILT_IN), Type::Table(&STEP)]));
/// A list of notifications.
const NOTIFICATIONS: Type = Type::List(&Type::Table(&NOTIFY));
/// A list of hooks.
const HOOKS: Type = Type::List(&Type::Table(&HOOK));

/// `check:` as a mapping.
pub(super) static CHECK: Table = Table {
    name: "check",
    doc: "What must hold before anything is built, and what is around that.",
    keys: &[
        key("steps", STEPS, "The steps."),
        key("at_once", Type::Int, "Most probes and checks that are made at once. Default: no limit."),
        key(
            "before",
            HOOKS,
            "Commands for each host before its checks; where one fails, nothing more is done for the host.",
        ),
        key(
            "after",
            HOOKS,
            "Commands for each host when its checks hold; where one fails, nothing more is done for the host.",
        ),
    ],
};

/// `notify:` as a mapping.
pub(super) static NOTIFY_STAGE: Table = Table {
    name: "notify",
    doc: "Who is told of the result, and what is around that.",
    keys: &[
        key("to", NOTIFICATIONS, "Who is told."),
        key("before", HOOKS, "Commands on this machine, once for the run, before anybody is told."),
        key("after", HOOKS, "Commands on this machine, once for the run, when all have been told."),
    ],
};

/// One entry of `check:`
pub(super) static STEP: Table = Table {
    name: "step",
    doc: "One check. It has exactly one of `reachable`, `disk`, `flake`, `secrets`, `vm`, `task`, `cmd` and `uses`.",
    keys: &[
        key("reachable", Type::Table(&NO_OPTIONS), "Each host answers over ssh."),
        key("disk", Type::Table(&DISK), "Each host has room for a system."),
        key("flake", Type::Table(&NO_OPTIONS), "`nix flake check` passes; once for the run."),
        key("secrets", Type::Table(&NO_OPTIONS), "The fence between test keys and real secrets holds."),
        key(
            "vm",
            Type::String,
            "The check of this name in the flake's `checks` passes, such as a test in virtual machines; once for the run.",
        ),
        key("task", Type::String, "The task of this name succeeds."),
        key("vars", Type::Map(&Type::Any), "Variables for `task`."),
        key("cmd", Type::String, "The shell command exits 0."),
        key("uses", Type::String, "The plugin `fleet-NAME` found on PATH says that all is well."),
        key("with", Type::Map(&Type::Any), "Options for the plugin of `uses`."),
        key(
            "each",
            Type::Enum(&EACH_WORDS),
            "`host`: run `task`, `cmd` or `uses` for each host instead of once.",
        ),
        key("timeout", Type::Duration, "Longest time it may take."),
    ],
};

static NO_OPTIONS: Table = Table { name: "options of the step", doc: "The step has no options.", keys: &[] };

/// Options of the step `disk`.
pub(super) static DISK: Table = Table {
    name: "disk",
    doc: "How much room each host must have.",
    keys: &[key("min_free", Type::String, "Least free space in the store, such as `2GiB`. Default: `1GiB`.")],
};

/// `build:`
pub(super) static BUILD: Table = Table {
    name: "build",
    doc: "How systems are built and copied.",
    keys: &[
        key("at_once", Type::Int, "Most systems that are built at once. Default: no limit."),
        key("copy_at_once", Type::Int, "Most hosts that are copied to at once. Default: no limit."),
        key(
            "before",
            HOOKS,
            "Commands for each host before its build; where one fails, nothing more is done for the host.",
        ),
        key(
            "after",
            HOOKS,
            "Commands for each host when it is built; where one fails, nothing more is done for the host.",
        ),
    ],
};

/// `deploy:`
pub(super) static DEPLOY: Table = Table {
    name: "deploy",
    doc: "How systems are activated.",
    keys: &[
        key("action", Type::Enum(&ACTION_WORDS), "What is done with the built system. Default: `switch`."),
        key("at_once", Type::Int, "Most hosts that are activated at once. Default: no limit."),
        key(
            "waves",
            Type::List(&Type::OneOf(&[Type::String, Type::Int])),
            "Groups of hosts that go one after another: a selector, `25%` of all, or a number of hosts. \
             Default: all at once.",
        ),
        key(
            "max_failures",
            Type::OneOf(&[Type::Int, Type::String]),
            "Failed hosts, as a number or as `5%` of the selected ones, after which no further wave starts. Default: 0 with `stop` and `roll_back_wave`, else no limit.",
        ),
        key(
            "before",
            Type::List(&Type::Table(&HOOK)),
            "Commands for each host before its activation; where one fails, the host is left as it is.",
        ),
        key(
            "after",
            Type::List(&Type::Table(&HOOK)),
            "Commands for each host after its activation, when it is well; where one fails, it is degraded.",
        ),
        key(
            "quiesce",
            Type::Table(&QUIESCE),
            "A command on each host that holds a lease for as long as it is activated, rebooted or rolled back.",
        ),
        key("health", Type::List(&Type::Table(&HEALTH)), "What must be well on each host after activation."),
        key(
            "reboot",
            Type::OneOf(&[Type::Enum(&REBOOT_WORDS), Type::Table(&REBOOT)]),
            "When a host is rebooted after its activation, one at a time: `never`, `if_needed`, `always`. Default: `never`.",
        ),
        key(
            "on_failure",
            Type::Enum(&FAILURE_WORDS),
            "What a failed host means: `stop`, `continue`, `roll_back_host`, `roll_back_wave`. Default: `stop`.",
        ),
        key(
            "confirm",
            Type::OneOf(&[Type::Bool, Type::Enum(&CONFIRM_WORDS)]),
            "Ask before the first host is touched, or before each `wave`; `--yes` answers. Default: `true`, `false` for \
             `dry-activate`.",
        ),
        key(
            "diff",
            Type::Bool,
            "Show what each host would get, and what that does to its units, before anybody is asked; `--diff` does it \
             for one run. Default: `false`.",
        ),
        key(
            "clean_tree",
            Type::Bool,
            "Refuse a tree with uncommitted changes; `--allow-dirty` allows it. Default: `false`.",
        ),
        key("timeout", Type::Duration, "Longest time for one activation. Default: `10m`."),
        key(
            "watchdog",
            Type::Duration,
            "How long a host waits for its proof after the activation before it goes back by itself. Default: `2m`.",
        ),
        key(
            "settle",
            Type::Duration,
            "How long the new system runs before its units are looked at. Default: `0s`.",
        ),
        key(
            "ignore_units",
            Type::List(&Type::String),
            "Regular expressions of units whose failure is not held against the new system.",
        ),
    ],
};

/// `reboot:`
pub(super) static REBOOT: Table = Table {
    name: "reboot",
    doc: "When and how hosts are rebooted.",
    keys: &[
        key(
            "when",
            Type::Enum(&REBOOT_WORDS),
            "`never`, `if_needed` (another kernel, initrd, kernel modules or systemd than was booted) or `always` (wherever \
             the system has changed). Default: `never`.",
        ),
        key("timeout", Type::Duration, "How long a host may take to come back. Default: `10m`."),
    ],
};

/// `quiesce:`
pub(super) static QUIESCE: Table = Table {
    name: "quiesce",
    doc: "A lease that each host holds while it is changed.",
    keys: &[
        key(
            "command",
            Type::String,
            "The shell command on the host, as the user that ssh logs in. It runs for as long as the lease is needed; then its \
             standard input ends, and 5 seconds later it gets SIGTERM.",
        ),
        key(
            "ready",
            Type::String,
            "A shell command on the host that exits 0 once the lease is held. Without it, it is held when `command` prints a line.",
        ),
        key(
            "timeout",
            Type::Duration,
            "How long it may take until the lease is held; a host without it is not activated. Default: `1m`.",
        ),
    ],
};

/// One entry of `before:` or `after:`
pub(super) static HOOK: Table = Table {
    name: "hook",
    doc: "A command around a stage.",
    keys: &[
        key("command", Type::String, "The shell command; it must exit 0."),
        key("on", Type::Enum(&PLACE_WORDS), "Where it runs. Default: `operator`."),
        key("timeout", Type::Duration, "Longest time it may take. Default: `1m`."),
    ],
};

/// One entry of `health:`
pub(super) static HEALTH: Table = Table {
    name: "health check",
    doc: "What is looked at after activation. It has exactly one of `unit`, `http`, `tcp` and `command`.",
    keys: &[
        key("unit", Type::String, "The systemd unit is active on the host."),
        key("http", Type::String, "The URL answers 2xx or 3xx to the operator's machine."),
        key("tcp", Type::String, "`HOST:PORT` accepts a connection from the operator's machine."),
        key("command", Type::String, "The shell command exits 0."),
        key("on", Type::Enum(&PLACE_WORDS), "Where `command` runs. Default: `operator`."),
        key("retries", Type::Int, "How often it is tried again before it counts as failed. Default: 3."),
        key("deadline", Type::Duration, "Longest time for all tries. Default: `1m`."),
    ],
};

/// A value, or where it is.
const GIVEN_TEXT: Type = Type::OneOf(&[Type::String, Type::Table(&GIVEN)]);

/// Where a value is that is not in the file.
pub(super) static GIVEN: Table = Table {
    name: "value from elsewhere",
    doc: "Where a value is that should not stand in the file. It has exactly one of `file`, `env` and `command`.",
    keys: &[
        key("file", Type::String, "File that holds it; a line end is left out."),
        key("env", Type::String, "Variable of the environment."),
        key("command", Type::String, "Shell command that prints it; a line end is left out."),
    ],
};

/// One entry of `notify:`
pub(super) static NOTIFY: Table = Table {
    name: "notification",
    doc: "Who is told, and when. It has exactly one of the services.",
    keys: &[
        key("ntfy", GIVEN_TEXT, "URL of an ntfy topic; with `token` where it needs one."),
        key("discord", GIVEN_TEXT, "URL of a Discord webhook."),
        key("slack", GIVEN_TEXT, "URL of a Slack incoming webhook."),
        key("mattermost", GIVEN_TEXT, "URL of a Mattermost incoming webhook."),
        key("matrix", GIVEN_TEXT, "URL of a Matrix homeserver, with `room` and `token`."),
        key("telegram", GIVEN_TEXT, "Id of a Telegram chat, with `token` of the bot; `thread` for a topic."),
        key("gotify", GIVEN_TEXT, "URL of a Gotify server, with `token` of the application."),
        key("pushover", GIVEN_TEXT, "Key of a Pushover user or group, with `token` of the application."),
        key(
            "email",
            GIVEN_TEXT,
            "Addresses, with commas between, with `server` and `from`; `user` and `password` to sign in.",
        ),
        key("healthchecks", GIVEN_TEXT, "Ping URL of a check at healthchecks.io or its like."),
        key("apprise", GIVEN_TEXT, "URL of an Apprise API's `notify`; `tag` chooses among its targets."),
        key(
            "webhook",
            GIVEN_TEXT,
            "URL that gets the report as JSON by POST; with `secret` signed by HMAC-SHA256.",
        ),
        key("desktop", Type::Bool, "`true`: shown on the desktop of whoever runs it."),
        key("command", Type::String, "Shell command that gets the report as JSON on standard input."),
        key("token", GIVEN_TEXT, "What the service knows us by."),
        key("room", GIVEN_TEXT, "Id of a Matrix room, `!ID:SERVER`."),
        key("thread", GIVEN_TEXT, "Id of a topic in a Telegram chat."),
        key(
            "server",
            GIVEN_TEXT,
            "Mail server: `smtps://HOST`, `smtp://HOST` (STARTTLS) or `smtp+plain://localhost`; for `telegram` and \
             `pushover` another server than the usual one.",
        ),
        key("from", GIVEN_TEXT, "Sender of an e-mail."),
        key("user", GIVEN_TEXT, "Name to sign in to the mail server."),
        key("password", GIVEN_TEXT, "Password of `user`."),
        key("secret", GIVEN_TEXT, "Key that a webhook is signed with, in the header `X-Fleet-Signature`."),
        key("tag", GIVEN_TEXT, "Tag of the Apprise targets that are told."),
        key("name", Type::String, "What it is called in output and by `fleet notify test`."),
        key("fallback", Type::Table(&NOTIFY), "Another notification, sent where this one is not delivered."),
        key(
            "when",
            Type::OneOf(&[Type::Enum(&CASE_WORDS), Type::List(&Type::Enum(&CASE_WORDS))]),
            "In which cases. Default: always.",
        ),
    ],
};
