//! Whether a program can give several values for one input, told from the program alone: so that what comes of it is a
//! list, or is none, whatever the input holds. Runs nothing.

use super::node::{Definition, Node, NodeId, Program};

/// Definitions that call others in circles settle after a few rounds.
const ROUNDS: usize = 50;

impl Program {
    /// Whether it goes through several values: by `[]`, `..`, a comma, `range`, and what is made of them. What collects
    /// them again, such as `[...]`, `map` or `reduce`, gives one.
    #[must_use]
    pub fn gives_several(&self) -> bool {
        let mut known = vec![Given::default(); self.definitions.len()];
        for _ in 0..ROUNDS {
            let mut changed = false;
            for (index, definition) in self.definitions.iter().enumerate() {
                let given = self.definition(*definition, &known);
                changed |= std::mem::replace(&mut known[index], given) != given;
            }
            if !changed {
                break;
            }
        }
        self.given(self.main, &known).several
    }

    fn definition(&self, definition: Definition, known: &[Given]) -> Given {
        if definition.gives_one { Given::default() } else { self.given(definition.body, known) }
    }

    /// What an expression gives.
    fn given(&self, root: NodeId, known: &[Given]) -> Given {
        let mut given = Given::default();
        let mut pending = vec![root];
        while let Some(node) = pending.pop().and_then(|id| self.nodes.get(id as usize)) {
            match node {
                Node::Identity
                | Node::Constant(_)
                | Node::Variable(_)
                | Node::Collect(_)
                | Node::Modify { .. }
                | Node::First(_)
                | Node::Break(_)
                | Node::State { .. }
                | Node::Empty => {}
                Node::Comma(_) | Node::Iterate(_) | Node::Foreach { .. } | Node::Range { .. } => {
                    given.several = true;
                }
                Node::Pipe(first, second)
                | Node::Alternative(first, second)
                | Node::And(first, second)
                | Node::Or(first, second) => pending.extend([*first, *second]),
                Node::Bind { source, body } => pending.extend([*source, *body]),
                Node::Index { term, key } => pending.extend([*term, *key]),
                Node::Slice { term, from, upto } => {
                    pending.extend([Some(*term), *from, *upto].into_iter().flatten());
                }
                Node::Object(pairs) => pending.extend(pairs.iter().flat_map(|(key, value)| [*key, *value])),
                Node::Join(parts) | Node::Alternatives(parts) => pending.extend(parts),
                Node::Native { arguments, .. } => pending.extend(arguments),
                Node::Try { body, handler } => pending.extend([Some(*body), *handler].into_iter().flatten()),
                Node::If { condition, then, otherwise } => pending.extend([*condition, *then, *otherwise]),
                // Of the source's values the last one counts.
                Node::Reduce { init, .. } => pending.push(*init),
                Node::Outer(body)
                | Node::Label(body)
                | Node::Define(body)
                | Node::Path(body)
                | Node::GetPath(body) => pending.push(*body),
                Node::Argument(_) => given.passes = true,
                Node::Call { definition, arguments, .. } | Node::CallOwn { definition, arguments } => {
                    let own = known.get(*definition as usize).copied().unwrap_or_default();
                    given.several |= own.several;
                    given.passes |= own.passes;
                    if own.passes {
                        pending.extend(arguments);
                    }
                }
            }
        }
        given
    }
}

/// How often an expression gives a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Given {
    /// More than once.
    several: bool,
    /// As often as an argument of a definition around it does.
    passes: bool,
}

#[cfg(test)]
mod tests {
    use crate::query::Program;

    fn several(text: &str) -> bool {
        Program::compile(text, &|_| None)
            .unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
            .gives_several()
    }

    #[test]
    fn what_goes_through_values_gives_several() {
        for text in [
            ".nodes[].name",
            ".[]",
            "..",
            ".a, .b",
            "range(3)",
            ".nodes[] | select(.up) | {name}",
            ".[] // empty",
            "[1, 2][]",
            "\"\\(.[])\"",
            "{a: .[]}",
            "keys[]",
            "paths",
            "to_entries[] | .key",
            "select(.tags[] == \"x\")",
            "splits(\",\")",
            "scan(\"[0-9]+\")",
            "limit(3; .[])",
            "recurse(.children[])",
            "inputs",
            "while(. < 10; . + 1)",
            "def f: .[]; f",
            "def f(g): g; f(.[])",
            "def f: if . == 0 then 0 else ., (. - 1 | f) end; f",
            "if .a then .b[] else .c end",
            "try .[] catch .",
            ".[] as $x | $x.a",
            "foreach .[] as $x (0; . + $x)",
            "walk(.[])",
            "-.[]",
            "combinations",
        ] {
            assert!(several(text), "{text}");
        }
    }

    #[test]
    fn what_collects_gives_one() {
        for text in [
            ".",
            ".nodes",
            "[.nodes[].name]",
            "map(.name)",
            ".nodes | length",
            "first(.[])",
            "last(.[])",
            ".a // empty",
            "select(.a)",
            "reduce .[] as $x (0; . + $x)",
            "map(select(.a)) | sort_by(.b) | .[0]",
            "to_entries | from_entries",
            "with_entries(.value |= tostring)",
            "[.[] | select(.a)] | add // {}",
            "any(.[]; . > 2)",
            "all",
            "join(\",\")",
            "group_by(.a) | map({a: .[0].a, n: length})",
            "test(\"x\")",
            "capture(\"(?<major>[0-9]+)\")",
            "sub(\"a\"; \"b\")",
            "gsub(\"a\"; \"b\")",
            "split(\",\")",
            "del(.a[])",
            ".a[] |= 1",
            ".a[] += 1",
            "walk(if type == \"object\" then del(.x) else . end)",
            "flatten",
            "unique_by(.a)",
            "index(\"a\")",
            "until(. > 10; . * 2)",
            "def f(g): [g]; f(.[])",
            "isempty(.[])",
            "INDEX(.id)",
            "IN(.[]; 1, 2)",
            "tojson",
            "@tsv \"\\(.a)\"",
            "nth(2; .[])",
            "[limit(3; .[])]",
            ". as {a: $x} | $x",
            "error",
            "",
        ] {
            assert!(!several(text), "{text}");
        }
    }

    #[test]
    fn long_programs_are_no_burden() {
        let text = vec!["."; 20_000].join(" | ");
        assert!(!several(&text));
        let chain: String = (1..300).map(|n| format!("def f{n}: f{}; ", n - 1)).collect();
        assert!(several(&format!("def f0: .[]; {chain} f299")));
    }
}
