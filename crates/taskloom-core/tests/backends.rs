//! C-8, R-13: where the tasks of groups are called.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/body.rs"]
mod body;

use std::{sync::Arc, time::Duration};

use body::{definition, instance};
use taskloom_core::{
    Backend, Body, Definition, Digest, Fragment, Instance, Limits, Lookup, Options, Place, Plan, RunPlan, Scheduler,
    TaskKind, Value, Workflow, chain, parallel,
};

fn task(id: &str) -> Fragment {
    instance(&definition("step", vec![], Lookup::ByName), id).into()
}

fn group(ids: &[&str], backend: Option<Backend>) -> Fragment {
    within(ids.iter().map(|id| task(id)), backend)
}

fn within(members: impl IntoIterator<Item = Fragment>, backend: Option<Backend>) -> Fragment {
    let group = parallel(members).unwrap();
    group.configure(|settings| settings.backend = backend);
    group
}

fn in_processes(fragments: impl IntoIterator<Item = Fragment>, start: Option<&str>) -> Vec<String> {
    let mut workflow = Workflow::new("w");
    for fragment in fragments {
        workflow.join(&fragment).unwrap();
    }
    let plan = Plan::compile(&workflow, start).unwrap();
    let tasks: Vec<u32> = plan.tasks_in_processes().collect();
    for &task in &tasks {
        assert_eq!(plan.backend(task), Backend::Processes);
    }
    tasks.into_iter().map(|task| plan.id(task).to_owned()).collect()
}

const PROCESSES: Option<Backend> = Some(Backend::Processes);
const THREADS: Option<Backend> = Some(Backend::Threads);

#[test]
fn c_08_all_tasks_of_a_groups_branches_are_where_the_group_says() {
    let branch = chain([task("a"), task("b")]).unwrap();
    let inside = within([branch, task("c")], PROCESSES);
    assert_eq!(in_processes([task("before").then(inside).then(task("after"))], None), ["a", "b", "c"]);
    assert!(in_processes([group(&["a", "b"], None), group(&["c"], THREADS)], None).is_empty());
}

#[test]
fn c_08_a_group_inside_decides_for_its_own_if_it_says_something() {
    let threads = group(&["t"], THREADS);
    let silent = within([group(&["s"], None), within([group(&["u"], None)], THREADS)], None);
    let again = within([group(&["p"], PROCESSES)], THREADS);
    assert_eq!(in_processes([within([task("a"), threads, silent, again], PROCESSES)], None), ["a", "s", "p"]);
    assert_eq!(in_processes([within([task("x"), group(&["y"], PROCESSES)], None)], None), ["y"]);
}

#[test]
fn c_08_a_task_in_several_groups_is_in_a_process_if_one_says_so() {
    let shared = task("shared");
    let groups = [within([shared.clone(), task("a")], THREADS), within([shared, task("b")], PROCESSES)];
    assert_eq!(in_processes(groups, None), ["shared", "b"]);
}

#[test]
fn s_10_a_start_node_leaves_out_what_it_does_not_reach() {
    let inside = within([task("a").then(task("b")), task("c")], PROCESSES);
    assert_eq!(in_processes([inside], Some("b")), ["b"]);
}

#[test]
fn c_10_a_group_that_says_where_its_tasks_are_called_stays_whole() {
    let flat = group(&["a", "b"], PROCESSES).beside(task("c"));
    assert_eq!(in_processes([flat], None), ["a", "b"]);
}

#[test]
fn c_07_groups_of_a_part_are_where_they_say_or_where_the_part_is() {
    let part = || {
        let mut part = Workflow::new("part");
        let inside = [group(&["a", "b"], None), group(&["c", "d"], THREADS), group(&["e"], PROCESSES)];
        part.join(&chain(inside).unwrap()).unwrap();
        Fragment::from(part)
    };
    assert_eq!(in_processes([part()], None), ["part/e"]);
    assert_eq!(in_processes([within([part(), task("x")], PROCESSES)], None), ["part/a", "part/b", "part/e", "x"]);
    assert_eq!(in_processes([within([part(), task("x")], THREADS)], None), ["part/e"]);
}

/// A body that nobody calls, and would have to await.
struct Async;

impl Body for Async {
    fn is_async(&self) -> bool {
        true
    }

    fn digest(&self, _value: &Value, _digest: &mut Digest) {}

    fn mapping(&self, _entries: Vec<(&str, Value)>) -> Value {
        Arc::new(())
    }

    fn list(&self, _parameter: usize, _values: Vec<Value>) -> Value {
        Arc::new(())
    }
}

fn asynchronous(id: &str) -> Instance {
    instance(&Arc::new(Definition::new("async", vec![], Lookup::ByName, Place::caller(), Async)), id)
}

fn timed(id: &str) -> Instance {
    let mut task = instance(&definition("step", vec![], Lookup::ByName), id);
    task.set_options(Options { timeout: Some(Duration::from_secs(1)), ..Options::default() });
    task
}

#[test]
fn r_13_a_task_in_a_process_needs_a_thread_whatever_its_function_and_timeout_are() {
    let tasks = |backend| within([asynchronous("async").into(), timed("timed").into()], backend);
    for (backend, kinds) in
        [(PROCESSES, [TaskKind::Plain, TaskKind::Plain]), (THREADS, [TaskKind::Async, TaskKind::Timed])]
    {
        let mut workflow = Workflow::new("w");
        workflow.join(&tasks(backend)).unwrap();
        let plan = Arc::new(Plan::compile(&workflow, None).unwrap());
        let scheduler = Scheduler::new(plan, Limits::default());
        assert_eq!([scheduler.task_kind(0), scheduler.task_kind(1)], kinds);
    }
}

#[test]
fn r_11_an_added_task_is_where_that_is_which_added_it() {
    let mut workflow = Workflow::new("w");
    workflow.join(&group(&["inside"], PROCESSES).then(task("outside"))).unwrap();
    let scheduler = Scheduler::new(Arc::new(Plan::compile(&workflow, None).unwrap()), Limits::default());
    let run: &RunPlan = scheduler.run_plan();
    let add = |id, by| run.add(run.prepare(&asynchronous(id), by).unwrap());
    let (inside, outside) = (run.find("inside").unwrap(), run.find("outside").unwrap());
    let first = add("first", inside);
    let (second, third) = (add("second", first), add("third", outside));
    let found = [first, second, third].map(|node| (run.backend(node), scheduler.task_kind(node)));
    let (there, here) = ((Backend::Processes, TaskKind::Plain), (Backend::Threads, TaskKind::Async));
    assert_eq!(found, [there, there, here]);
}
