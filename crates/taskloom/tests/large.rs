//! C-3: composing is linear, and nesting has no limit. What were quadratic would take minutes here, and
//! what recursed would overflow the stack.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use taskloom::{Fragment, GroupOutput, prelude::*};

const DEEP: usize = 100_000;

#[task]
fn next(#[default(0)] value: u32) -> u32 {
    value + 1
}

fn tasks() -> impl Iterator<Item = next> {
    (0..DEEP).map(|i| next::task().value(u32::try_from(i).unwrap()))
}

fn run(fragment: impl IntoFragment) -> Run {
    let run = Workflow::new("deep").add(fragment).execute().blocking().unwrap();
    assert_eq!(run.tasks().count(), DEEP);
    run
}

fn fold(join: impl Fn(Fragment, next) -> Fragment) -> Fragment {
    let mut tasks = tasks();
    let first = chain(tasks.next());
    tasks.fold(first, join)
}

#[test]
fn c_03_a_chain_by_the_operator_in_a_loop() {
    let chain = fold(|chain, task| chain >> task);
    assert_eq!(run(&chain).value::<u32>().unwrap(), u32::try_from(DEEP).unwrap());
}

#[test]
fn c_03_a_chain_that_grows_at_the_front() {
    run(fold(|chain, task| task >> chain));
}

#[test]
fn c_03_a_chain_of_a_list() {
    run(chain(tasks()));
}

#[test]
fn c_03_a_group_by_the_operator_in_a_loop() {
    let group = run(fold(|group, task| group | task)).value::<GroupOutput>().unwrap();
    assert_eq!(group.len(), DEEP);
}

#[test]
fn c_03_a_group_of_a_list() {
    let group = run(parallel(tasks())).value::<GroupOutput>().unwrap();
    assert_eq!(group.len(), DEEP);
}

/// More tasks than fit into anything that is small by nature: composed, planned, run and dropped.
#[test]
fn c_03_a_group_of_a_million() {
    const WIDE: u32 = 1_000_000;
    let workflow = Workflow::new("wide").add(parallel((0..WIDE).map(|i| next::task().value(i))));
    assert_eq!(workflow.plan().unwrap().task_count(), WIDE as usize);
    let run = workflow.execute().blocking().unwrap();
    drop(workflow);
    assert_eq!(run.outputs::<u32>().map(|(_, value)| u64::from(*value)).sum::<u64>(), 500_000_500_000);
}

#[test]
fn c_03_groups_within_groups() {
    let run = run(fold(|group, task| parallel([chain([task]), group])));
    let value: GroupOutput = run.value().unwrap();
    assert_eq!(value.len(), 2);
    let again = value.clone();
    drop(value);
    assert_eq!(again.iter::<GroupOutput>().count(), 1);
}

#[test]
fn c_03_named_groups_within_groups() {
    run(fold(|group, task| (group | task).group_name(format!("g{}", new_name()))));
}

/// A name that was not used before.
fn new_name() -> usize {
    static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

#[test]
fn c_03_series_and_groups_in_turn() {
    let mut even = false;
    let fragment = tasks().fold(None, |whole: Option<Fragment>, task| {
        even = !even;
        Some(match whole {
            None => chain([task]),
            Some(whole) if even => whole >> task,
            Some(whole) => parallel([whole, chain([task])]),
        })
    });
    run(fragment.unwrap());
}

#[test]
fn c_03_a_chain_of_outputs() {
    let last = tasks().skip(1).fold(next::task(), |before, task| task.value(&before));
    assert_eq!(run(&last).output_of(&last).unwrap(), u32::try_from(DEEP).unwrap());
}

#[test]
fn c_03_an_addition_at_a_time() {
    let workflow = tasks().fold(Workflow::new("w"), Workflow::add);
    assert_eq!(workflow.plan().unwrap().task_count(), DEEP);
}

#[test]
fn c_03_a_composition_is_dropped_without_a_workflow() {
    drop(fold(|chain, task| parallel([chain >> task])));
}

#[task]
fn fail() -> Result<(), String> {
    Err("no".to_owned())
}

#[test]
fn r_08_a_group_of_which_all_members_fail() {
    let error = Workflow::new("w").add(parallel((0..DEEP).map(|_| fail::task()))).execute().blocking().unwrap_err();
    assert_eq!(error.kind(), taskloom::ErrorKind::ParallelGroup);
}
