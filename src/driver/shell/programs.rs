//! Which programs a script starts whatever happens, as far as it is understood. Runs nothing.

use super::Dialect;
use super::parse::parse;
use super::syntax::{Command, Kind, Program};
use std::collections::BTreeSet;

/// Names, without those that have a `/` in them; none of a script that is not fully understood. What stands behind `||`
/// or depends on a condition is left out, and so is what another program may be there for.
#[must_use]
pub fn programs(script: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if let Ok(parsed) = parse(script, Dialect::Bash) {
        of_program(&parsed.program, &mut found);
    }
    found
}

fn of_program(program: &Program, found: &mut BTreeSet<String>) {
    for statement in &program.statements {
        // What joins the others by `||` has an answer for its failure.
        let joined = statement.rest.iter();
        if joined.clone().any(|(connective, _)| *connective == super::syntax::Connective::Or) {
            continue;
        }
        let pipelines = std::iter::once(&statement.first).chain(joined.map(|(_, pipeline)| pipeline));
        for command in pipelines.filter(|pipeline| !pipeline.negated).flat_map(|pipeline| &pipeline.commands)
        {
            of_command(command, found);
        }
    }
}

fn of_command(command: &Command, found: &mut BTreeSet<String>) {
    match &command.kind {
        Kind::Simple(simple) if simple.builtin.is_none() => {
            let name = simple.words.first().and_then(crate::word::Word::bare);
            found.extend(name.filter(|name| !name.contains('/')).map(ToOwned::to_owned));
        }
        // The parser limits the depth.
        Kind::Group(program) | Kind::Subshell(program) => of_program(program, found),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::programs;

    #[test]
    fn programs_that_start_whatever_happens() {
        for (script, expected) in [
            ("make all", &["make"][..]),
            ("cd src && cargo build --release", &["cargo"]),
            ("A=1 go test ./... | tee out", &["go", "tee"]),
            ("echo hello", &[]),
            ("./run.sh", &[]),
            ("$TOOL x", &[]),
            ("which a || install a", &[]),
            ("if a; then b; fi", &[]),
            ("! a", &[]),
            ("(one; two)", &["one", "two"]),
            ("f() { :; }; f", &[]),
            ("'quoted", &[]),
        ] {
            assert_eq!(programs(script).into_iter().collect::<Vec<_>>(), expected, "{script}");
        }
    }
}
