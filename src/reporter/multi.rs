//! One event stream for several reporters. Knows none of them in particular, but the journal, whose trouble it passes
//! on to the others.

use super::{Journal, Reporter};
use crate::executor::event::{Event, Stamped, TaskEvent};

/// Passes events on: first to the journal, so that nothing is shown that a later run could not tell of.
#[derive(Default)]
pub struct Multi {
    journal: Option<Journal>,
    others: Vec<Box<dyn Reporter>>,
}

impl Multi {
    /// Passes events on to the journal, if there is one, and to the others.
    #[must_use]
    pub fn new(journal: Option<Journal>, others: Vec<Box<dyn Reporter>>) -> Self {
        Self { journal, others }
    }
}

impl Reporter for Multi {
    fn event(&mut self, event: &Stamped) {
        if let Some(journal) = &mut self.journal {
            journal.event(event);
            if let Some(text) = journal.take_warning() {
                // Before the event that could not be written, which may be the last one.
                let warning = Stamped { at_ms: event.at_ms, event: Event::Task(TaskEvent::Warning { text }) };
                self.others.iter_mut().for_each(|other| other.event(&warning));
            }
        }
        self.others.iter_mut().for_each(|other| other.event(event));
    }

    fn tick(&mut self) {
        self.others.iter_mut().for_each(|other| other.tick());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reporter::fixture::{Written, feed, mixed_run};
    use crate::reporter::{Json, Paint, Plain, RunId};

    #[test]
    fn all_reporters_get_every_event() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::create(dir.path(), &RunId::new()).unwrap();
        let path = journal.dir().join("journal.jsonl");
        let (json, plain) = (Written::default(), Written::default());
        let others: Vec<Box<dyn Reporter>> = vec![
            Box::new(Json::new(json.sink())),
            Box::new(Plain::new(plain.sink(), Paint::default(), None)),
        ];
        let events = mixed_run(false);
        let outputs = events.iter().filter(|(_, event)| matches!(event, Event::Output { .. })).count();
        let count = events.len();
        feed(&mut Multi::new(Some(journal), others), events);
        assert_eq!(json.take().lines().count(), count);
        assert!(plain.take().ends_with("exit code 1\n"));
        // Output goes to the logs instead.
        assert_eq!(std::fs::read_to_string(path).unwrap().lines().count(), count - outputs);
    }

    #[test]
    fn a_journal_that_cannot_be_written_is_a_warning_in_the_report() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::create(dir.path(), &RunId::new()).unwrap();
        // Logs are opened when they are needed: now there is no directory for them.
        std::fs::remove_dir_all(journal.dir()).unwrap();
        let state = journal.state();
        let out = Written::default();
        let plain = Plain::new(out.sink(), Paint::default(), None);
        feed(&mut Multi::new(Some(journal), vec![Box::new(plain)]), mixed_run(false));
        let text = out.take();
        assert!(state.incomplete().is_some());
        // Once when it happens, once in the report.
        assert_eq!(text.matches("warning: the journal in ").count(), 2, "{text}");
        assert!(text.contains("\nwarning: the journal in "), "{text}");
        assert!(text.contains("42.0s, exit code 1"), "the run went on to its end: {text}");
    }
}
