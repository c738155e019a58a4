//! A call makes an instance, and an instance without an id names itself.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::collections::BTreeSet;

use taskloom::prelude::*;

#[task]
fn process(#[default(0)] value: u64) -> u64 {
    value
}

#[task(id = "my_process")]
fn renamed() -> u64 {
    1
}

#[task]
fn double(value: u64) -> u64 {
    value * 2
}

/// `<definition>_` and eight digits.
fn is_automatic(id: &str, definition: &str) -> bool {
    let digits = id.strip_prefix(definition).and_then(|rest| rest.strip_prefix('_'));
    digits.is_some_and(|digits| digits.len() == 8 && digits.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')))
}

fn ids(run: &Run) -> Vec<String> {
    run.tasks().map(|task| task.id().to_owned()).collect()
}

fn run(fragment: impl IntoFragment) -> Run {
    Workflow::new("w").add(fragment).execute().blocking().unwrap()
}

#[test]
fn i_01_the_function_stays_a_function() {
    assert_eq!(process(3), 3);
    assert_eq!(process::definition().id(), "process");
    assert_eq!(renamed::definition().id(), "my_process");
}

#[test]
fn i_01_every_call_makes_an_instance() {
    let run = run(chain((1..=3).map(|value| process::task().value(value))));
    assert_eq!(run.outputs::<u64>().map(|(_, value)| *value).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn i_04_an_id_read_early_has_eight_digits() {
    assert!(is_automatic(process::task().id(), "process"));
    assert!(is_automatic(renamed::task().id(), "my_process"));
}

#[test]
fn i_04_an_id_fixed_by_joining_has_eight_digits() {
    let run = run(process::task() >> renamed::task());
    assert!(is_automatic(&ids(&run)[0], "process"));
    assert!(is_automatic(&ids(&run)[1], "my_process"));
}

#[test]
fn i_04_equal_workflows_have_equal_ids() {
    let build = || {
        let first = process::task().value(1);
        let second = process::task().value(1);
        run(&first >> &second >> double::task().value(&first) >> (process::task() | process::task().value(2)))
    };
    let expected = ids(&build());
    assert_eq!(expected.iter().collect::<BTreeSet<_>>().len(), 5);
    let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(move || ids(&build()))).collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), expected);
    }
}

#[test]
fn i_04_the_ids_of_a_program_are_the_same_in_every_process() {
    // As written down from another process; a change here renames tasks in everybody's records.
    assert_eq!(ids(&run(process::task().value(10) >> process::task().value(20))), RECORDED);
}

const RECORDED: [&str; 2] = ["process_7467cff3", "process_a17e9eac"];

#[test]
fn i_04_a_million_early_ids_are_distinct() {
    let mut digits: Vec<u32> = (0..1_000_000)
        .map(|_| {
            let task = process::task();
            u32::from_str_radix(&task.id()["process_".len()..], 16).unwrap()
        })
        .collect();
    digits.sort_unstable();
    assert!(digits.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn i_04_100_000_equal_instances_of_a_workflow_are_distinct() {
    let plan = Workflow::new("w").add(parallel((0..100_000).map(|_| process::task()))).plan().unwrap();
    assert_eq!(plan.ids().take(100_000).collect::<BTreeSet<_>>().len(), 100_000);
}

#[test]
fn i_04_equal_workflows_join_in_a_third() {
    // Each part has fixed the ids of its own instances, and they are those of all other parts.
    let parts: Vec<_> = (0..2000)
        .map(|_| {
            let part = chain((0..20).map(|_| process::task()));
            Workflow::new("part").add(&part).plan().unwrap();
            part
        })
        .collect();
    let plan = Workflow::new("whole").add(chain(parts)).plan().unwrap();
    assert_eq!(plan.task_count(), 40_000);
    let ids: BTreeSet<&str> = plan.ids().collect();
    assert_eq!(ids.len(), 40_000);
    assert!(ids.iter().all(|id| id.len() < 30), "ids grow");
}

#[test]
fn i_04_an_instance_says_the_id_that_a_workflow_fixed() {
    let task = process::task();
    let clone = task.clone();
    let run = run(&task >> process::task());
    assert_eq!(task.id(), ids(&run)[0]);
    assert_eq!(clone.id(), task.id());
}

#[test]
fn i_04_a_workflow_uses_the_id_that_was_read() {
    let task = process::task();
    let id = task.clone().id().to_owned();
    let run = run(process::task() >> &task);
    assert_eq!(ids(&run)[1], id);
}

#[test]
fn i_04_showing_an_instance_does_not_fix_its_id() {
    let build = |show: bool| {
        let task = process::task().value(7);
        if show {
            assert!(format!("{task:?}").contains("process"));
        }
        ids(&run(task))
    };
    assert_eq!(build(true), build(false));
}

#[test]
fn i_04_a_taken_id_is_lengthened_in_that_workflow_alone() {
    let (first, second) = (process::task(), process::task());
    run(&first);
    run(&second);
    assert_eq!(first.id(), second.id());
    let run = run(&first >> &second);
    let ids = ids(&run);
    assert_eq!(ids[0], first.id());
    assert!(ids[1].starts_with(first.id()) && ids[1].len() == first.id().len() + 1, "{ids:?}");
    assert_eq!(run.output_of(&second).unwrap(), 0);
}

#[test]
fn i_04_a_given_id_that_looks_automatic_is_respected() {
    let fixed = process::task();
    let given = process::task().task_id(fixed.id());
    let plan = Workflow::new("w").add(given >> fixed).plan().unwrap();
    assert_eq!(plan.task_count(), 2);
}

#[test]
fn i_06_instances_have_arguments_of_their_own() {
    let base = process::task().value(1);
    let other = base.clone().value(2);
    let run = run(&base >> &other);
    assert_eq!(run.output_of(&base).unwrap(), 1);
    assert_eq!(run.output_of(&other).unwrap(), 2);
}
