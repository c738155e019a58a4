use std::fmt;

use super::Run;

/// How many tasks a summary lists.
const LISTED: usize = 20;

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.tasks().count();
        let tasks = if count == 1 { "task" } else { "tasks" };
        write!(f, "workflow `{}` {}: {count} {tasks} in {:.1?}", self.workflow(), self.status(), self.duration())?;
        let width = self.tasks().take(LISTED).map(|task| task.id().chars().count()).max().unwrap_or(0);
        for task in self.tasks().take(LISTED) {
            write!(f, "\n  {:width$}  {:9}", task.id(), task.state())?;
            if task.attempts() > 0 {
                write!(f, "  {:.1?}", task.duration())?;
            }
            if task.attempts() > 1 {
                write!(f, ", {} attempts", task.attempts())?;
            }
            if let Some(error) = task.error() {
                write!(f, "  {error}")?;
            }
        }
        if count > LISTED {
            write!(f, "\n  … and {} more", count - LISTED)?;
        }
        Ok(())
    }
}
