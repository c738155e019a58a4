use taskloom_core::Mark;

use super::Record;
use crate::Status;

impl Record {
    /// The plan as a picture, with each task's state and how long its last attempt took.
    pub fn to_svg(&self) -> String {
        let (plan, status) = (&self.plan, Status::from(self.outcome()));
        let tasks = plan.tasks().count();
        let plural = if tasks == 1 { "" } else { "s" };
        let caption = format!("workflow `{}` {status}: {tasks} task{plural} in {:.1?}", plan.name(), self.took);
        plan.plan().to_svg_of_run(&caption, |node| {
            let ran = plan.is_task(node) && self.attempts(node) > 0;
            let (started, ended) = if ran { self.times(node) } else { Default::default() };
            Mark { state: self.state(node), duration: ran.then(|| ended.saturating_sub(started)) }
        })
    }
}
