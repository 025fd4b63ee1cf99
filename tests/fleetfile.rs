//! Projects with a Fleetfile as they are on disk: what is told of those that are wrong, what comes of those that are
//! right.

#![cfg(test)]

use fleet::diagnostic::{Diagnostics, Severity};
use fleet::frontend;
use fleet::model::{Project, StepKind};
use fleet::source::SourceMap;
use fleet::template::Map;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A directory with files.
struct Files(TempDir);

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
        Self::of_bytes(&files)
    }

    fn of_bytes(files: &[(&str, &[u8])]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        Self(directory)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// The project, or what is told of it.
    fn load(&self) -> Result<(Project, Diagnostics), String> {
        let mut sources = SourceMap::default();
        let root =
            frontend::find(self.path()).map_err(|error| error.diagnostics.render(&sources, false, 120))?;
        frontend::load_within(&mut sources, &root, self.path(), &Map::new(), None)
            .map_err(|error| error.diagnostics.render(&sources, false, 120))
    }

    fn project(&self) -> Project {
        match self.load() {
            Ok((project, _)) => project,
            Err(told) => panic!("{told}"),
        }
    }

    fn told(&self) -> String {
        match self.load() {
            Ok(_) => panic!("the project is right"),
            Err(told) => told,
        }
    }
}

fn fleetfile(text: &str) -> Files {
    Files::new(&[("Fleetfile.yaml", text)])
}

#[test]
fn bad_files_are_told_with_file_line_and_advice() {
    let bomb = {
        let mut text = String::from("version: '3'\nx-a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for level in 1..10 {
            let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
            text.push_str(&format!("x-a{level}: &a{level} [{aliases}]\n"));
        }
        text
    };
    let deep = format!("version: '3'\nfleet: {}x{}\n", "[".repeat(3000), "]".repeat(3000));
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "unknown key",
            "version: '3'\nflet: {}\n",
            &["Fleetfile.yaml:2:1", "unknown key `flet`", "did you mean `fleet`"],
        ),
        (
            "unknown key of a task",
            "version: '3'\ntasks:\n  a:\n    cmdz: [x]\n",
            &["Fleetfile.yaml:4:5", "unknown key `cmdz`", "did you mean `cmds`"],
        ),
        ("wrong type", "version: '3'\npipelines: [a]\n", &["Fleetfile.yaml:2:12", "expected", "a list"]),
        ("tab indentation", "version: '3'\nfleet:\n\tflake: .\n", &["Fleetfile.yaml:3", "tab"]),
        (
            "unquoted template",
            "version: '3'\npipelines:\n  a:\n    hosts: {{.host}}\n    build: {}\n",
            &["Fleetfile.yaml:4:12", "needs quotes", "quote the whole value"],
        ),
        (
            "duplicate key",
            "version: '3'\nfleet: {}\nfleet: {}\n",
            &["Fleetfile.yaml:3:1", "`fleet` is written twice", "remove one"],
        ),
        (
            "duplicate pipeline",
            "version: '3'\npipelines:\n  a: {build: {}}\n  a: {check: [flake]}\n",
            &["Fleetfile.yaml:4:3", "`a` is written twice"],
        ),
        ("anchor bomb", &bomb, &["Fleetfile.yaml:", "alias"]),
        ("nesting", &deep, &["Fleetfile.yaml:2:", "deep"]),
        ("no version", "fleet: {}\n", &["Fleetfile.yaml", "version"]),
        ("empty file", "", &["Fleetfile.yaml", "version: \"3\""]),
        ("a scalar", "hello\n", &["Fleetfile.yaml:1:1", "a string"]),
        (
            "unknown step",
            "version: '3'\npipelines:\n  a: {check: [reachible]}\n",
            &["Fleetfile.yaml:3:15", "`reachible` is not a step", "did you mean `reachable`"],
        ),
        (
            "bad selector",
            "version: '3'\npipelines:\n  a: {hosts: '@edge,,x', build: {}}\n",
            &["Fleetfile.yaml:3:14", "empty term"],
        ),
        (
            "bad template",
            "version: '3'\npipelines:\n  a:\n    build: {}\n    notify: [{command: 'echo {{.X | nofun}}'}]\n",
            &["Fleetfile.yaml:5:", "function \"nofun\" not defined"],
        ),
    ];
    let mut wrong = String::new();
    for (name, text, expected) in cases {
        let told = fleetfile(text).told();
        for part in expected.iter().filter(|part| !told.contains(**part)) {
            wrong.push_str(&format!("{name}: no `{part}` in\n{told}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn bytes_and_directories_that_are_no_file() {
    let told = Files::of_bytes(&[("Fleetfile.yaml", b"version: '3'\n# \xff\n")]).told();
    assert!(told.contains("Fleetfile.yaml") && told.contains("UTF-8") && told.contains("line 2"), "{told}");
    let told = Files::new(&[("Fleetfile.yaml/x", "")]).told();
    assert!(told.contains("Fleetfile.yaml") && told.contains("is a directory"), "{told}");
    let told = Files::new(&[]).told();
    assert!(told.contains("Fleetfile.yaml or Taskfile.yml"), "{told}");
}

#[test]
fn mistakes_of_all_parts_and_files_are_told_at_once() {
    let files = Files::new(&[
        (
            "Fleetfile.yaml",
            "version: '3'\nincludes: {sub: ./sub}\nfleet: {flak: .}\npipelines:\n  a: {check: [nope]}\ntasks:\n  t: {cmds: {}}\n  u: {dpes: []}\n",
        ),
        ("sub/Fleetfile.yaml", "version: '3'\npipelines:\n  b: {build: {at_once: 0}}\n"),
    ]);
    let told = files.told();
    for part in ["`flak`", "`nope`", "`dpes`", "`at_once`", "Fleetfile.yaml:7:"] {
        assert!(told.contains(part), "no {part} in\n{told}");
    }
    let order: Vec<usize> = ["`flak`", "`nope`", "`dpes`", "`at_once`"]
        .iter()
        .map(|part| told.find(part).unwrap_or_default())
        .collect();
    assert!(order.is_sorted(), "not in the order of the files:\n{told}");
}

#[test]
fn a_taskfile_may_have_keys_that_go_task_ignores() {
    let files = Files::new(&[("Taskfile.yml", "version: '3'\ntasks:\n  a: {aliasses: [b], cmds: [x]}\n")]);
    let (_, warnings) = files.load().unwrap_or_else(|told| panic!("{told}"));
    let warnings: Vec<_> = warnings.iter().map(|warning| (warning.severity, &*warning.message)).collect();
    assert_eq!(warnings, [(Severity::Warning, "unknown key `aliasses` in task")]);
}

#[test]
fn the_nearest_fleetfile_is_found_before_any_taskfile() {
    let files = Files::new(&[
        ("Fleetfile.yml", "version: '3'\ntasks: {outer: null}\n"),
        ("a/Taskfile.yml", "version: '3'\ntasks: {inner: null}\n"),
        ("b/Fleetfile.yaml", "version: '3'\n"),
        ("b/Fleetfile.yml", "version: '3'\n"),
    ]);
    let find = |dir: &str| {
        frontend::find(&files.path().join(dir)).unwrap().strip_prefix(files.path()).unwrap().to_owned()
    };
    assert_eq!(find("a"), Path::new("Fleetfile.yml"));
    assert_eq!(find("b"), Path::new("b/Fleetfile.yaml"));
    let named = frontend::find_named(&files.path().join("a")).unwrap();
    assert!(named.ends_with("a/Taskfile.yml"), "{}", named.display());
}

#[test]
fn pipelines_of_included_files_get_the_namespace() {
    let files = Files::new(&[
        (
            "Fleetfile.yaml",
            "version: '3'\nincludes:\n  infra: {taskfile: ./infra, aliases: [i], vars: {REGION: eu}}\n  flat: {taskfile: ./flat, flatten: true}\n",
        ),
        (
            "infra/Fleetfile.yaml",
            "version: '3'\nfleet: {flake: ./nix, hosts: {luna: {}}}\nincludes: {deep: ./deep}\npipelines:\n  apply: {aliases: [go], vars: {A: b}, check: [{task: lint}, {task: ':top'}], deploy: {}}\ntasks: {lint: null}\n",
        ),
        ("infra/deep/Fleetfile.yml", "version: '3'\npipelines: {down: {build: {}}}\n"),
        (
            "flat/Fleetfile.yaml",
            "version: '3'\npipelines: {up: {check: [{task: top}]}}\ntasks: {top: null}\n",
        ),
    ]);
    let project = files.project();
    let mut names: Vec<String> = project
        .pipelines
        .values()
        .map(|pipeline| {
            let aliases: Vec<&str> = pipeline.aliases.iter().map(|alias| &**alias).collect();
            format!("{} ({})", pipeline.name, aliases.join(" "))
        })
        .collect();
    names.sort();
    assert_eq!(names, ["infra:apply (infra:go i:apply i:go)", "infra:deep:down (i:deep:down)", "up ()"]);
    let apply = &project.pipelines["infra:apply"];
    let tasks: Vec<&str> = apply
        .check
        .iter()
        .filter_map(|step| match &step.kind {
            StepKind::Task { name, .. } => Some(name.raw()),
            _ => None,
        })
        .collect();
    assert_eq!(tasks, ["infra:lint", "top"]);
    assert_eq!(apply.vars.keys().map(|name| &**name).collect::<Vec<_>>(), ["REGION", "A"]);
    let base: Vec<&str> = apply.base_dir.iter().map(|dir| dir.raw()).collect();
    assert_eq!(base, [files.path().to_str().unwrap()], "the map form runs in the including file's directory");
    let fleet = project.fleet.expect("the included fleet");
    assert_eq!(fleet.dir, files.path().join("infra"));
    assert_eq!(fleet.flake.raw(), "./nix");
}

#[test]
fn includes_leave_pipelines_out() {
    let pipelines = "pipelines: {a: {build: {}}, b: {build: {}}}\n";
    let files = |excludes: &str| {
        Files::new(&[
            (
                "Fleetfile.yaml",
                &format!("version: '3'\nincludes: {{x: {{taskfile: ./x, excludes: {excludes}}}}}\n"),
            ),
            ("x/Fleetfile.yaml", &format!("version: '3'\nincludes: {{y: ./y}}\n{pipelines}")),
            ("x/y/Fleetfile.yaml", &format!("version: '3'\n{pipelines}")),
        ])
    };
    for (excludes, expected) in [
        ("[]", "x:a x:b x:y:a x:y:b"),
        ("[a]", "x:b x:y:a x:y:b"),
        ("['y:a']", "x:a x:b x:y:b"),
        ("['y:*', b]", "x:a"),
    ] {
        let project = files(excludes).project();
        let mut names: Vec<&str> = project.pipelines.keys().map(|name| &**name).collect();
        names.sort_unstable();
        assert_eq!(names.join(" "), expected, "{excludes}");
    }
}

#[test]
fn a_project_has_one_fleet() {
    let files = Files::new(&[
        ("Fleetfile.yaml", "version: '3'\nincludes: {a: ./a}\nfleet: {}\n"),
        ("a/Fleetfile.yaml", "version: '3'\nfleet: {}\n"),
    ]);
    let told = files.told();
    assert!(told.contains("one `fleet:`") && told.contains("a/Fleetfile.yaml:2:1"), "{told}");
    assert!(told.contains("Fleetfile.yaml:3:1"), "{told}");
    // The same file by two ways is one fleet.
    let files = Files::new(&[
        ("Fleetfile.yaml", "version: '3'\nincludes: {a: ./a, b: ./a}\n"),
        ("a/Fleetfile.yaml", "version: '3'\nfleet: {}\npipelines: {p: {build: {}}}\n"),
    ]);
    assert_eq!(files.project().pipelines.len(), 2);
}

#[test]
fn an_alias_takes_over_from_a_task_and_a_name_does_not() {
    let files = Files::new(&[
        (
            "Fleetfile.yaml",
            "version: '3'\nincludes: {nix: ./nix}\npipelines:\n  apply: {aliases: [nix:apply], build: {}}\n",
        ),
        ("nix/Taskfile.yml", "version: '3'\ntasks: {apply: {aliases: [a], cmds: [x]}}\n"),
    ]);
    let (project, _) = files.load().unwrap_or_else(|told| panic!("{told}"));
    assert_eq!(project.pipeline("nix:apply").map(|pipeline| &*pipeline.name), Some("apply"));
    let told: Vec<String> =
        frontend::fleetfile::check(&project).iter().map(|warning| warning.message.clone()).collect();
    assert_eq!(told, ["`nix:apply` runs the pipeline `apply`, not the task `nix:apply`"]);

    let told = fleetfile("version: '3'\npipelines:\n  apply: {build: {}}\ntasks:\n  apply: x\n").told();
    assert!(told.contains("`apply` is a pipeline and a task"), "{told}");
    assert!(
        told.contains("the pipeline") && told.contains("the task") && told.contains("aliases: [apply]"),
        "{told}"
    );
}

#[test]
fn steps_name_tasks_that_exist() {
    let tasks = "tasks:\n  lint: x\n  build-*: x\n  nix:validate: {aliases: [nv], cmds: [x]}\n";
    let right = "version: '3'\npipelines:\n  a: {check: [{task: lint}, {task: build-x}, {task: nv}, {task: '{{.X}}'}]}\n";
    fleetfile(&format!("{right}{tasks}")).project();
    for (name, help) in [
        ("lnit", "did you mean `lint`?"),
        ("validate", "did you mean `nix:validate`?"),
        ("something-else", "`fleet list --all` shows all tasks"),
    ] {
        let told =
            fleetfile(&format!("version: '3'\npipelines:\n  a: {{check: [{{task: {name}}}]}}\n{tasks}"))
                .told();
        assert!(told.contains(&format!("there is no task `{name}`")) && told.contains(help), "{told}");
        assert!(told.contains("Fleetfile.yaml:3:22"), "{told}");
    }
    let told = fleetfile("version: '3'\npipelines:\n  a: {check: [{task: b}]}\n  b: {build: {}}\n").told();
    assert!(told.contains("`b` is a pipeline"), "{told}");
}

#[test]
fn circles_are_shown_whole() {
    let told = fleetfile(
        "version: '3'\npipelines:\n  apply: {check: [{task: lint}]}\ntasks:\n  lint: {deps: [prepare]}\n  prepare:\n    cmds:\n      - {task: apply, for: [1]}\n",
    )
    .told();
    assert!(
        told.contains("`lint` -> `prepare` -> pipeline `apply` -> `lint`")
            || told.contains("pipeline `apply` -> `lint` -> `prepare` -> pipeline `apply`"),
        "{told}"
    );
    for call in
        ["pipeline `apply` calls `lint`", "`lint` calls `prepare`", "`prepare` calls pipeline `apply`"]
    {
        assert!(told.contains(call), "no {call} in\n{told}");
    }
    let told =
        fleetfile("version: '3'\ntasks:\n  a: {deps: [b]}\n  b: {cmds: [{task: c}]}\n  c: {deps: [a]}\n")
            .told();
    assert!(told.contains("`a` -> `b` -> `c` -> `a`"), "{told}");
    // A condition may end it.
    for end in [
        "{cmds: [{task: a, if: 'false'}]}",
        "{status: ['true'], cmds: [{task: a}]}",
        "{cmds: [{task: a, for: {var: X}}]}",
        "{cmds: [{task: '{{.X}}'}]}",
    ] {
        fleetfile(&format!("version: '3'\ntasks:\n  a: {{deps: [b]}}\n  b: {end}\n")).project();
    }
}

#[test]
fn a_circle_of_includes_is_told() {
    let files = Files::new(&[
        ("Fleetfile.yaml", "version: '3'\nincludes: {a: ./a}\n"),
        ("a/Fleetfile.yaml", "version: '3'\nincludes: {b: ../Fleetfile.yaml}\n"),
    ]);
    let told = files.told();
    assert!(told.contains("a/Fleetfile.yaml") && told.contains("Fleetfile.yaml:2"), "{told}");
}

#[test]
fn the_homelab_is_right() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/homelab/Fleetfile.yaml");
    let mut sources = SourceMap::default();
    let (project, warnings) =
        frontend::load_within(&mut sources, &root, root.parent().unwrap(), &Map::new(), None)
            .unwrap_or_else(|error| panic!("{}", error.diagnostics.render(&sources, false, 120)));
    assert!(warnings.is_empty(), "{}", warnings.render(&sources, false, 120));
    assert_eq!(project.pipeline("nix:apply-nixos").map(|pipeline| &*pipeline.name), Some("apply-nixos"));
    assert!(project.fleet.is_some() && project.tasks.contains_key("sops:re-encrypt"));
}
