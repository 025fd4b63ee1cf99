//! All keys of a Taskfile (go-task 3.54), as tables: decoders warn of others, schemas are written from them.

use crate::yaml::keys::{Table, Type, key};

use Type::{Any, Bool, Duration, Enum, List, Map, OneOf, String};

const STRINGS: Type = List(&String);
const VARS: Type = Map(&VARIABLE_VALUE);
const VARIABLE_VALUE: Type = OneOf(&[Any, Type::Table(&VARIABLE)]);
const COMMAND_VALUE: Type = OneOf(&[String, Type::Table(&COMMAND)]);
const PLATFORMS: Type = List(&String);
const SET: Type = List(&Enum(&[
    "allexport",
    "a",
    "errexit",
    "e",
    "noexec",
    "n",
    "noglob",
    "f",
    "nounset",
    "u",
    "xtrace",
    "x",
    "pipefail",
]));
const SHOPT: Type = List(&Enum(&["expand_aliases", "globstar", "nullglob"]));
const METHODS: Type = Enum(&["checksum", "timestamp", "none"]);
const RUNS: Type = Enum(&["always", "once", "when_changed"]);
const GLOBS: Type = List(&OneOf(&[String, Type::Table(&GLOB)]));

/// The root of a Taskfile.
pub static TASKFILE: Table = Table {
    name: "Taskfile",
    doc: "A file of tasks.",
    keys: &[
        key("version", OneOf(&[String, Type::Int, Any]), "Version of the schema: 3."),
        key(
            "includes",
            Map(&OneOf(&[String, Type::Table(&INCLUDE)])),
            "Other Taskfiles, by the namespace their tasks get.",
        ),
        key("vars", VARS, "Variables of all tasks."),
        key("env", VARS, "Environment of all commands."),
        key("dotenv", STRINGS, "Files that add to the environment; the first file wins. Root file only."),
        key(
            "output",
            OneOf(&[Enum(&["interleaved", "group", "prefixed"]), Type::Table(&OUTPUT)]),
            "How the output of parallel tasks is shown.",
        ),
        key(
            "method",
            METHODS,
            "How tasks find out whether they are up to date, unless they say it themselves.",
        ),
        key("run", RUNS, "How often a task runs that is called several times, unless it says it itself."),
        key("silent", Bool, "Commands are not printed before they run."),
        key("set", SET, "Shell options of all commands, as of `set -o`. Root file only."),
        key("shopt", SHOPT, "Bash options of all commands, as of `shopt -s`. Root file only."),
        key("interval", Duration, "How long watching waits for more changes."),
        key("use_gitignore", Bool, "Files that git ignores are no sources."),
        key("tasks", Map(&OneOf(&[String, List(&COMMAND_VALUE), Type::Table(&TASK)])), "The tasks, by name."),
    ],
};

/// An entry of `includes`.
pub static INCLUDE: Table = Table {
    name: "include",
    doc: "Another Taskfile whose tasks are added.",
    keys: &[
        key("taskfile", String, "Path of the file or its directory."),
        key("dir", String, "Directory its tasks run in; without it, the including file's."),
        key("optional", Bool, "It need not exist."),
        key("internal", Bool, "Its tasks cannot be called from the command line."),
        key("flatten", Bool, "Its tasks keep their names, without the namespace."),
        key("aliases", STRINGS, "Other names of the namespace."),
        key("excludes", STRINGS, "Tasks that are left out: names, or `namespace:*`."),
        key("vars", VARS, "Variables of its tasks."),
        key("checksum", String, "SHA-256 that the file must have, in hex."),
    ],
};

/// A task.
pub static TASK: Table = Table {
    name: "task",
    doc: "A unit of work that is called by its name.",
    keys: &[
        key("cmds", List(&COMMAND_VALUE), "Commands, one after another."),
        key("cmd", COMMAND_VALUE, "The only command."),
        key(
            "deps",
            List(&OneOf(&[String, Type::Table(&DEPENDENCY)])),
            "Tasks that run before it, in parallel.",
        ),
        key("label", String, "Shown instead of its name."),
        key("desc", String, "One line about it, for lists."),
        key("summary", String, "A longer text about it, for `--summary`."),
        key("prompt", OneOf(&[String, STRINGS]), "Questions to answer before it runs."),
        key("aliases", STRINGS, "Other names."),
        key("sources", GLOBS, "Files it reads."),
        key("generates", GLOBS, "Files it writes."),
        key("status", STRINGS, "Commands that all succeed when it is up to date."),
        key(
            "preconditions",
            List(&OneOf(&[String, Type::Table(&PRECONDITION)])),
            "Commands that must succeed before it runs.",
        ),
        key("requires", Type::Table(&REQUIRES), "What must be given to it."),
        key("dir", String, "Directory it runs in."),
        key("vars", VARS, "Its variables."),
        key("env", VARS, "Environment of its commands."),
        key("dotenv", STRINGS, "Files that add to the environment of its commands."),
        key("silent", Bool, "Its commands are not printed before they run."),
        key("interactive", Bool, "Its commands talk to the terminal."),
        key("internal", Bool, "It cannot be called from the command line and is not listed."),
        key("method", METHODS, "How it finds out whether it is up to date."),
        key("prefix", String, "Before each line of its output, with `output: prefixed`."),
        key("ignore_error", Bool, "It goes on after a command that failed."),
        key("run", RUNS, "How often it runs when it is called several times."),
        key(
            "platforms",
            PLATFORMS,
            "Where it runs: `linux`, `arm64`, `darwin/arm64`; elsewhere it is skipped.",
        ),
        key("if", String, "A command; the task is skipped when it fails."),
        key("watch", Bool, "It always runs again when its sources change."),
        key("failfast", Bool, "A dependency that fails stops the others."),
        key("set", SET, "Shell options, as of `set -o`."),
        key("shopt", SHOPT, "Bash options, as of `shopt -s`."),
        key("use_gitignore", Bool, "Files that git ignores are no sources."),
    ],
};

/// An entry of `cmds`.
pub static COMMAND: Table = Table {
    name: "command",
    doc: "A command, a call of a task, or either of them put off to the end.",
    keys: &[
        key("cmd", String, "A shell script."),
        key("task", String, "A task to call."),
        key(
            "defer",
            OneOf(&[String, Type::Table(&DEFER)]),
            "What runs when the task ends, also after a failure.",
        ),
        key("vars", VARS, "Variables given to the task that is called."),
        key("for", LOOP_VALUE, "Repeats it."),
        key("if", String, "A command; this one is skipped when it fails."),
        key("silent", Bool, "It is not printed before it runs."),
        key("set", SET, "Shell options, as of `set -o`."),
        key("shopt", SHOPT, "Bash options, as of `shopt -s`."),
        key("ignore_error", Bool, "The task goes on when it fails."),
        key("platforms", PLATFORMS, "Where it runs; elsewhere it is skipped."),
        key("timeout", Duration, "Longest time it may take."),
    ],
};

/// The mapping form of `defer`.
pub static DEFER: Table = Table {
    name: "defer",
    doc: "A call that is put off to the end.",
    keys: &[
        key("task", String, "A task to call."),
        key("defer", String, "A shell script."),
        key("vars", VARS, "Variables given to the task."),
        key("silent", Bool, "It is not printed."),
    ],
};

/// An entry of `deps`.
pub static DEPENDENCY: Table = Table {
    name: "dependency",
    doc: "A task that runs before.",
    keys: &[
        key("task", String, "Its name."),
        key("vars", VARS, "Variables given to it."),
        key("for", LOOP_VALUE, "Repeats it."),
        key("silent", Bool, "Its commands are not printed."),
        key("timeout", Duration, "Longest time it may take."),
    ],
};

const LOOP_VALUE: Type = OneOf(&[Enum(&["sources", "generates"]), List(&Any), Type::Table(&FOR)]);

/// The mapping form of `for`.
pub static FOR: Table = Table {
    name: "for",
    doc: "What a loop goes over.",
    keys: &[
        key("var", String, "A variable that holds a list, a map, or a text that is split."),
        key("split", String, "What separates the parts of a text; white space when absent."),
        key("as", String, "Name of the loop variable; ITEM when absent."),
        key(
            "matrix",
            Map(&OneOf(&[List(&Any), Type::Table(&REFERENCE)])),
            "Lists that are combined, each with each.",
        ),
    ],
};

/// `ref`, where a list may stand.
pub static REFERENCE: Table = Table {
    name: "reference",
    doc: "A value that is computed.",
    keys: &[key("ref", String, "A template expression.")],
};

/// The mapping form of a variable.
pub static VARIABLE: Table = Table {
    name: "variable",
    doc: "Where a variable's value comes from.",
    keys: &[
        key("sh", String, "A command; its output is the value."),
        key("ref", String, "A template expression that keeps its type."),
        key("map", Any, "A mapping."),
        key("value", Any, "Any value."),
        key(
            "query",
            String,
            "A jq program over that value (a command's output is read as JSON); what it gives keeps its type. Fleetfile only.",
        ),
        key("secret", Bool, "Not shown in printed commands."),
    ],
};

/// The mapping form of an entry of `sources` and `generates`.
pub static GLOB: Table =
    Table { name: "glob", doc: "Files that are left out.", keys: &[key("exclude", String, "A pattern.")] };

/// The mapping form of a precondition.
pub static PRECONDITION: Table = Table {
    name: "precondition",
    doc: "A command that must succeed.",
    keys: &[key("sh", String, "The command."), key("msg", String, "What is said when it fails.")],
};

/// `requires`.
pub static REQUIRES: Table = Table {
    name: "requires",
    doc: "What must be given to a task.",
    keys: &[key("vars", List(&OneOf(&[String, Type::Table(&REQUIRED)])), "Variables that must be set.")],
};

/// The mapping form of a required variable.
pub static REQUIRED: Table = Table {
    name: "required variable",
    doc: "A variable that must be set.",
    keys: &[
        key("name", String, "Its name."),
        key("enum", OneOf(&[STRINGS, Type::Table(&REFERENCE)]), "The only values it may have."),
    ],
};

/// The mapping form of `output`.
pub static OUTPUT: Table = Table {
    name: "output",
    doc: "How output is shown.",
    keys: &[key("group", Type::Table(&GROUP), "Each command's output at its end.")],
};

/// `output.group`.
pub static GROUP: Table = Table {
    name: "group",
    doc: "What is printed around a group.",
    keys: &[
        key("begin", String, "Before."),
        key("end", String, "After."),
        key("error_only", Bool, "Only the output of commands that failed."),
    ],
};

/// Every table, for schemas and their tests.
pub static ALL: &[&Table] = &[
    &TASKFILE,
    &INCLUDE,
    &TASK,
    &COMMAND,
    &DEFER,
    &DEPENDENCY,
    &FOR,
    &REFERENCE,
    &VARIABLE,
    &GLOB,
    &PRECONDITION,
    &REQUIRES,
    &REQUIRED,
    &OUTPUT,
    &GROUP,
];
