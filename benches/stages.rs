//! The stages that do the work at start-up and in a run: YAML tree, loading, templates, plan, scheduler.
//! `cargo bench`, or `cargo bench -- yaml` for one of them. Absolute times mean little on a shared machine: compare runs
//! made side by side.

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use fleet::executor::runtime;
use fleet::executor::schedule::{Ended, Schedule};
use fleet::plan::{EdgeKind, Node, NodeKind, PlanBuilder, Stage};
use fleet::source::SourceMap;
use fleet::template::{Map, Template, Value};
use std::fmt::Write as _;

fn main() {
    divan::main();
}

/// A Taskfile of so many tasks.
fn taskfile(tasks: usize) -> String {
    let mut text = String::from("version: '3'\nvars:\n  GREETING: hello\ntasks:\n");
    for index in 0..tasks {
        let _ = writeln!(
            text,
            "  task-{index}:\n    desc: Task number {index}\n    deps: [task-0]\n    cmds:\n      - echo {{{{.GREETING}}}} {index}"
        );
    }
    text
}

#[divan::bench(args = [10, 1_000, 10_000])]
fn yaml_tree(bencher: Bencher<'_, '_>, tasks: usize) {
    let text = taskfile(tasks);
    let source = SourceMap::default().add("Taskfile.yml", text.as_str());
    bencher.counter(BytesCount::of_str(&text)).bench(|| fleet::yaml::parse(source, &text).is_ok());
}

#[divan::bench(args = [10, 1_000, 10_000])]
fn load_project(bencher: Bencher<'_, '_>, tasks: usize) {
    let Ok(directory) = tempfile::tempdir() else { return };
    let path = directory.path().join("Taskfile.yml");
    if std::fs::write(&path, taskfile(tasks)).is_err() {
        return;
    }
    bencher.counter(ItemsCount::new(tasks)).bench(|| {
        let mut sources = SourceMap::default();
        fleet::frontend::load(&mut sources, &path, None).is_ok()
    });
}

fn variables() -> Map {
    Map::from_iter([
        ("NAME".into(), Value::from("fleet")),
        ("LIST".into(), Value::list((0..10_i64).map(Value::from))),
    ])
}

#[divan::bench(args = ["plain text", "{{.NAME}} and {{.NAME}}", "{{range .LIST}}{{. | printf \"%03d\"}},{{end}}"])]
fn template_render(bencher: Bencher<'_, '_>, text: &str) {
    let (Ok(template), variables) = (Template::parse(text), variables()) else { return };
    bencher.bench(|| template.render(&variables));
}

#[divan::bench(args = ["{{.NAME}} and {{.NAME}}", "{{if eq .NAME \"fleet\"}}yes{{else}}{{.NAME | upper}}{{end}}"])]
fn template_parse(text: &str) -> bool {
    Template::parse(text).is_ok()
}

/// Hosts with five nodes each, behind one gate.
fn graph(hosts: usize) -> PlanBuilder {
    let mut builder = PlanBuilder::new("bench", Vec::new());
    let pool = builder.pool("build", Some(8));
    let node = |pool| Node {
        kind: NodeKind::Probe,
        stage: Stage::Check,
        host: None,
        pool,
        tag_pools: Default::default(),
    };
    let gate = builder.node(node(None), []);
    for _ in 0..hosts {
        let mut before = gate;
        for _ in 0..5 {
            before = builder.node(node(Some(pool)), [(before, EdgeKind::Success)]);
        }
    }
    builder
}

#[divan::bench(args = [100, 10_000])]
fn plan_finish(bencher: Bencher<'_, '_>, hosts: usize) {
    bencher
        .counter(ItemsCount::new(hosts * 5))
        .with_inputs(|| graph(hosts))
        .bench_values(|builder| builder.finish());
}

#[divan::bench(args = [100, 10_000])]
fn schedule(bencher: Bencher<'_, '_>, hosts: usize) {
    let plan = graph(hosts).finish();
    bencher.counter(ItemsCount::new(hosts * 5)).bench(|| {
        let mut schedule = Schedule::new(&plan, 64);
        let mut ended = 0_usize;
        while let Some(id) = schedule.start() {
            schedule.finish(id, Ended::Succeeded);
            ended += 1;
        }
        ended
    });
}

#[divan::bench(args = [1, 1_000])]
fn coordinator_futures(bencher: Bencher<'_, '_>, futures: usize) {
    bencher.counter(ItemsCount::new(futures)).bench(|| {
        runtime::block_on(|runtime| async move {
            let spawned: Vec<_> = (0..futures).map(|index| runtime.spawn(async move { index })).collect();
            let mut sum = 0;
            for future in spawned {
                sum += future.await.unwrap_or_default();
            }
            sum
        })
    });
}
