//! Taskfiles on disk become a project as go-task 3.54 makes one of them.

#![cfg(test)]

use fleet::frontend::taskfile::{
    Entry, LoadError, LoadOptions, Loaded, TASKFILE_NAMES, find, find_named, load,
};
use fleet::model::{CommandKind, Defer, VariableValue};
use fleet::source::SourceMap;
use fleet::template::Map;
use std::path::Path;
use tempfile::TempDir;

/// A directory of files, and what loading it gives.
struct Tree {
    dir: TempDir,
}

impl Tree {
    /// Files as `path` and text; `version: "3"` is put before each text that has none.
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let version = if text.contains("version:") { "" } else { "version: \"3\"\n" };
            std::fs::write(path, format!("{version}{text}")).unwrap();
        }
        Self { dir }
    }

    fn root(&self) -> &Path {
        self.dir.path()
    }

    fn try_load(&self) -> (Result<Loaded, LoadError>, SourceMap) {
        let mut sources = SourceMap::default();
        let environment: Map = [("WHERE", "./env"), ("HOME", "/home/me")]
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        let options = LoadOptions {
            dir: None,
            working_dir: self.root(),
            environment: &environment,
            names: TASKFILE_NAMES,
            extra_root_keys: &[],
            queries: false,
            remote: None,
        };
        let entry = Entry::File(find(self.root(), TASKFILE_NAMES).unwrap());
        (load(&mut sources, &entry, &options), sources)
    }

    fn load(&self) -> Loaded {
        let (result, sources) = self.try_load();
        result.unwrap_or_else(|error| panic!("{}", error.diagnostics.render(&sources, false, 100)))
    }

    /// go-task's exit status and text, with the directory as `DIR`.
    fn failure(&self) -> (u8, String) {
        let (result, sources) = self.try_load();
        let error = result.expect_err("should not load");
        let text = error.go.render(&sources, false).replace(self.root().to_str().unwrap(), "DIR");
        (error.exit_code, without_colours(&text))
    }

    /// Tasks with their aliases, in order; internal ones in brackets.
    fn tasks(&self) -> Vec<String> {
        let project = self.load().project;
        let show = |task: &std::sync::Arc<fleet::model::Task>| {
            let aliases: String = task.aliases.iter().map(|alias| format!(" {alias}")).collect();
            if task.internal {
                format!("[{}]{aliases}", task.name)
            } else {
                format!("{}{aliases}", task.name)
            }
        };
        project.tasks.values().map(show).collect()
    }
}

/// The lines of a file in a message are coloured even where nothing else is.
fn without_colours(text: &str) -> String {
    let mut parts = text.split('\x1b');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, after)| after))
}

/// Names that a task's commands and dependencies call.
fn calls(loaded: &Loaded, task: &str) -> Vec<String> {
    let task = &loaded.project.tasks[task];
    let commands = task.commands.iter().filter_map(|command| match &command.kind {
        CommandKind::Call(call) | CommandKind::Defer(Defer::Call(call)) => Some(call),
        _ => None,
    });
    let dependencies = task.deps.iter().map(|dependency| &dependency.call);
    commands.chain(dependencies).map(|call| call.task.raw().to_owned()).collect()
}

/// Literal texts of global variables, in order.
fn globals(loaded: &Loaded) -> Vec<String> {
    let show = |value: &VariableValue| match value {
        VariableValue::Template(text) => text.raw().to_owned(),
        other => format!("{other:?}"),
    };
    loaded.project.vars.iter().map(|(name, variable)| format!("{name}={}", show(&variable.value))).collect()
}

const LEAF: &str = "tasks: {x: 'echo x', y: {aliases: [yy], cmds: [echo y]}, default: 'echo d'}";

#[test]
fn included_tasks_get_the_namespace_and_its_aliases() {
    let tree = Tree::new(&[
        ("Taskfile.yml", "includes: {a: {taskfile: ./i, aliases: [aa]}}\ntasks: {aa: 'echo mine'}"),
        ("i/Taskfile.yml", LEAF),
    ]);
    assert_eq!(tree.tasks(), ["aa", "a:x aa:x", "a:y a:yy aa:y aa:yy", "a:default aa:default a aa"]);
}

#[test]
fn a_task_of_the_name_of_the_namespace_keeps_it() {
    let tree = Tree::new(&[
        ("Taskfile.yml", "includes: {a: ./i}\ntasks: {a: 'echo mine'}"),
        ("i/Taskfile.yml", LEAF),
    ]);
    assert_eq!(tree.tasks(), ["a", "a:x", "a:y a:yy", "a:default"]);
}

#[test]
fn excludes_internal_and_flatten_act_on_what_is_brought() {
    let tree = Tree::new(&[
        (
            "Taskfile.yml",
            "includes:\n  a: {taskfile: ./i, excludes: [x, default, 'n:*']}\n  b: {taskfile: ./i/n, flatten: true, internal: true}",
        ),
        ("i/Taskfile.yml", "includes: {n: ./n}\ntasks: {x: a, default: b, z: c}"),
        ("i/n/Taskfile.yml", LEAF),
    ]);
    assert_eq!(tree.tasks(), ["a:z", "[x]", "[y] yy", "[default]"]);
}

#[test]
fn calls_are_qualified_once_for_each_level() {
    let leaf =
        "tasks: {t: {deps: [d], cmds: [task: c, task: ':p', task: '::r', task: '{{.X}}', defer: {task: e}]}}";
    let tree = Tree::new(&[
        ("Taskfile.yml", "includes: {a: ./a}"),
        ("a/Taskfile.yml", "includes: {b: ./b}"),
        ("a/b/Taskfile.yml", leaf),
    ]);
    let loaded = tree.load();
    assert_eq!(calls(&loaded, "a:b:t"), ["a:b:c", "a:p", "r", "a:b:{{.X}}", "a:b:e", "a:b:d"]);
    let task = &loaded.project.tasks["a:b:t"];
    assert_eq!((&*task.namespace, &*task.local_name), ("a", "b:t"));
}

#[test]
fn a_flattened_include_leaves_calls_alone() {
    let tree = Tree::new(&[
        ("Taskfile.yml", "includes: {a: {taskfile: ./a, flatten: true}}"),
        ("a/Taskfile.yml", "tasks: {t: {cmds: [task: c, task: ':p']}}"),
    ]);
    assert_eq!(calls(&tree.load(), "t"), ["c", ":p"]);
}

#[test]
fn variables_of_includes_go_into_the_globals_in_declaration_order() {
    let tree = Tree::new(&[
        ("Taskfile.yml", "includes: {a: ./a, b: ./b}\nvars: {R: root, X: root}"),
        ("a/Taskfile.yml", "vars: {A: a, X: from-a}"),
        ("b/Taskfile.yml", "vars: {X: from-b}"),
    ]);
    assert_eq!(globals(&tree.load()), ["R=root", "X=from-b", "A=a"]);
}

#[test]
fn a_mapping_include_sets_directory_variables_and_a_snapshot() {
    let tree = Tree::new(&[
        (
            "Taskfile.yml",
            "includes:\n  p: {taskfile: ./i, dir: sub, vars: {V: v}}\n  q: {taskfile: ./i}\n  r: ./i\nvars: {G: g}",
        ),
        ("i/Taskfile.yml", "vars: {P: {sh: pwd}}\ntasks: {t: {dir: in, cmds: [x]}}"),
    ]);
    let loaded = tree.load();
    let root = tree.root().display();
    let dirs = |task: &str| {
        let task = &loaded.project.tasks[task];
        task.base_dir.iter().map(|dir| dir.raw().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(dirs("p:t"), [format!("{root}/sub")]);
    assert_eq!(dirs("q:t"), [root.to_string()]);
    assert!(dirs("r:t").is_empty());
    let task = &loaded.project.tasks["p:t"];
    assert_eq!(task.include_vars.keys().map(|name| &**name).collect::<Vec<_>>(), ["V"]);
    assert_eq!(task.included_taskfile_vars.keys().map(|name| &**name).collect::<Vec<_>>(), ["G", "P"]);
    let dir = task.included_taskfile_vars["P"].dir.as_ref().unwrap();
    assert_eq!(dir.raw(), format!("{root}/sub"));
    assert!(loaded.project.tasks["r:t"].included_taskfile_vars.is_empty());
}

#[test]
fn an_inner_directory_stands_and_an_outer_one_fills_in() {
    let tree = Tree::new(&[
        ("Taskfile.yml", "includes: {b: {taskfile: ./b, dir: ./bd}}"),
        ("b/Taskfile.yml", "includes:\n  c: {taskfile: ./c, dir: cd}\n  d: ./c"),
        ("b/c/Taskfile.yml", "tasks: {t: x}"),
    ]);
    let project = tree.load().project;
    let root = tree.root().display();
    assert_eq!(project.tasks["b:c:t"].base_dir[0].raw(), format!("{root}/b/cd"));
    assert_eq!(project.tasks["b:d:t"].base_dir[0].raw(), format!("{root}/bd"));
}

#[test]
fn silence_and_output_of_an_include_spread_as_in_go_task() {
    let tree = Tree::new(&[
        ("Taskfile.yml", "includes: {a: ./i}\noutput: group\ntasks: {n: x}"),
        (
            "i/Taskfile.yml",
            "silent: true\noutput: prefixed\nmethod: none\nset: [pipefail]\nincludes: {n: ./n}\ntasks: {x: x, s: {silent: false}}",
        ),
        ("i/n/Taskfile.yml", "tasks: {z: z}"),
    ]);
    let project = tree.load().project;
    let silent = |task: &str| project.tasks[task].silent;
    assert_eq!(
        [silent("n"), silent("a:x"), silent("a:s"), silent("a:n:z")],
        [None, Some(true), Some(false), Some(true)]
    );
    assert_eq!(project.output, Some(fleet::model::Output::Prefixed));
    assert!(project.method.is_none() && project.set.is_empty() && !project.silent);
}

#[test]
fn paths_of_includes_are_rendered_and_expanded() {
    let tree = Tree::new(&[
        (
            "Taskfile.yml",
            "vars: {D: i, S: {sh: echo no}}\nincludes:\n  a: './{{.D}}'\n  b: '{{.WHERE}}'\n  c: {taskfile: '$WHERE/../i/Taskfile.yml', dir: ~/x}\n  e: {taskfile: './{{.S}}none', optional: true}",
        ),
        ("i/Taskfile.yml", "tasks: {t: x}"),
        ("env/taskfile.dist.yaml", "tasks: {t: x}"),
    ]);
    assert_eq!(tree.tasks(), ["a:t", "b:t", "c:t"]);
    let project = tree.load().project;
    assert_eq!(project.tasks["c:t"].base_dir[0].raw(), "/home/me/x");
    assert_eq!(project.taskfiles.len(), 3, "a file is read once");
    assert!(project.taskfiles[0].includes[3].taskfile.is_none());
}

#[test]
fn failures_are_go_tasks_with_its_status() {
    let dated = |text: &'static str| -> Vec<(&'static str, &'static str)> {
        vec![("Taskfile.yml", "includes: {a: ./i}\ntasks: {'a:x': x}"), ("i/Taskfile.yml", text)]
    };
    for (files, code, text) in [
        (dated("tasks: {x: y}"), 203, "task: Found multiple tasks (a:x) included by \"a\"\""),
        (
            dated("version: \"3.1\"\ntasks: {y: y}"),
            1,
            "task: Taskfiles versions should match. First is \"3.0.0\" but second is \"3.1.0\"",
        ),
        (
            dated("dotenv: [x]"),
            1,
            "task: Included Taskfiles can't have dotenv declarations. Please, move the dotenv declaration to the main Taskfile",
        ),
        (dated("version: ~\n"), 107, "task: Missing schema version in Taskfile \"DIR/i/Taskfile.yml\""),
        (
            dated("includes: {b: ..}"),
            110,
            "task: include cycle detected between DIR/Taskfile.yml <--> DIR/i/Taskfile.yml",
        ),
        (dated("includes: {b: ./none}"), 100, "task: No Taskfile found at \"DIR/i/none\""),
        (
            dated("a: [b\nc: d\n"),
            109,
            "task: Failed to parse i/Taskfile.yml:\nyaml: line 1: did not find expected ',' or ']'",
        ),
        (
            dated("tasks:\n  - x\n"),
            102,
            "err:  cannot unmarshal !!seq into tasks\nfile: DIR/i/Taskfile.yml:3:3\n  1 | version: \"3\"\n  2 | tasks:\n> 3 |   - x\n    |   ^",
        ),
        (
            vec![("Taskfile.yml", "version: \"4\"\n")],
            107,
            "task: Invalid schema version in Taskfile \"DIR/Taskfile.yml\":\nSchema version (4.0.0) is greater than the current version of Task (3.54.0)",
        ),
        (
            vec![("Taskfile.yml", "version: 2\n")],
            107,
            "task: Invalid schema version in Taskfile \"DIR/Taskfile.yml\":\nSchema version (2.0.0) no longer supported. Please use v3 or above",
        ),
        (
            vec![
                ("Taskfile.yml", "includes: {a: {taskfile: ./i.yml, checksum: abc}}"),
                ("i.yml", "version: 3\n"),
            ],
            111,
            "task: The checksum of the Taskfile at \"DIR/i.yml\" does not match!\ngot: \"7b02700a93eb8af7192724bd1b5ff49fd340f0ef81cfee1fb0d8cdc1467fea8c\"\nwant: \"abc\"",
        ),
        (
            vec![("Taskfile.yml", "includes: {a: './{{.X | nope}}'}")],
            1,
            "template: :1: function \"nope\" not defined",
        ),
        (vec![("Taskfile.yml", "includes: {a: './${'}")], 1, "1:5: invalid parameter name"),
    ] {
        let tree = Tree::new(&files);
        assert_eq!(tree.failure(), (code, text.to_owned()), "{files:?}");
    }
}

#[test]
fn a_cycle_is_shown_with_every_include_on_it() {
    let tree = Tree::new(&[
        ("Taskfile.yml", "includes: {a: ./a}"),
        ("a/Taskfile.yml", "includes: {b: ../b}"),
        ("b/Taskfile.yml", "includes: {c: ../c}"),
        ("c/Taskfile.yml", "includes: {a: ../a}"),
    ]);
    let (result, sources) = tree.try_load();
    let diagnostics = result.unwrap_err().diagnostics;
    let diagnostic = diagnostics.iter().next().unwrap();
    let places: Vec<String> = diagnostic
        .labels
        .iter()
        .map(|(span, _)| {
            let path = sources.path(*span).unwrap().strip_prefix(tree.root()).unwrap();
            format!("{} {}", path.display(), sources.text(*span))
        })
        .collect();
    assert_eq!(places, ["a/Taskfile.yml b", "b/Taskfile.yml c", "c/Taskfile.yml a"]);
}

#[test]
fn mistakes_of_all_files_are_told_together() {
    let tree = Tree::new(&[
        (
            "Taskfile.yml",
            "includes: {a: ./a, b: ./none, c: 'https://example.org/x.yml'}\ntasks: {t: {silent: 5}}",
        ),
        ("a/Taskfile.yml", "vars: {A: {b: c}}"),
    ]);
    let (result, _) = tree.try_load();
    let error = result.unwrap_err();
    let codes: Vec<&str> = error.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(
        codes,
        [
            "fleet::yaml::wrong_type",
            "fleet::yaml::unknown_key",
            "fleet::taskfile::include_not_found",
            "fleet::taskfile::remote"
        ]
    );
    assert_eq!(error.exit_code, 102);
}

#[test]
fn standard_input_includes_from_the_directory_and_shows_none() {
    let tree = Tree::new(&[("i/Taskfile.yml", "tasks: {t: x}")]);
    let stdin = |text: &str| {
        let mut sources = SourceMap::default();
        let environment = Map::new();
        let options = LoadOptions {
            dir: None,
            working_dir: tree.root(),
            environment: &environment,
            names: TASKFILE_NAMES,
            extra_root_keys: &[],
            queries: false,
            remote: None,
        };
        let entry = Entry::Stdin { text: text.as_bytes().to_vec(), dir: tree.root().to_owned() };
        let loaded = load(&mut sources, &entry, &options);
        loaded.map_err(|error| without_colours(&error.go.render(&sources, false)))
    };
    let project = stdin("version: 3\nincludes: {i: {taskfile: ./i, dir: d}}\n").unwrap().project;
    assert_eq!(project.tasks["i:t"].base_dir[0].raw(), tree.root().join("d").to_str().unwrap());
    assert_eq!((project.root_dir.as_path(), project.root_file.to_str()), (tree.root(), Some("__stdin__")));
    assert_eq!(project.taskfiles[1].path, tree.root().join("i/Taskfile.yml"));
    for (text, failure) in [
        ("a: b\n", "task: Missing schema version in Taskfile \"__stdin__\""),
        ("a: [b\n", "task: Failed to parse __stdin__:\nyaml: line 1: did not find expected ',' or ']'"),
        ("version: 3\nincludes: {x: ./nope}\n", "task: No Taskfile found at \"nope\""),
        (
            "tasks: []\n",
            "err:  cannot unmarshal !!seq into tasks\nfile: __stdin__:1:8\n> 1 | tasks: []\n    |        ^",
        ),
    ] {
        assert_eq!(stdin(text).unwrap_err(), failure);
    }
}

#[test]
fn the_root_is_found_upward_and_by_name() {
    let tree =
        Tree::new(&[("taskfile.yaml", "tasks: {}"), ("a/b/x", ""), ("c/Taskfile.dist.yml", "tasks: {}")]);
    let root = tree.root();
    assert_eq!(find(&root.join("a/b"), TASKFILE_NAMES).unwrap(), root.join("taskfile.yaml"));
    assert_eq!(find_named(&root.join("c"), TASKFILE_NAMES).unwrap(), root.join("c/Taskfile.dist.yml"));
    assert_eq!(find_named(&root.join("a/b/x"), TASKFILE_NAMES).unwrap(), root.join("a/b/x"));
    assert_eq!(find_named(&root.join("a"), TASKFILE_NAMES).unwrap_err().exit_code, 100);
}
