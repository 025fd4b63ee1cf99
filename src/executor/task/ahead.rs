//! `sh:` variables whose commands begin before their turn, beside one that runs: those that name no variable whose value
//! is still to come, and of which the shell says that they do not get in each other's way. All else keeps its place in
//! the order of writing, and values are still taken in that order.

use super::dynamic::Begun;
use super::error::TaskError;
use super::needed::mentions;
use super::runner::Runner;
use super::scope::Scope;
use super::variables::{Surroundings, render, resolve, smart_join};
use crate::model::{Text, Variable, VariableValue, Variables};
use crate::template::{Lookup, Map, Value};
use std::collections::{HashMap, HashSet};
use std::num::NonZero;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

/// Commands at once: as many as there are cores, and these on a machine with few. Most of them wait for something.
static AT_ONCE: LazyLock<usize> =
    LazyLock::new(|| std::thread::available_parallelism().map_or(1, NonZero::get).max(8));
/// Variables between a command and the last one that is looked at while it runs.
const FARTHEST: usize = 256;

/// What is known of a variable before its turn.
pub(super) enum Early {
    /// Its value.
    Value(Value),
    /// Its command, which has begun or is the next to run.
    Command(String),
}

enum Kept {
    Value(Value),
    Next(String),
    Begun(Begun),
}

/// What is ahead of the variable whose turn it is.
pub(super) struct Ahead<'v> {
    runner: Rc<Runner>,
    variables: &'v Variables,
    /// The first that was not looked at.
    next: usize,
    /// It must wait for its turn.
    is_barred: bool,
    kept: HashMap<usize, Kept>,
    begun: usize,
    /// Variables that were looked at and have no value yet.
    awaited: HashSet<&'v str>,
    /// Values of those that were looked at and have one.
    known: Map,
}

/// What templates see of variables before their turn.
struct Seen<'s> {
    scope: &'s Scope,
    known: &'s Map,
}

impl Lookup for Seen<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        self.known.get(name).cloned().or_else(|| Lookup::get(self.scope, name))
    }

    fn all(&self) -> Map {
        let mut all = self.scope.all();
        all.extend(self.known.iter().map(|(name, value)| (Arc::clone(name), value.clone())));
        all
    }
}

impl<'v> Ahead<'v> {
    pub(super) fn of(runner: &Rc<Runner>, variables: &'v Variables) -> Self {
        Self {
            runner: Rc::clone(runner),
            variables,
            next: 0,
            is_barred: false,
            kept: HashMap::new(),
            begun: 0,
            awaited: HashSet::new(),
            known: Map::new(),
        }
    }

    /// Looks ahead, at the turn of the variable with this index, and begins what may begin.
    pub(super) fn look(&mut self, turn: usize, scope: &Scope, surroundings: &Surroundings<'_>) {
        if turn >= self.next && !self.open(turn, scope) {
            return;
        }
        if let Some((name, _)) = turn.checked_sub(1).and_then(|past| self.variables.get_index(past)) {
            self.awaited.remove(&**name);
        }
        while !self.is_barred && self.begun < self.at_once() && self.next <= turn + FARTHEST {
            let Some((name, variable)) = self.variables.get_index(self.next) else { return };
            self.is_barred = self.add(name, variable, scope, surroundings).is_none();
            self.next += usize::from(!self.is_barred);
        }
    }

    /// What is known of a variable whose turn has come.
    pub(super) fn take(&mut self, turn: usize) -> Option<Early> {
        Some(match self.kept.remove(&turn)? {
            Kept::Value(value) => Early::Value(value),
            Kept::Next(command) => Early::Command(command),
            Kept::Begun(begun) => {
                self.begun -= 1;
                Early::Command(begun.into_command())
            }
        })
    }

    /// Ends what was begun: the turn of the others does not come.
    pub(super) async fn stop(self) {
        for kept in self.kept.into_values() {
            if let Kept::Begun(begun) = kept {
                begun.stop(&self.runner).await;
            }
        }
    }

    /// Whether others may run beside the variable whose turn it is.
    fn open(&mut self, turn: usize, scope: &Scope) -> bool {
        let Some((name, variable)) = self.variables.get_index(turn) else { return false };
        let VariableValue::Shell(command) = &variable.value else { return false };
        let is_shell = |(_, other): (_, &Variable)| matches!(other.value, VariableValue::Shell(_));
        if self.at_once() == 0 || !self.variables.iter().skip(turn + 1).take(FARTHEST).any(is_shell) {
            return false;
        }
        let Ok(text) = render(command, scope) else { return false };
        let scripts = &self.runner.world.scripts;
        if scripts.is_looked_for(name) || scripts.is_brief(&text) || !scripts.may_run_beside(&text) {
            return false;
        }
        self.kept.insert(turn, Kept::Next(text));
        self.awaited = HashSet::from([&**name]);
        self.known.clear();
        self.is_barred = false;
        self.next = turn + 1;
        true
    }

    /// Takes a variable in, unless it must wait for its turn.
    fn add(
        &mut self,
        name: &'v Arc<str>,
        variable: &'v Variable,
        scope: &Scope,
        surroundings: &Surroundings<'_>,
    ) -> Option<()> {
        if let Some(value) = self.value(variable, scope).ok()? {
            self.known.insert(Arc::clone(name), value.clone());
            self.kept.insert(self.next, Kept::Value(value));
            return Some(());
        }
        if self.runner.world.scripts.is_looked_for(name) {
            return None;
        }
        if let VariableValue::Shell(command) = &variable.value {
            let kept = self.command(command, variable, scope, surroundings)?;
            self.kept.insert(self.next, kept);
        }
        self.awaited.insert(name);
        Some(())
    }

    /// The value of a variable that needs no command, where nothing that it names is still to come.
    fn value(&self, variable: &Variable, scope: &Scope) -> Result<Option<Value>, TaskError> {
        let seen = Seen { scope, known: &self.known };
        let waits = |text, is_expression| mentions(text, is_expression, |name| self.awaited.contains(name));
        Ok(match &variable.value {
            _ if variable.query.is_some() => None,
            VariableValue::Literal(value) => Some(value.clone()),
            VariableValue::Template(text) if !waits(text, false) => Some(Value::from(render(text, &seen)?)),
            VariableValue::Reference(text) if !waits(text, true) => Some(resolve(text, &seen)?),
            _ => None,
        })
    }

    /// The command of a variable, begun where it may.
    fn command(
        &mut self,
        command: &Text,
        variable: &Variable,
        scope: &Scope,
        surroundings: &Surroundings<'_>,
    ) -> Option<Kept> {
        let dir = variable.dir.as_ref();
        let seen = Seen { scope, known: &self.known };
        let waits = |text| mentions(text, false, |name| self.awaited.contains(name));
        if waits(command) || dir.is_some_and(waits) {
            return None;
        }
        let runner = &self.runner;
        let text = render(command, &seen).ok()?;
        let dir = match dir {
            Some(own) => smart_join(&runner.project.root_dir, &render(own, &seen).ok()?),
            None => PathBuf::from(surroundings.dir),
        };
        // What was printed before is known, and what prints at once needs no head start.
        let scripts = &runner.world.scripts;
        if self.names_awaited(&text) {
            return None;
        }
        if text.is_empty() || runner.is_begun(&text) || scripts.is_brief(&text) {
            return Some(Kept::Next(text));
        }
        if !scripts.may_run_beside(&text) {
            return None;
        }
        let mut env = (surroundings.env)(runner);
        env.extend(runner.env_pairs(self.known.iter()));
        self.begun += 1;
        Some(Kept::Begun(runner.begin(text, dir, env, variable.secret)))
    }

    /// Whether a word of a command is the name of a variable that is still to come: it may look for it in its environment.
    fn names_awaited(&self, command: &str) -> bool {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        command.split(|letter| !is_part(letter)).any(|word| self.awaited.contains(word))
    }

    /// How many commands may run beside the one whose turn it is.
    fn at_once(&self) -> usize {
        let asked = self.runner.options.concurrency.filter(|limit| *limit > 0);
        asked.unwrap_or(usize::MAX).min(*AT_ONCE) - 1
    }
}
