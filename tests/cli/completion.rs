//! Completion of `fleet`: what is offered where, and the scripts of shells that ask for it.

use crate::fixture::Fixture;

/// What is offered for the last word: the values alone, and the number that says what the shell does with them.
#[track_caller]
fn offered(fixture: &Fixture, words: &[&str]) -> (Vec<String>, String) {
    let output = fixture.command(&[&["__complete"], words].concat()).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{words:?}: {output:?}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<&str> = stdout.lines().collect();
    let number = lines.pop().unwrap_or_default().to_owned();
    (lines.iter().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect(), number)
}

#[track_caller]
fn offers(words: &[&str], expected: &[&str]) {
    let (values, _) = offered(&Fixture::fleet(), words);
    for value in expected {
        assert!(values.iter().any(|offered| offered == value), "{words:?}: no {value} in {values:?}");
    }
}

#[test]
fn commands_names_hosts_and_tags_are_offered_where_they_belong() {
    offers(&[""], &["run", "status", "secrets", "completion"]);
    offers(&["secrets", ""], &["check", "init"]);
    offers(&["run", ""], &["deploy", "nix:apply", "hello", "calls"]);
    offers(&["plan", ""], &["deploy", "hello"]);
    offers(&["run", "deploy", "host="], &["host=luna", "host=nixpi", "host=@dns"]);
    offers(&["run", "deploy", "host=@dns,"], &["host=@dns,luna", "host=@dns,@edge"]);
    offers(&["status", "@"], &["@dns", "@edge", "luna"]);
    offers(&["exec", "!"], &["!luna", "!@edge"]);
    offers(&["logs", ""], &["last"]);
    offers(&["rollback", "--like", ""], &["deploy"]);
    offers(&["plan", "--format", ""], &["tree", "mermaid"]);
    offers(&["plan", "--format=m"], &["--format=mermaid"]);
    offers(&["completion", ""], &["bash", "zsh"]);
    offers(&["run", "--re"], &["--rehearse", "--json", "-C"]);
    offers(&["task", "--output", ""], &["group", "prefixed"]);
    assert_eq!(offered(&Fixture::fleet(), &["run", "deploy", "h"]), (vec!["host=".into()], ":6".into()));
}

#[test]
fn a_flag_s_word_is_no_name_and_the_other_directory_counts() {
    let fixture = Fixture::new().file("there/Taskfile.yml", "version: '3'\ntasks: {far: echo}\n");
    assert_eq!(offered(&fixture, &["-C", "there", "run", ""]), (vec!["far".into()], ":4".into()));
    assert_eq!(offered(&fixture, &["run", "-fthere/Taskfile.yml", "-j", "4", ""]).0, ["far"]);
    assert_eq!(offered(&fixture, &["-C", ""]), (vec![], ":16".into()));
    assert_eq!(offered(&fixture, &["run", "--file", ""]), (vec![], ":0".into()));
    assert_eq!(offered(&fixture, &["run", "x", "--", ""]), (vec![], ":0".into()));
}

#[test]
fn what_is_wrong_only_makes_the_answer_shorter() {
    let nothing = Fixture::new();
    let broken = Fixture::new().file("Fleetfile.yaml", "tasks: [");
    for fixture in [&nothing, &broken] {
        for words in [&["run", ""][..], &["status", "l"], &["logs", "a", ""], &["nosuch", "--x", ""], &[]] {
            let (_, number) = offered(fixture, words);
            assert!(number.starts_with(':'), "{words:?}: {number}");
        }
    }
    nothing.run(["completion", "tcsh"]).code(2).stderr_contains("possible values: bash");
}

#[test]
fn bash_offers_what_fits_what_is_typed() {
    let typed = |line: &str| {
        let script = format!(
            "FLEET_EXE=$FLEET; eval \"$($FLEET completion bash)\"; COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}
             _fleet_completion; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        Fixture::fleet().shell(&script).code(0)
    };
    typed("fleet run dep").stdout_is("deploy\ndepends\n");
    typed("fleet run deploy host=n").stdout_is("nixpi\n");
    typed("fleet status @e").stdout_is("edge\n");
    typed("fleet secrets c").stdout_is("check\n");
}
