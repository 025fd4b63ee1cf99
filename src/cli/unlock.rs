//! `fleet unlock`: takes locks away from hosts.

use super::args::{Arguments, Unlock};
use super::{Failure, console, fleet, hosts, print, project};
use crate::driver::{DriverError, Inspect as _, Io, Lock, Output, Target as _};
use crate::executor::each_host;
use crate::executor::outcome::exit_code;
use crate::executor::task::{Answer, Console as _};
use crate::model::Host;
use crate::process::{Outlet, Stream};

/// Hosts that are asked at once.
const AT_ONCE: usize = 64;

/// Runs the command.
pub(super) fn run(arguments: &Arguments, unlock: &Unlock, program: &str) -> Result<u8, Failure> {
    let loaded = project::load(arguments)?;
    let stdout = Outlet::stdout();
    let paint = project::task_paint(arguments);
    let variables = loaded.variables(program, &[], &stdout, arguments)?;
    let wish = fleet::Wish::to_look(None);
    let engine = fleet::engine(&loaded, &variables, &wish, arguments)?;
    let hosts = hosts::select(&engine.hosts, &unlock.selector)
        .map_err(|diagnostic| Failure::finding(diagnostic, &loaded.sources, arguments))?;
    let inspect = engine.inspect()?;
    let io = Io { output: &Unheard, cancel: &wish.cancel };
    let found = each_host(&hosts, AT_ONCE, |host| inspect.status(host, io).map(|status| status.lock));
    let mut locked = Vec::new();
    let mut live = 0;
    let mut all_answered = true;
    for (host, lock) in hosts.iter().zip(&found) {
        match lock {
            Ok(Some(lock)) => {
                live += usize::from(lock.stale.is_none());
                print(&stdout, &format!("{}: {lock}\n", host.name))?;
                locked.push(host.clone());
            }
            Ok(None) => print(&stdout, &format!("{}: not locked\n", host.name))?,
            Err(error) => all_answered &= told(host, error),
        }
    }
    if live > 0 && !unlock.yes {
        let question = format!("{live} of these runs may still be alive. Take their locks away?");
        match console::Terminal::new(stdout.clone(), paint, wish.cancel.clone()).confirm(&question) {
            Answer::Yes => {}
            Answer::No => return Ok(exit_code::STOPPED),
            Answer::NoTerminal => {
                let sentence = format!("{live} of these runs may still be alive, and nobody can be asked");
                let help = "`--yes` takes their locks away all the same";
                return Err(Failure::helped(sentence, help, exit_code::FAILED));
            }
        }
    }
    let results: Vec<Result<Option<Lock>, DriverError>> =
        each_host(&locked, AT_ONCE, |host| inspect.unlock(host, io));
    engine.finish();
    for (host, result) in locked.iter().zip(&results) {
        match result {
            Ok(_) => print(&stdout, &format!("{}: unlocked\n", host.name))?,
            Err(error) => all_answered &= told(host, error),
        }
    }
    Ok(if all_answered { exit_code::GOOD } else { exit_code::HOSTS_FAILED })
}

/// Tells of an error; false, for want of an answer.
fn told(host: &Host, error: &DriverError) -> bool {
    let _ = Outlet::stderr().write(format!("{}: {error}\n", host.name).as_bytes());
    false
}

/// What ssh says beside its answer is in the error where there is one.
struct Unheard;

impl Output for Unheard {
    fn line(&self, _stream: Stream, _line: &str) {}
}
