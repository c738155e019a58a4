//! For tests of programs that use workflows: what ran, in which order, with which arguments.

use std::{collections::BTreeMap, fmt, sync::Arc, task::Poll};

use parking_lot::Mutex;
use taskloom_core::RunPlan;

use crate::{
    Event, EventKind,
    engine::{Engine, Entry, Listener, What},
};

/// Notes down what happens in the runs that [`observe`](crate::Execute::observe) it.
///
/// Clones are the same recorder. What it tells is complete for runs that have ended; of several runs, the one that
/// was begun first comes first.
///
/// ```
/// use taskloom::{prelude::*, testing::Recorder};
///
/// #[task]
/// fn fetch(city: String, #[default(3)] days: u32) -> String {
///     format!("{days} days in {city}")
/// }
///
/// # fn main() -> taskloom::Result<()> {
/// let tokyo = fetch::task().task_id("tokyo").city("Tokyo");
/// let paris = fetch::task().task_id("paris").city("Paris");
/// let recorder = Recorder::new();
/// Workflow::new("weather").add(tokyo >> paris).execute().observe(&recorder).blocking()?;
///
/// assert_eq!(recorder.started(), ["tokyo", "paris"]);
/// assert_eq!(recorder.arguments("tokyo"), [("city".into(), "\"Tokyo\"".into()), ("days".into(), "3".into())]);
/// recorder.assert_before("tokyo", "paris");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<Recording>>>);

/// What is known of one run.
struct Recording {
    plan: Arc<RunPlan>,
    listener: Arc<Listener>,
    events: Vec<Event>,
    /// Of the last attempt of each task.
    arguments: BTreeMap<String, Arguments>,
}

type Arguments = Arc<[(String, String)]>;

impl Recorder {
    /// A recorder that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn attach(&self, engine: &Engine) {
        let (plan, listener) = (engine.plan().clone(), engine.listen(true));
        self.0.lock().push(Recording { plan, listener, events: Vec::new(), arguments: BTreeMap::new() });
    }

    /// All events so far.
    pub fn events(&self) -> Vec<Event> {
        self.visit(|recordings| recordings.iter().flat_map(|recording| recording.events.iter().cloned()).collect())
    }

    /// The ids of the tasks in the order in which they started, once for each attempt.
    pub fn started(&self) -> Vec<String> {
        self.ids(|kind| matches!(kind, EventKind::Started))
    }

    /// The ids of the tasks in the order in which they succeeded, once for each success.
    pub fn order(&self) -> Vec<String> {
        self.ids(|kind| matches!(kind, EventKind::Succeeded))
    }

    /// The ids of the tasks that were skipped, in order.
    pub fn skipped(&self) -> Vec<String> {
        self.ids(|kind| matches!(kind, EventKind::Skipped))
    }

    /// The arguments with which a task was called last, defaults included: the names of the parameters, in order,
    /// with the `Debug` text of each value, or the name of its type if that has none. Empty if it was not called.
    pub fn arguments(&self, task_id: &str) -> Vec<(String, String)> {
        self.visit(|recordings| {
            let found = recordings.iter().rev().find_map(|recording| recording.arguments.get(task_id));
            found.map(|arguments| arguments.to_vec()).unwrap_or_default()
        })
    }

    /// Checks that these tasks, and no others, succeeded in this order.
    ///
    /// # Panics
    ///
    /// If not, with what happened instead.
    #[track_caller]
    pub fn assert_order(&self, task_ids: &[&str]) {
        let order = self.order();
        assert!(order == task_ids, "expected tasks to succeed in the order {task_ids:?}, not {order:?}\n{self:?}");
    }

    /// Checks that a task succeeded before another one started, each for the first time.
    ///
    /// # Panics
    ///
    /// If not, with what happened instead.
    #[track_caller]
    pub fn assert_before(&self, first: &str, then: &str) {
        let events = self.events();
        let place = |id: &str, kind: &EventKind| {
            events.iter().position(|event| event.task_id() == Some(id) && event.kind() == kind)
        };
        let (ended, started) = (place(first, &EventKind::Succeeded), place(then, &EventKind::Started));
        let is_so = ended.zip(started).is_some_and(|(ended, started)| ended < started);
        assert!(is_so, "expected `{first}` to succeed before `{then}` starts\n{self:?}");
    }

    fn ids(&self, choose: impl Fn(&EventKind) -> bool) -> Vec<String> {
        let chosen = self.events().into_iter().filter(|event| choose(event.kind()));
        chosen.filter_map(|event| event.task_id().map(str::to_owned)).collect()
    }

    fn visit<R>(&self, visit: impl FnOnce(&[Recording]) -> R) -> R {
        let mut recordings = self.0.lock();
        recordings.iter_mut().for_each(Recording::catch_up);
        visit(&recordings)
    }
}

impl Recording {
    fn catch_up(&mut self) {
        while let Poll::Ready(Some(entry)) = self.listener.take() {
            match entry {
                Entry { what: What::Called(execution, arguments), .. } => {
                    self.arguments.insert(self.plan.id(execution.node).to_owned(), arguments);
                }
                entry => self.events.push(Event::new(&self.plan, entry)),
            }
        }
    }
}

impl fmt::Debug for Recorder {
    /// One event in each line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what happened:")?;
        self.events().iter().try_for_each(|event| write!(f, "\n  {event}"))
    }
}
