//! When a group has succeeded, and what that does to its members.

use std::sync::{Barrier, Mutex};

use taskloom::{ErrorKind, State, prelude::*};

#[task]
fn mirror(works: bool) -> Result<u32, String> {
    if works { Ok(1) } else { Err("down".into()) }
}

#[task]
fn count(mirrors: GroupOutput) -> usize {
    mirrors.len()
}

fn mirrors(works: [bool; 3]) -> Fragment {
    parallel((0..).zip(works).map(|(i, works)| mirror::task().task_id(format!("m{i}")).works(works)))
}

fn run(group: Fragment) -> taskloom::Result<usize> {
    Workflow::new("w").add(group.group_name("mirrors") >> count::task()).execute().blocking()?.value()
}

#[test]
fn r_08_the_value_of_a_group_that_passes_lacks_what_failed() {
    assert_eq!(run(mirrors([true, false, true]).policy(Policy::BestEffort)).unwrap(), 2);
    assert_eq!(run(mirrors([false, false, true]).policy(Policy::AtLeast(1))).unwrap(), 1);
    assert_eq!(run(mirrors([true, false, false]).policy(Policy::Critical(vec!["m0".into()]))).unwrap(), 1);
}

#[test]
fn r_08_the_error_says_which_policy_was_not_met_and_why() {
    let error = run(mirrors([true, false, false]).policy(Policy::AtLeast(2))).unwrap_err();
    assert_eq!((error.kind(), error.task_id()), (ErrorKind::ParallelGroup, Some("mirrors")));
    let text = error.to_string();
    for part in ["its policy is at least 2", "failed: `m1` (down), `m2` (down)", "successful: m0", "skipped: none"] {
        assert!(text.contains(part), "{text}");
    }
    let error = run(mirrors([false, true, true]).policy(Policy::Critical(vec!["m0".into()]))).unwrap_err();
    assert!(error.to_string().contains("its policy is critical: m0"), "{error}");
}

#[test]
fn r_08_a_critical_policy_names_tasks_of_the_group() {
    let error = run(mirrors([true; 3]).policy(Policy::Critical(vec!["m7".into()]))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::GraphCompilation);
    assert!(error.to_string().contains("`m7`"), "{error}");
}

#[test]
fn c_08_settings_change_only_what_is_given() {
    let group = mirrors([true, false, true]).policy(Policy::BestEffort).group_name("named");
    let run = Workflow::new("w").add(group.fail_fast(false)).execute().blocking().unwrap();
    assert_eq!(run.output::<GroupOutput>("named").unwrap().len(), 2);
}

#[tokio::test]
async fn s_03_fail_fast_drops_what_runs() {
    #[task]
    async fn forever() {
        std::future::pending::<()>().await;
    }
    let forever = forever::task().task_id("forever");
    let broken = mirror::task().task_id("broken").works(false);
    let error = Workflow::new("w").add((forever | broken).fail_fast(true)).execute().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ParallelGroup);
    assert_eq!(error.run().unwrap().task("forever").unwrap().state(), State::Cancelled);
}

#[test]
fn s_03_a_group_that_stops_early_is_judged_once_what_ran_in_it_has_ended() {
    static BOTH_RUN: Barrier = Barrier::new(2);
    static ORDER: Mutex<Vec<&str>> = Mutex::new(Vec::new());
    fn note(what: &'static str) {
        ORDER.lock().expect("no task panics").push(what);
    }
    #[task]
    fn told(ctx: &Context) {
        BOTH_RUN.wait();
        while !ctx.cancelled() {
            std::thread::yield_now();
        }
        note("told");
    }
    #[task]
    fn quick() {
        BOTH_RUN.wait();
    }
    #[task]
    fn end() {
        note("end");
    }
    let group = (told::task() >> end::task().task_id("skipped")) | quick::task();
    let flow = group.policy(Policy::AtLeast(1)).fail_fast(true) >> end::task().task_id("end");
    Workflow::new("w").add(flow).execute().blocking().unwrap();
    assert_eq!(*ORDER.lock().unwrap(), ["told", "end"]);
}
