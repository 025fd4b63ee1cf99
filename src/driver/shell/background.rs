//! Commands that a script runs beside itself (`&`), and what it knows of them, as mvdan/sh has it: they are named `g1`,
//! `g2` and so on, and end with the script's process, not with the script.

use super::ports::{Lasting, LastingPorts, Ports};
use super::run::{Flow, Run};
use super::simple::{Call, INTERRUPTED};
use super::syntax::{Command, Kind};
use crate::process::{Cancel, Environment, Input, Outlet, Process, Sink, SpawnErrorKind};
use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;
use std::thread::{self, JoinHandle};

/// Letter before the number of such a command.
const LETTER: char = 'g';
/// Status of a command that did not start.
const NOT_STARTED: i32 = 126;

/// A command that runs beside the script, or has done so.
#[derive(Debug)]
pub(super) struct Job {
    thread: RefCell<Option<JoinHandle<i32>>>,
    status: Cell<i32>,
}

impl Job {
    fn ended(status: i32) -> Self {
        Self { thread: RefCell::default(), status: Cell::new(status) }
    }

    /// Waits for its end; gives its status.
    fn wait(&self) -> i32 {
        if let Some(thread) = self.thread.take() {
            self.status.set(thread.join().unwrap_or(NOT_STARTED));
        }
        self.status.get()
    }
}

impl Run<'_, '_> {
    /// Starts a command and does not wait for it.
    pub(super) fn start_beside(&mut self, command: &Command) {
        let Kind::Simple(simple) = &command.kind else { return };
        let job = if simple.builtin.is_some() {
            // It waits for nothing, so that nobody can tell it from one that runs later.
            let before = self.state.clone();
            self.state.tolerant += 1;
            self.simple(simple, &command.redirections);
            let status = std::mem::replace(&mut self.state, before).status;
            Job::ended(status)
        } else {
            let outside = self.state.ports.clone();
            match self.redirect(&command.redirections, &outside) {
                Ok(ports) => match self.piped_call(simple, &ports) {
                    Some(call) => self.start(call, &ports),
                    None => Job::ended(self.state.status),
                },
                Err(message) => {
                    self.complain(&message);
                    Job::ended(1)
                }
            }
        };
        if matches!(self.flow, Flow::Exit) {
            self.flow = Flow::Next;
        }
        self.state.jobs.push(Rc::new(job));
        self.state.status = 0;
    }

    fn start(&mut self, call: Call, ports: &Ports) -> Job {
        let Ok(input) = self.outer.input(&ports.input) else { return Job::ended(1) };
        let Ok(ports) = self.outer.lasting(ports) else { return Job::ended(1) };
        let (environment, _) = self.state.variables.environment();
        let beside = Beside {
            call,
            environment,
            dir: self.state.dir.clone(),
            input,
            ports,
            group: self.limits.group,
            cancel: self.cancel.clone(),
        };
        match thread::Builder::new().spawn(move || beside.run()) {
            Ok(thread) => Job { thread: RefCell::new(Some(thread)), status: Cell::new(0) },
            Err(_) => Job::ended(NOT_STARTED),
        }
    }

    /// `$!`
    pub(super) fn last_job(&self) -> Option<String> {
        let count = self.state.jobs.len();
        (count > 0).then(|| format!("{LETTER}{count}"))
    }

    /// `wait`: for all, or for those named.
    pub(super) fn wait(&mut self, names: &[String]) -> i32 {
        let mut status = 0;
        if names.is_empty() {
            for job in &self.state.jobs {
                job.wait();
            }
            return status;
        }
        for name in names {
            let number = name.strip_prefix(LETTER);
            let index = number.and_then(|number| number.parse::<usize>().ok()?.checked_sub(1));
            match index.and_then(|index| self.state.jobs.get(index)) {
                Some(job) => status = job.wait(),
                None => {
                    let shown = number.unwrap_or(name);
                    self.complain(&format!("wait: pid {shown} is not a child of this shell"));
                    return 1;
                }
            }
        }
        status
    }
}

/// A program that runs beside the script.
struct Beside {
    call: Call,
    environment: Environment,
    dir: PathBuf,
    input: Input,
    ports: LastingPorts,
    group: bool,
    cancel: Cancel,
}

impl Beside {
    /// Runs it on this thread; gives its status.
    fn run(self) -> i32 {
        let sink = |port| match port {
            Lasting::Inherit => Sink::Inherit,
            Lasting::Null => Sink::Null,
            Lasting::File(file) => Sink::File(file),
            Lasting::Merge => Sink::Merge,
        };
        let mut process = Process::new(self.call.path).args(self.call.args);
        process.name = Some(self.call.name);
        process.env = Some(self.environment);
        process.overlay = self.call.overlay;
        process.dir = Some(self.dir);
        process.stdin = self.input;
        process.stdout = sink(self.ports.output);
        process.stderr = sink(self.ports.error);
        process.group = self.group;
        match process.run(&self.cancel) {
            Ok(exit) => exit.code,
            Err(error) if error.kind == SpawnErrorKind::Cancelled => INTERRUPTED,
            Err(error) => {
                let _ = Outlet::stderr().write(format!("{error}\n").as_bytes());
                NOT_STARTED
            }
        }
    }
}
