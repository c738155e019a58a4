//! C-8, R-13: where the tasks of groups are called.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/body.rs"]
mod body;

use body::{definition, instance};
use taskloom_core::{Backend, Fragment, Lookup, Plan, Workflow, chain, parallel};

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
