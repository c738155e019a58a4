//! policies of one's own.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::{
    error::Error,
    sync::{Arc, Mutex},
};

use taskloom::{ErrorKind, State, prelude::*};

type Verdict = Result<bool, Box<dyn Error + Send + Sync>>;

#[task]
fn mirror(works: bool) -> Result<u32, String> {
    if works { Ok(7) } else { Err("down".into()) }
}

#[task]
async fn mirror_async(works: bool) -> Result<u32, String> {
    tokio::task::yield_now().await;
    if works { Ok(7) } else { Err("down".into()) }
}

#[task]
fn count(mirrors: GroupOutput) -> usize {
    mirrors.len()
}

/// What a policy saw: group, and of each branch id, state, value and error.
type Seen = Arc<Mutex<Vec<(String, Vec<Branch>)>>>;
type Branch = (String, State, Option<u32>, Option<String>);

/// Writes down what it sees.
struct Says(Seen, fn(&[BranchRecord]) -> Verdict);

impl GroupPolicy for Says {
    fn judge(&self, group: &str, branches: &[BranchRecord]) -> Verdict {
        let see = |branch: &BranchRecord| {
            let (value, error) = (branch.value().copied(), branch.error().map(ToString::to_string));
            (branch.id().to_owned(), branch.state(), value, error)
        };
        self.0.lock().unwrap().push((group.to_owned(), branches.iter().map(see).collect()));
        (self.1)(branches)
    }

    fn name(&self) -> String {
        "whim".to_owned()
    }
}

fn seen_by(seen: &Seen) -> Vec<(String, Vec<Branch>)> {
    seen.lock().unwrap().clone()
}

fn mirrors(works: [bool; 3]) -> Fragment {
    parallel((0..).zip(works).map(|(i, works)| mirror::task().task_id(format!("m{i}")).works(works)))
}

#[test]
fn r_08_a_policy_sees_how_each_branch_ended_and_decides() {
    let seen = Seen::default();
    let group = mirrors([true, false, true]).group_name("mirrors").policy(Says(seen.clone(), |_| Ok(true)));
    let run = Workflow::new("w").add(group >> count::task()).execute().blocking().unwrap();
    assert_eq!(run.value::<usize>().unwrap(), 2);
    let branches = vec![
        ("m0".into(), State::Succeeded, Some(7), None),
        ("m1".into(), State::Failed, None, Some("down".into())),
        ("m2".into(), State::Succeeded, Some(7), None),
    ];
    assert_eq!(seen_by(&seen), [("mirrors".into(), branches)]);
}

#[test]
fn r_08_a_policy_that_says_no_fails_the_group_because_of_the_first_error() {
    let group = mirrors([true, false, true]).group_name("mirrors").policy(Says(Seen::default(), |_| Ok(false)));
    let error = Workflow::new("w").add(group).execute().blocking().unwrap_err();
    assert_eq!((error.kind(), error.task_id()), (ErrorKind::ParallelGroup, Some("mirrors")));
    assert!(error.to_string().contains("1 of 3 branches failed, and its policy is whim\n"), "{error}");
    assert_eq!(error.source().unwrap().to_string(), "down");
}

#[test]
fn r_08_an_error_of_a_policy_is_the_cause() {
    let too_many = Says(Seen::default(), |_| Err("one too many".into()));
    let error = Workflow::new("w").add(mirrors([true, false, true]).policy(too_many)).execute().blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ParallelGroup);
    assert_eq!(error.source().unwrap().to_string(), "one too many");
    assert!(error.to_string().contains("its policy is whim, which failed: one too many"), "{error}");
}

#[test]
fn r_08_a_panic_of_a_policy_is_the_cause() {
    let careless = Says(Seen::default(), |branches| Ok(branches[3].state() == State::Succeeded));
    let error = Workflow::new("w").add(mirrors([true; 3]).policy(careless)).execute().blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ParallelGroup);
    assert!(error.source().unwrap().to_string().contains("index out of bounds"), "{error}");
}

#[test]
fn r_08_groups_in_groups_are_judged_from_the_inside() {
    let seen = Seen::default();
    let inner = mirrors([false, true, true]).group_name("inner").policy(Says(seen.clone(), |_| Ok(false)));
    let lone = mirror::task().task_id("lone").works(true);
    let outer = parallel![inner, lone].group_name("outer").policy(Says(seen.clone(), |_| Ok(true)));
    let run = Workflow::new("w").add(outer >> count::task()).execute().blocking().unwrap();
    assert_eq!(run.value::<usize>().unwrap(), 1);
    let groups = seen_by(&seen);
    assert_eq!(groups[0].0, "inner");
    let branches = vec![
        ("inner".into(), State::Failed, None, Some("down".into())),
        ("lone".into(), State::Succeeded, Some(7), None),
    ];
    assert_eq!(groups[1], ("outer".into(), branches));
}

#[test]
fn s_03_a_group_without_anything_to_judge_is_skipped_unasked() {
    #[task]
    fn decide(ctx: &Context) -> taskloom::Result<()> {
        ctx.goto("instead")
    }
    let seen = Seen::default();
    let instead = mirror::task().task_id("instead").works(true);
    let group = mirrors([true; 3]).policy(Says(seen.clone(), |_| Ok(false)));
    Workflow::new("w").add(decide::task() >> group).add(instead).execute().blocking().unwrap();
    assert_eq!(seen_by(&seen), []);
}

#[test]
fn s_08_nothing_after_a_group_starts_before_it_is_judged() {
    // At one task at a time, the task beside the group is ready before the group is judged.
    let seen = Seen::default();
    let group = mirrors([true; 3]).policy(Says(seen.clone(), |_| Ok(false)));
    let late = mirror::task().task_id("late").works(true);
    let workflow = Workflow::new("w").add(group >> count::task().task_id("count")).add(late);
    let error = workflow.execute().max_concurrency(1).blocking().unwrap_err();
    let run = error.run().unwrap();
    assert_eq!(run.task("count").unwrap().state(), State::NotRun);
    assert_eq!(seen_by(&seen).len(), 1);
}

#[tokio::test]
async fn r_08_a_group_of_async_tasks_is_judged() {
    let group = parallel([true, false].map(|works| mirror_async::task().works(works)));
    let group = group.policy(Says(Seen::default(), |branches| Ok(branches[0].state() == State::Succeeded)));
    let run = Workflow::new("w").add(group >> count::task()).execute().await.unwrap();
    assert_eq!(run.value::<usize>().unwrap(), 1);
}

#[test]
fn r_08_a_loop_around_a_group_has_it_judged_at_each_pass() {
    #[task]
    fn again(ctx: &Context, mirrors: GroupOutput) -> taskloom::Result<usize> {
        if ctx.cycle_count() < 3 {
            ctx.goto("m0")?;
        }
        Ok(mirrors.len())
    }
    let seen = Seen::default();
    let group = mirrors([true; 3]).policy(Says(seen.clone(), |_| Ok(true)));
    Workflow::new("w").add(group >> again::task()).execute().blocking().unwrap();
    assert_eq!(seen_by(&seen).len(), 3);
}

#[test]
fn e_01_a_policy_is_called_as_its_type() {
    struct Never;

    impl GroupPolicy for Never {
        fn judge(&self, _group: &str, _branches: &[BranchRecord]) -> Verdict {
            Ok(false)
        }
    }
    let workflow = Workflow::new("w").add(mirrors([true; 3]).policy(Never));
    assert!(workflow.to_ascii().unwrap().contains("(Never)"));
    let error = workflow.execute().blocking().unwrap_err();
    assert!(error.to_string().contains("0 of 3 branches failed, and its policy is Never"), "{error}");
    assert!(error.source().is_none());
}
