//! What go-task 3.54 says of wrong values, case by case, and what it lets pass.

use super::*;
use crate::diagnostic::Diagnostics;
use crate::frontend::taskfile::GoText;
use crate::frontend::taskfile::ast::Taskfile;
use crate::model::TaskfileId;
use crate::source::SourceMap;
use crate::yaml::parse;
use proptest::prelude::*;

fn decode(text: &str) -> Option<(Taskfile, Diagnostics, String)> {
    let mut sources = SourceMap::default();
    let source = sources.add("/Taskfile.yml", text);
    let document = parse(source, text).ok()?;
    let mut context = Context::new(TaskfileId(0), text);
    let taskfile = decode_taskfile(&mut context, &document.root);
    let (diagnostics, failure) = context.finish();
    let failure = match failure {
        None => String::new(),
        Some(GoText::Plain(text)) => text,
        Some(GoText::Decode { messages, at }) => {
            let place = sources.line_column(at).unwrap();
            format!("{}:{} {}", place.line, place.column, messages.join(" & "))
        }
    };
    assert_eq!(diagnostics.has_errors(), !failure.is_empty(), "{text}");
    assert!(diagnostics.is_empty() || !diagnostics.render(&sources, false, 80).is_empty());
    Some((taskfile, diagnostics, failure))
}

#[test]
fn failures_are_go_tasks_own() {
    for (text, failure) in FAILURES {
        let (_, _, got) = decode(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(got, *failure, "{text}");
    }
}

#[test]
fn what_go_task_lets_pass_is_no_error() {
    for text in PASSED {
        assert_eq!(decode(text).unwrap_or_else(|| panic!("{text}")).2, "", "{text}");
    }
}

fn warnings(text: &str) -> Vec<String> {
    let (_, diagnostics, _) = decode(text).unwrap();
    let say = |d: &crate::diagnostic::Diagnostic| match &d.help {
        Some(help) => format!("{} / {help}", d.message),
        None => d.message.clone(),
    };
    diagnostics.iter().map(say).collect()
}

#[test]
fn what_go_task_passes_over_in_silence_is_a_warning() {
    for (text, expected) in [
        ("tasks: {a: {cmd: x, dsec: y}}", "unknown key `dsec` in task / did you mean `desc`?"),
        ("tsks: {}", "unknown key `tsks` in Taskfile / did you mean `tasks`?"),
        ("tasks: {a: x, a: y}", "`a` is written twice / rename or remove one of them"),
        ("tasks: {a: {cmds: [{task: x, platforms: [linux]}]}}", "`platforms` has no effect beside `task`"),
        ("tasks: {a: {cmds: [{defer: x, for: [y]}]}}", "`for` has no effect beside `defer`"),
        (
            "tasks: {a: {cmds: [{cmd: x, for: source}]}}",
            "`for: source` goes over nothing / did you mean `sources`?",
        ),
        ("run: onec", "`run: onec` fails when the task runs / did you mean `once`?"),
        ("output: prefix", "`prefix` is not an output style / did you mean `prefixed`?"),
    ] {
        assert_eq!(warnings(text), [expected], "{text}");
    }
    for text in ["x-base: &a {b: c}\n", ".base: {b: c}\n", "base: &a {b: c}\n"] {
        assert!(warnings(text).is_empty(), "{text}");
    }
}

#[test]
fn all_mistakes_are_found_at_once() {
    let text = "tasks:\n  a: {cmds: foo, silent: 5}\n  b: {deps: [[x]]}\nvars: {A: {b: c}}\ndotenv: x\n";
    assert_eq!(warnings(text).len(), 5, "{:?}", warnings(text));
}

#[test]
fn a_template_without_quotes_is_told_to_be_quoted() {
    for text in [
        "tasks: {a: {{.X}}}",
        "tasks: {a: {cmds: [{{.X}}]}}",
        "vars: {A: {{.X}}}",
        "tasks: {a: {dir: {{.X}}}}",
    ] {
        let said = warnings(text);
        assert_eq!(said.len(), 1, "{text} {said:?}");
        assert!(said[0].contains("quote the whole value"), "{text} {said:?}");
    }
}

#[test]
fn merge_keys_bring_fields_where_go_task_takes_them() {
    let text =
        "x: &base {desc: d, silent: true}\ntasks: {a: {<<: *base, desc: own, cmds: [x]}, <<: {b: y}}\n";
    let (taskfile, ..) = decode(text).unwrap();
    let task = &taskfile.tasks["a"];
    assert_eq!((task.desc.as_ref().map(|desc| desc.raw()), task.silent), (Some("own"), Some(true)));
    // yaml.v3 does not see `<<` in maps that go-task reads itself.
    assert!(taskfile.tasks.contains_key("<<") && !taskfile.tasks.contains_key("b"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn any_mix_of_keys_and_values_is_decoded_or_refused(
        pieces in prop::collection::vec((0_usize..5, prop::sample::select(PIECES)), 0..30)
    ) {
        let lines = pieces.iter().map(|(indent, piece)| format!("{:1$}{piece}\n", "", indent * 2));
        decode(&lines.collect::<String>());
    }
}

const PIECES: &[&str] = &[
    "tasks:",
    "a:",
    "cmds:",
    "- cmd: x",
    "- task: y",
    "- x",
    "deps: [a]",
    "for: {var: A}",
    "for: [1]",
    "vars:",
    "A: {sh: x}",
    "A: 1",
    "- {{.X}}",
    "requires: {vars: [A]}",
    "<<: {silent: true}",
    "desc: [x]",
    "timeout: 5",
    "defer: {task: b}",
    "platforms: [linux, x]",
    "includes:",
    "taskfile: ./x",
    "version: 3",
    "- defer: x",
    "~",
    "sources: [{exclude: x}]",
    "silent: maybe",
    "&a b: c",
    "*a : d",
    "preconditions: [{sh: x}]",
    "matrix: {A: [1]}",
];

const PASSED: &[&str] = &[
    "version: \"3\"\ntasks: ~\n",
    "version: \"3\"\ntasks: {a: 5}\n",
    "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, bogus: y}]}}\n",
    "version: \"3\"\ntasks: {a: {cmd: x, cmds: }}\n",
    "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, timeout: \"\"}]}}\n",
    "version: \"3\"\ntasks: {a: {cmds: [{defer: {foo: x}}]}}\n",
    "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, for: 5}]}}\n",
    "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, for: {matrix: {A: {foo: x}}}}]}}\n",
    "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, for: {matrix: {A: {ref: .X}}}}]}}\n",
    "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, for: {matrix: {A: {ref: .X, y: 1}}}}]}}\n",
    "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, for: }]}}\n",
    "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, set: [foo]}]}}\n",
    "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, platforms: [~]}]}}\n",
    "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, if: true}]}}\n",
    "version: \"3\"\ntasks: {a: {cmds: [{task: x, cmd: y}]}}\n",
    "version: \"3\"\ntasks: {a: {cmds: [~, x]}}\n",
    "version: \"3\"\ntasks: {a: {deps: [{foo: x}]}}\n",
    "version: \"3\"\ntasks: {a: {deps: [{task: x, bogus: zz}]}}\n",
    "version: \"3\"\ntasks: {a: {deps: [{}]}}\n",
    "version: \"3\"\ntasks: {a: {deps: [5]}}\n",
    "version: \"3\"\ntasks: {a: {bogus: x, cmds: [x]}}\n",
    "version: \"3\"\ntasks: {a: {sources: [{foo: x}]}}\n",
    "version: \"3\"\ntasks: {a: {sources: [5, ~]}}\n",
    "version: \"3\"\ntasks: {a: {preconditions: [{foo: x}]}}\n",
    "version: \"3\"\ntasks: {a: {requires: {vars: [{enum: [x]}]}}}\n",
    "version: \"3\"\ntasks: {a: {requires: {bogus: [x]}}}\n",
    "version: \"3\"\ntasks: {a: {vars: {A: {secret: true, value: x}}}}\n",
    "version: \"3\"\ntasks: {a: {vars: {A: {sh: x, ref: y, map: {a: b}, value: z}}}}\n",
    "version: \"3\"\ntasks: {a: {vars: {A: {map: 5}}}}\n",
    "version: \"3\"\ntasks: {a: {vars: {A: {value: {a: b}}}}}\n",
    "version: \"3\"\ntasks: {a: {vars: }}\n",
    "version: \"3\"\ntasks: {a: {vars: {A: }}}\n",
    "version: \"3\"\ntasks: {a: {run: bogus}}\n",
    "version: \"3\"\ntasks: {a: {timeout: 5}}\n",
    "version: \"3\"\ntasks: {[a]: b}\n",
    "version: \"3\"\ntasks: {{a: b}: c}\n",
    "version: \"3\"\nincludes: {a: {dir: x}}\ntasks: {zz: echo}\n",
    "version: \"3\"\nincludes: {a: {taskfile: x, optional: true, bogus: 1}}\ntasks: {zz: echo}\n",
    "version: \"3\"\nincludes: {a: nope}\ntasks: {zz: echo}\n",
    "version: \"3\"\nincludes: {a: }\ntasks: {zz: echo}\n",
    "version: \"3\"\nvars: {A: [1, {b: c}]}\ntasks: {zz: echo}\n",
    "version: \"3\"\noutput: bogus\ntasks: {zz: echo}\n",
    "version: \"3\"\noutput: {group: {bogus: x}}\ntasks: {zz: echo}\n",
    "version: \"3\"\nrun: bogus\ntasks: {zz: echo}\n",
    "version: \"3\"\nset: [1]\ntasks: {zz: echo}\n",
    "version: \"3\"\ninterval: 5s\ntasks: {zz: echo}\n",
    "version: \"3\"\nbogus: x\ntasks: {zz: echo}\n",
    "version: \"3\"\npreconditions: [x]\ntasks: {zz: echo}\n",
    "version: \"3\"\npreconditions: foo\ntasks: {zz: echo}\n",
    "version: 5\ntasks: {zz: echo}\n",
    "version: \"2\"\ntasks: {zz: echo}\n",
    "version: 3.99\ntasks: {zz: echo}\n",
    "version: \"3.54.1\"\ntasks: {zz: echo}\n",
    "version: \"4\"\ntasks: {zz: echo}\n",
    "version: ~\ntasks: {zz: echo}\n",
    "version: 3.0\ntasks: {zz: echo}\n",
    "version: v3\ntasks: {zz: echo}\n",
    "version: 03\ntasks: {zz: echo}\n",
    "version: \"3\"\ntasks: {a: {desc: 2024-01-01, label: 0x10, silent: yes}}\n",
    "{}\n",
    "~\n",
    "version: \"3\"\ntasks: {a: {if: 5, prompt: 5, dir: ~, method: ~}}\n",
    "version: \"3\"\noutput: ~\ntasks: {zz: echo}\n",
    "version: \"3\"\ninterval: ~\ntasks: {zz: echo}\n",
    "version: \"3\"\noutput: 5\ntasks: {zz: echo}\n",
    "version: \"3\"\ntasks: {a: {sources: [{exclude: ~}]}}\n",
    "version: \"3\"\ntasks: {a: {aliases: [~, x]}}\n",
    "version: \"3\"\ntasks: {a: {cmds: [{defer: {task: x, timeout: ~}}]}}\n",
    "version: \"3\"\ntasks: {a: {cmds: [{defer: {task: x, timeout: \"\"}}]}}\n",
];

const FAILURES: &[(&str, &str)] = &[
    ("version: \"3\"\ntasks: []\n", "2:8 cannot unmarshal !!seq into tasks"),
    ("version: \"3\"\ntasks: foo\n", "2:8 cannot unmarshal !!str into tasks"),
    ("version: \"3\"\ntasks: 5\n", "2:8 cannot unmarshal !!int into tasks"),
    (
        "version: \"3\"\ntasks: {a: {cmds: foo}}\n",
        "2:12 line 2: cannot unmarshal !!str `foo` into []*ast.Cmd",
    ),
    ("version: \"3\"\ntasks: {a: {cmds: [[x]]}}\n", "2:20 cannot unmarshal !!seq into command"),
    ("version: \"3\"\ntasks: {a: {cmds: [{foo: bar}]}}\n", "2:20 invalid keys in command"),
    ("version: \"3\"\ntasks: {a: {cmds: [{cmd: [x]}]}}\n", "2:20 line 2: cannot unmarshal !!seq into string"),
    ("version: \"3\"\ntasks: {a: {cmds: [{cmd: {}}]}}\n", "2:20 line 2: cannot unmarshal !!map into string"),
    ("version: \"3\"\ntasks: {a: {cmd: x, cmds: [y]}}\n", "2:12 task cannot have both cmd and cmds"),
    ("version: \"3\"\ntasks: {a: {cmd: x, cmds: []}}\n", "2:12 task cannot have both cmd and cmds"),
    ("version: \"3\"\ntasks: {a: {cmds: [{cmd: x, timeout: 5}]}}\n", "2:20 invalid timeout format"),
    ("version: \"3\"\ntasks: {a: {cmds: [{cmd: x, timeout: 5x}]}}\n", "2:20 invalid timeout format"),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, timeout: -5s}]}}\n",
        "2:20 timeout must be greater than zero",
    ),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, timeout: 0}]}}\n",
        "2:20 timeout must be greater than zero",
    ),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, timeout: [1]}]}}\n",
        "2:20 line 2: cannot unmarshal !!seq into string",
    ),
    ("version: \"3\"\ntasks: {a: {cmds: [{defer: [x]}]}}\n", "2:28 cannot unmarshal !!seq into defer"),
    ("version: \"3\"\ntasks: {a: {cmds: [{defer: }]}}\n", "2:20 invalid keys in command"),
    ("version: \"3\"\ntasks: {a: {cmds: [{defer: x, timeout: zz}]}}\n", "2:20 invalid timeout format"),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{defer: {task: b, timeout: 5s}}]}}\n",
        "2:20 timeout must be set next to defer, not inside it",
    ),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{defer: {defer: b, timeout: 5s}}]}}\n",
        "2:20 timeout must be set next to defer, not inside it",
    ),
    ("version: \"3\"\ntasks: {a: {cmds: [{cmd: x, for: {foo: x}}]}}\n", "2:34 invalid keys in for"),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, for: {var: x, matrix: {A: [1]}}}]}}\n",
        "2:34 cannot use both var and matrix in for",
    ),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, for: {matrix: [x]}}]}}\n",
        "2:43 cannot unmarshal !!seq into matrix",
    ),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, for: {matrix: {A: 5}}}]}}\n",
        "2:43 matrix values must be an array or a reference",
    ),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, for: {var: [x]}}]}}\n",
        "2:34 line 2: cannot unmarshal !!seq into string",
    ),
    ("version: \"3\"\ntasks: {a: {cmds: [{cmd: x, for: {}}]}}\n", "2:34 invalid keys in for"),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, silent: maybe}]}}\n",
        "2:20 line 2: cannot unmarshal !!str `maybe` into bool",
    ),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, silent: \"true\"}]}}\n",
        "2:20 line 2: cannot unmarshal !!str `true` into bool",
    ),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, ignore_error: 1, silent: 2}]}}\n",
        "2:20 line 2: cannot unmarshal !!int `1` into bool & line 2: cannot unmarshal !!int `2` into bool",
    ),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, set: pipefail}]}}\n",
        "2:20 line 2: cannot unmarshal !!str `pipefail` into []string",
    ),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, platforms: linux}]}}\n",
        "2:20 line 2: cannot unmarshal !!str `linux` into []*ast.Platform",
    ),
    ("version: \"3\"\ntasks: {a: {cmds: [{cmd: x, platforms: [foo]}]}}\n", "2:41 invalid platform \"foo\""),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, platforms: [linux/foo]}]}}\n",
        "2:41 invalid platform \"linux/foo\"",
    ),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, platforms: [linux/amd64/x]}]}}\n",
        "2:41 invalid platform \"linux/amd64/x\"",
    ),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, platforms: [amd64/amd64]}]}}\n",
        "2:41 invalid platform \"amd64/amd64\"",
    ),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, platforms: [amd64/linux]}]}}\n",
        "2:41 invalid platform \"amd64/linux\"",
    ),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, platforms: [{a: b}]}]}}\n",
        "2:41 cannot unmarshal !!map into platform",
    ),
    ("version: \"3\"\ntasks: {a: {cmds: [{cmd: x, platforms: [\"\"]}]}}\n", "2:41 invalid platform \"\""),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, if: [x]}]}}\n",
        "2:20 line 2: cannot unmarshal !!seq into string",
    ),
    ("version: \"3\"\ntasks: {a: {cmds: [{task: x, vars: [1]}]}}\n", "2:36 cannot unmarshal !!seq into vars"),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{task: x, vars: {A: {b: c}}}]}}\n",
        "2:40 \"b\" is not a valid variable type. Try \"sh\", \"ref\", \"map\", \"value\" or using a scalar value",
    ),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{task: [x]}]}}\n",
        "2:20 line 2: cannot unmarshal !!seq into string",
    ),
    ("version: \"3\"\ntasks: {a: {cmds: [{task: \"\"}]}}\n", "2:20 invalid keys in command"),
    ("version: \"3\"\ntasks: {a: {cmds: [{}]}}\n", "2:20 invalid keys in command"),
    (
        "version: \"3\"\ntasks: {a: {deps: foo}}\n",
        "2:12 line 2: cannot unmarshal !!str `foo` into []*ast.Dep",
    ),
    ("version: \"3\"\ntasks: {a: {deps: [[x]]}}\n", "2:20 cannot unmarshal !!seq into dependency"),
    ("version: \"3\"\ntasks: {a: {deps: [{task: x, timeout: zz}]}}\n", "2:20 invalid timeout format"),
    ("version: \"3\"\ntasks: {a: {deps: {b: c}}}\n", "2:12 line 2: cannot unmarshal !!map into []*ast.Dep"),
    (
        "version: \"3\"\ntasks: {a: {label: [x], desc: {a: b}, silent: 3}}\n",
        "2:12 line 2: cannot unmarshal !!seq into string & line 2: cannot unmarshal !!map into string & line 2: cannot unmarshal !!int `3` into bool",
    ),
    ("version: \"3\"\ntasks: {a: {prompt: {a: b}}}\n", "2:21 cannot unmarshal !!map into prompt"),
    ("version: \"3\"\ntasks: {a: {prompt: [[b]]}}\n", "2:21 line 2: cannot unmarshal !!seq into string"),
    (
        "version: \"3\"\ntasks: {a: {aliases: foo}}\n",
        "2:12 line 2: cannot unmarshal !!str `foo` into []string",
    ),
    ("version: \"3\"\ntasks: {a: {aliases: [[x]]}}\n", "2:12 line 2: cannot unmarshal !!seq into string"),
    (
        "version: \"3\"\ntasks: {a: {sources: foo}}\n",
        "2:12 line 2: cannot unmarshal !!str `foo` into []*ast.Glob",
    ),
    ("version: \"3\"\ntasks: {a: {sources: [[x]]}}\n", "2:23 cannot unmarshal !!seq into glob"),
    (
        "version: \"3\"\ntasks: {a: {sources: [{exclude: [x]}]}}\n",
        "2:23 line 2: cannot unmarshal !!seq into string",
    ),
    (
        "version: \"3\"\ntasks: {a: {generates: foo}}\n",
        "2:12 line 2: cannot unmarshal !!str `foo` into []*ast.Glob",
    ),
    (
        "version: \"3\"\ntasks: {a: {status: foo}}\n",
        "2:12 line 2: cannot unmarshal !!str `foo` into []string",
    ),
    ("version: \"3\"\ntasks: {a: {status: [{a: b}]}}\n", "2:12 line 2: cannot unmarshal !!map into string"),
    (
        "version: \"3\"\ntasks: {a: {preconditions: foo}}\n",
        "2:12 line 2: cannot unmarshal !!str `foo` into []*ast.Precondition",
    ),
    ("version: \"3\"\ntasks: {a: {preconditions: [[x]]}}\n", "2:29 cannot unmarshal !!seq into precondition"),
    (
        "version: \"3\"\ntasks: {a: {preconditions: [{sh: [x]}]}}\n",
        "2:29 line 2: cannot unmarshal !!seq into string",
    ),
    (
        "version: \"3\"\ntasks: {a: {preconditions: {sh: x}}}\n",
        "2:12 line 2: cannot unmarshal !!map into []*ast.Precondition",
    ),
    (
        "version: \"3\"\ntasks: {a: {requires: foo}}\n",
        "2:12 line 2: cannot unmarshal !!str `foo` into ast.Requires",
    ),
    (
        "version: \"3\"\ntasks: {a: {requires: [x]}}\n",
        "2:12 line 2: cannot unmarshal !!seq into ast.Requires",
    ),
    (
        "version: \"3\"\ntasks: {a: {requires: {vars: foo}}}\n",
        "2:12 line 2: cannot unmarshal !!str `foo` into []*ast.VarsWithValidation",
    ),
    ("version: \"3\"\ntasks: {a: {requires: {vars: [[x]]}}}\n", "2:31 cannot unmarshal !!seq into requires"),
    (
        "version: \"3\"\ntasks: {a: {requires: {vars: [{name: x, enum: 5}]}}}\n",
        "2:47 cannot unmarshal !!int into enum",
    ),
    (
        "version: \"3\"\ntasks: {a: {requires: {vars: [{name: x, enum: {foo: x}}]}}}\n",
        "2:47 cannot unmarshal !!map into enum",
    ),
    (
        "version: \"3\"\ntasks: {a: {requires: {vars: [{name: x, enum: [[x]]}]}}}\n",
        "2:47 line 2: cannot unmarshal !!seq into string",
    ),
    ("version: \"3\"\ntasks: {a: {dir: [x]}}\n", "2:12 line 2: cannot unmarshal !!seq into string"),
    ("version: \"3\"\ntasks: {a: {vars: foo}}\n", "2:19 cannot unmarshal !!str into vars"),
    ("version: \"3\"\ntasks: {a: {vars: [x]}}\n", "2:19 cannot unmarshal !!seq into vars"),
    (
        "version: \"3\"\ntasks: {a: {vars: {A: {}}}}\n",
        "2:23 a variable must define one of \"sh\", \"ref\", \"map\", \"value\" or be a scalar value",
    ),
    (
        "version: \"3\"\ntasks: {a: {vars: {A: {sh: [x]}}}}\n",
        "2:23 line 2: cannot unmarshal !!seq into string",
    ),
    (
        "version: \"3\"\ntasks: {a: {vars: {A: {sh: x, foo: y}}}}\n",
        "2:23 \"foo\" is not a valid variable type. Try \"sh\", \"ref\", \"map\", \"value\" or using a scalar value",
    ),
    (
        "version: \"3\"\ntasks: {a: {vars: {A: {foo: y, sh: x}}}}\n",
        "2:23 \"foo\" is not a valid variable type. Try \"sh\", \"ref\", \"map\", \"value\" or using a scalar value",
    ),
    (
        "version: \"3\"\ntasks: {a: {vars: {A: {secret: true}}}}\n",
        "2:23 a variable must define one of \"sh\", \"ref\", \"map\", \"value\" or be a scalar value",
    ),
    (
        "version: \"3\"\ntasks: {a: {vars: {A: {value: x, secret: maybe}}}}\n",
        "2:23 line 2: cannot unmarshal !!str `maybe` into bool",
    ),
    (
        "version: \"3\"\ntasks: {a: {vars: {A: {ref: [x]}}}}\n",
        "2:23 line 2: cannot unmarshal !!seq into string",
    ),
    ("version: \"3\"\ntasks: {a: {env: foo}}\n", "2:18 cannot unmarshal !!str into vars"),
    (
        "version: \"3\"\ntasks: {a: {dotenv: foo}}\n",
        "2:12 line 2: cannot unmarshal !!str `foo` into []string",
    ),
    ("version: \"3\"\ntasks: {a: {method: [x]}}\n", "2:12 line 2: cannot unmarshal !!seq into string"),
    ("version: \"3\"\ntasks: {a: {set: foo}}\n", "2:12 line 2: cannot unmarshal !!str `foo` into []string"),
    ("version: \"3\"\ntasks: {a: {platforms: [foo]}}\n", "2:25 invalid platform \"foo\""),
    ("version: \"3\"\ntasks: {a: {watch: foo}}\n", "2:12 line 2: cannot unmarshal !!str `foo` into bool"),
    ("version: \"3\"\ntasks: {a: {failfast: foo}}\n", "2:12 line 2: cannot unmarshal !!str `foo` into bool"),
    (
        "version: \"3\"\ntasks: {a: {interactive: [x], internal: {}}}\n",
        "2:12 line 2: cannot unmarshal !!seq into bool & line 2: cannot unmarshal !!map into bool",
    ),
    (
        "version: \"3\"\ntasks: {a: {use_gitignore: foo}}\n",
        "2:12 line 2: cannot unmarshal !!str `foo` into bool",
    ),
    ("version: \"3\"\ntasks: {a: {if: {a: b}}}\n", "2:12 line 2: cannot unmarshal !!map into string"),
    ("version: \"3\"\ntasks: {a: !!int foo}\n", "2:12 yaml: cannot decode !!str `foo` as a !!int"),
    ("version: \"3\"\nincludes: foo\ntasks: {zz: echo}\n", "2:11 cannot unmarshal !!str into includes"),
    ("version: \"3\"\nincludes: [x]\ntasks: {zz: echo}\n", "2:11 cannot unmarshal !!seq into includes"),
    ("version: \"3\"\nincludes: {a: [x]}\ntasks: {zz: echo}\n", "2:15 cannot unmarshal !!seq into include"),
    (
        "version: \"3\"\nincludes: {a: {foo: x}}\ntasks: {zz: echo}\n",
        "2:15 include must specify taskfile or dir",
    ),
    (
        "version: \"3\"\nincludes: {a: {taskfile: [x]}}\ntasks: {zz: echo}\n",
        "2:15 line 2: cannot unmarshal !!seq into string",
    ),
    (
        "version: \"3\"\nincludes: {a: {taskfile: x, optional: maybe}}\ntasks: {zz: echo}\n",
        "2:15 line 2: cannot unmarshal !!str `maybe` into bool",
    ),
    (
        "version: \"3\"\nincludes: {a: {taskfile: x, optional: true, aliases: foo}}\ntasks: {zz: echo}\n",
        "2:15 line 2: cannot unmarshal !!str `foo` into []string",
    ),
    (
        "version: \"3\"\nincludes: {a: {taskfile: x, optional: true, vars: foo}}\ntasks: {zz: echo}\n",
        "2:51 cannot unmarshal !!str into vars",
    ),
    (
        "version: \"3\"\nincludes: {a: {taskfile: x, optional: true, excludes: foo}}\ntasks: {zz: echo}\n",
        "2:15 line 2: cannot unmarshal !!str `foo` into []string",
    ),
    ("version: \"3\"\nincludes: {a: {}}\ntasks: {zz: echo}\n", "2:15 include must specify taskfile or dir"),
    ("version: \"3\"\nvars: foo\ntasks: {zz: echo}\n", "2:7 cannot unmarshal !!str into vars"),
    (
        "version: \"3\"\nvars: {A: {b: c}}\ntasks: {zz: echo}\n",
        "2:11 \"b\" is not a valid variable type. Try \"sh\", \"ref\", \"map\", \"value\" or using a scalar value",
    ),
    ("version: \"3\"\nenv: [x]\ntasks: {zz: echo}\n", "2:6 cannot unmarshal !!seq into vars"),
    (
        "version: \"3\"\ndotenv: foo\ntasks: {zz: echo}\n",
        "1:1 line 2: cannot unmarshal !!str `foo` into []string",
    ),
    ("version: \"3\"\ndotenv: [[x]]\ntasks: {zz: echo}\n", "1:1 line 2: cannot unmarshal !!seq into string"),
    ("version: \"3\"\noutput: [x]\ntasks: {zz: echo}\n", "2:9 cannot unmarshal !!seq into output"),
    (
        "version: \"3\"\noutput: {foo: x}\ntasks: {zz: echo}\n",
        "2:9 output style must have the \"group\" key when in mapping form",
    ),
    (
        "version: \"3\"\noutput: {group: x}\ntasks: {zz: echo}\n",
        "2:9 line 2: cannot unmarshal !!str `x` into ast.OutputGroup",
    ),
    (
        "version: \"3\"\noutput: {group: {begin: [x]}}\ntasks: {zz: echo}\n",
        "2:9 line 2: cannot unmarshal !!seq into string",
    ),
    (
        "version: \"3\"\noutput: {prefixed: x}\ntasks: {zz: echo}\n",
        "2:9 output style must have the \"group\" key when in mapping form",
    ),
    ("version: \"3\"\nmethod: [x]\ntasks: {zz: echo}\n", "1:1 line 2: cannot unmarshal !!seq into string"),
    ("version: \"3\"\nrun: [x]\ntasks: {zz: echo}\n", "1:1 line 2: cannot unmarshal !!seq into string"),
    (
        "version: \"3\"\nsilent: maybe\ntasks: {zz: echo}\n",
        "1:1 line 2: cannot unmarshal !!str `maybe` into bool",
    ),
    (
        "version: \"3\"\nset: foo\ntasks: {zz: echo}\n",
        "1:1 line 2: cannot unmarshal !!str `foo` into []string",
    ),
    (
        "version: \"3\"\nshopt: foo\ntasks: {zz: echo}\n",
        "1:1 line 2: cannot unmarshal !!str `foo` into []string",
    ),
    (
        "version: \"3\"\ninterval: 5\ntasks: {zz: echo}\n",
        "1:1 line 2: cannot unmarshal !!int `5` into time.Duration",
    ),
    (
        "version: \"3\"\ninterval: 5x\ntasks: {zz: echo}\n",
        "1:1 line 2: cannot unmarshal !!str `5x` into time.Duration",
    ),
    (
        "version: \"3\"\ninterval: [x]\ntasks: {zz: echo}\n",
        "1:1 line 2: cannot unmarshal !!seq into time.Duration",
    ),
    (
        "version: \"3\"\nuse_gitignore: 5\ntasks: {zz: echo}\n",
        "1:1 line 2: cannot unmarshal !!int `5` into bool",
    ),
    ("version: [x]\ntasks: {zz: echo}\n", "1:1 line 1: cannot unmarshal !!seq into semver.Version"),
    ("version: abc\ntasks: {zz: echo}\n", "1:1 invalid semantic version"),
    ("version: \"\"\ntasks: {zz: echo}\n", "1:1 invalid semantic version"),
    ("version: \"3.x\"\ntasks: {zz: echo}\n", "1:1 invalid semantic version"),
    ("version: \">=3\"\ntasks: {zz: echo}\n", "1:1 invalid semantic version"),
    ("version: \"3\"\ntasks: {a: {cmds: [{{.X}}]}}\n", "2:20 line 2: cannot unmarshal !!map into string"),
    ("version: \"3\"\ntasks: {a: {{.X}}}\n", "2:12 line 2: cannot unmarshal !!map into string"),
    ("version: \"3\"\ntasks: {a: {deps: [{{.X}}]}}\n", "2:20 line 2: cannot unmarshal !!map into string"),
    (
        "version: \"3\"\nvars: {A: {{.X}}}\ntasks: {zz: echo}\n",
        "2:11 line 2: cannot unmarshal !!map into string",
    ),
    ("version: \"3\"\ntasks: {a: {sources: [{{.X}}]}}\n", "2:23 line 2: cannot unmarshal !!map into string"),
    ("version: \"3\"\ntasks: {a: {dir: {{.X}}}}\n", "2:12 line 2: cannot unmarshal !!map into string"),
    (
        "version: \"3\"\nincludes: {a: {{.X}}}\ntasks: {zz: echo}\n",
        "2:15 line 2: cannot unmarshal !!map into string",
    ),
    (
        "version: \"3\"\ntasks: {a: {cmds: [x], cmds: [y], desc: [z], cmds: 5}}\n",
        "2:12 line 2: mapping key \"cmds\" already defined at line 2 & line 2: mapping key \"cmds\" already defined at line 2 & line 2: mapping key \"cmds\" already defined at line 2",
    ),
    (
        "version: \"3\"\ntasks: {a: {<<: 5, cmds: [x]}}\n",
        "2:12 yaml: map merge requires map or sequence of maps as the value",
    ),
    (
        "version: \"3\"\ntasks: {a: {<<: {desc: [x]}, cmds: [x]}}\n",
        "2:12 line 2: cannot unmarshal !!seq into string",
    ),
    ("version: \"3\"\ntasks: &x\n  a: [[b]]\n", "3:7 cannot unmarshal !!seq into command"),
    ("version: \"3\"\ntasks: {a: &z !!map {cmds: [[x]]}}\n", "2:29 cannot unmarshal !!seq into command"),
    ("version: \"3\"\ntasks: {a: {desc: [x], cmds: [[x]]}}\n", "2:31 cannot unmarshal !!seq into command"),
    ("version: \"3\"\ntasks: {a: {cmds: [[x]], desc: [x]}}\n", "2:20 cannot unmarshal !!seq into command"),
    (
        "version: \"3\"\ntasks: {a: {desc: [x]}}\nvars: {B: [y], C: {d: e}}\n",
        "2:12 line 2: cannot unmarshal !!seq into string",
    ),
    (
        "version: \"3\"\nvars: {A: !!int x}\ntasks: {zz: echo}\n",
        "2:11 yaml: cannot decode !!str `x` as a !!int",
    ),
    (
        "version: \"3\"\ntasks: {a: {silent: aaaaaaaaaaaaaaaa}}\n",
        "2:12 line 2: cannot unmarshal !!str `aaaaaaa...` into bool",
    ),
    (
        "version: \"3\"\ntasks: {a: {silent: éééééééé}}\n",
        "2:12 line 2: cannot unmarshal !!str `ééé�...` into bool",
    ),
    (
        "version: \"3\"\ntasks: {a: {1: x, [b]: c, cmds: [x]}}\n",
        "2:12 line 2: cannot unmarshal !!seq into string",
    ),
    (
        "version: \"3\"\ntasks:\n  a:\n    vars: {A: {b: c}}\n    cmds: foo\n",
        "4:15 \"b\" is not a valid variable type. Try \"sh\", \"ref\", \"map\", \"value\" or using a scalar value",
    ),
    ("[]\n", "1:1 cannot unmarshal !!seq into taskfile"),
    ("foo\n", "1:1 cannot unmarshal !!str into taskfile"),
    ("5\n", "1:1 cannot unmarshal !!int into taskfile"),
    (
        "version: \"3\"\ntasks: {a: {vars: {A: {<<: {sh: x}}}}}\n",
        "2:23 \"<<\" is not a valid variable type. Try \"sh\", \"ref\", \"map\", \"value\" or using a scalar value",
    ),
    (
        "version: \"3\"\noutput: {group: ~}\ntasks: {zz: echo}\n",
        "2:9 output style must have the \"group\" key when in mapping form",
    ),
    (
        "version: \"3\"\ninterval: \"5\"\ntasks: {zz: echo}\n",
        "1:1 line 2: cannot unmarshal !!str `5` into time.Duration",
    ),
    (
        "version: \"3\"\ninterval: 0\ntasks: {zz: echo}\n",
        "1:1 line 2: cannot unmarshal !!int `0` into time.Duration",
    ),
    (
        "version: \"3\"\ninterval: 5.5\ntasks: {zz: echo}\n",
        "1:1 line 2: cannot unmarshal !!float `5.5` into time.Duration",
    ),
    (
        "version: 3\nversion: 3\ntasks: {zz: echo}\n",
        "1:1 line 2: mapping key \"version\" already defined at line 1",
    ),
    (
        "version: \"3\"\ntasks: {a: {requires: {vars: [{name: x, enum: {ref: }}]}}}\n",
        "2:47 cannot unmarshal !!map into enum",
    ),
    (
        "version: \"3\"\ntasks: {a: {requires: {vars: [{name: x, enum: {ref: [x]}}]}}}\n",
        "2:47 line 2: cannot unmarshal !!seq into string",
    ),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, for: {matrix: {A: {ref: [x]}}}}]}}\n",
        "2:43 line 2: cannot unmarshal !!seq into string",
    ),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{cmd: x, for: {matrix: {A: ~}}}]}}\n",
        "2:43 matrix values must be an array or a reference",
    ),
    ("version: \"3\"\ntasks: {a: {cmds: [{cmd: x, for: {matrix: {}}}]}}\n", "2:34 invalid keys in for"),
    ("version: \"3\"\ntasks: {a: {cmds: [{cmd: x, for: {matrix: ~}}]}}\n", "2:34 invalid keys in for"),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{defer: {timeout: 5s}}]}}\n",
        "2:20 timeout must be set next to defer, not inside it",
    ),
    (
        "version: \"3\"\ntasks: {a: {cmds: [{defer: {task: x, timeout: [1]}}]}}\n",
        "2:28 line 2: cannot unmarshal !!seq into string",
    ),
    ("version: \"3\"\ntasks: {a: {cmd: [x]}}\n", "2:18 cannot unmarshal !!seq into command"),
    ("version: \"3\"\ntasks: {a: {cmd: {task: [x]}}}\n", "2:18 line 2: cannot unmarshal !!seq into string"),
    ("version: \"3\"\ntasks: {a: {cmd: {}}}\n", "2:18 invalid keys in command"),
    (
        "version: \"3\"\nincludes: {a: {taskfile: ~, dir: ~}}\ntasks: {zz: echo}\n",
        "2:15 include must specify taskfile or dir",
    ),
    (
        "version: \"3\"\nincludes: {a: {taskfile: x, optional: true, checksum: [x]}}\ntasks: {zz: echo}\n",
        "2:15 line 2: cannot unmarshal !!seq into string",
    ),
];
