//! Loops, jumps, iterations, ends and clean-ups, each as a story of one task at a time.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/body.rs"]
mod body;
#[path = "support/story.rs"]
mod story;

use std::num::NonZeroU32;

use taskloom_core::{
    Command, Event, Fragment, GroupSettings, Instance, Limits, Lookup, Options, Policy, State, Workflow, chain,
    parallel,
};

use body::{definition, instance};
use story::{Act, Story};

fn task(id: &str) -> Instance {
    instance(&definition("step", vec![], Lookup::ByName), id)
}

fn with_options(id: &str, options: Options) -> Instance {
    let mut task = task(id);
    task.set_options(options);
    task
}

fn clean_up(id: &str) -> Instance {
    with_options(id, Options { always: true, ..Options::default() })
}

fn group(members: Vec<Fragment>, settings: GroupSettings) -> Fragment {
    parallel(members).unwrap().with_settings(settings).unwrap()
}

fn policy(policy: Policy) -> GroupSettings {
    GroupSettings { policy, ..GroupSettings::default() }
}

fn workflow(fragments: impl IntoIterator<Item = Fragment>) -> Workflow {
    let mut workflow = Workflow::new("w");
    for fragment in fragments {
        workflow.join(&fragment).unwrap();
    }
    workflow
}

fn tell(fragments: impl IntoIterator<Item = Fragment>, act: impl Fn(&str, u32, u32) -> Act) -> Story {
    Story::of(&workflow(fragments), Limits::default(), act)
}

#[test]
fn s_02_a_loop_edge_re_arms_its_target_until_the_limit_of_cycles() {
    let (agent, tool) = (task("agent"), task("tool"));
    let story = tell([chain([&agent, &tool, &agent].map(Fragment::from)).unwrap()], |_, _, _| Act::Succeed);
    assert_eq!(story.started.len(), 200, "each of the two has 100 executions");
    assert_eq!(story.started[..4], ["agent", "tool", "agent#2", "tool#2"]);
    assert_eq!(story.outcome(), ("cycle limit", Some("agent".into())));
}

#[test]
fn c_09_max_cycles_of_a_task_counts_its_executions() {
    let agent = with_options("agent", Options { max_cycles: Some(3), ..Options::default() });
    let story = tell([Fragment::from(&agent).then((&agent).into())], |_, _, _| Act::Succeed);
    assert_eq!(story.started, ["agent", "agent#2", "agent#3"]);
    assert_eq!(story.outcome(), ("cycle limit", Some("agent".into())));
}

#[test]
fn c_09_max_steps_counts_executions_and_not_attempts() {
    let flow = workflow([chain(["a", "b", "c"].map(|id| task(id).into())).unwrap()]);
    let limits = Limits { max_steps: Some(2), ..Limits::default() };
    let story = Story::of(&flow, limits, |_, _, attempt| if attempt < 3 { Act::RetryNow } else { Act::Succeed });
    assert_eq!(story.started, ["a", "a", "a", "b", "b", "b"]);
    assert_eq!(story.outcome(), ("step limit", Some("c".into())));
    assert_eq!(story.state("c"), State::NotRun);
    let enough = Limits { max_steps: Some(3), ..Limits::default() };
    assert_eq!(Story::of(&flow, enough, |_, _, _| Act::Succeed).outcome(), ("succeeded", None));
}

#[test]
fn s_02_a_pass_ends_before_the_next_begins() {
    // b goes back to a, but what else follows a and b is part of the pass.
    let (a, b) = (task("a"), task("b"));
    let forward = chain([(&a).into(), (&b).into(), (&a).into()]).unwrap();
    let story =
        tell([forward, Fragment::from(&b).then(task("slow").into())], |id, iteration, _| match (id, iteration) {
            ("b", 3) => Act::Jump(&["slow"]),
            _ => Act::Succeed,
        });
    assert_eq!(story.started, ["a", "b", "slow", "a#2", "b#2", "slow#2", "a#3", "b#3", "slow#3"]);
    assert_eq!(story.outcome(), ("succeeded", None));
}

#[test]
fn s_02_a_cycle_that_nothing_enters_starts_at_the_task_composed_first() {
    let (b, a) = (task("b"), task("a"));
    let story =
        tell([chain([(&b).into(), (&a).into(), (&b).into()]).unwrap()], |id, iteration, _| match (id, iteration) {
            ("a", 2) => Act::Terminate,
            _ => Act::Succeed,
        });
    assert_eq!(story.started, ["b", "a", "b#2", "a#2"]);
    assert_eq!(story.outcome(), ("terminated", Some("a".into())));
}

#[test]
fn s_04_what_follows_a_cycle_runs_once_for_each_pass() {
    let (a, after) = (task("a"), task("after"));
    let story =
        tell([Fragment::from(&a).then((&a).into()), Fragment::from(&a).then((&after).into())], |id, iteration, _| {
            if (id, iteration) == ("a", 3) { Act::Jump(&["after"]) } else { Act::Succeed }
        });
    assert_eq!(story.started, ["a", "after", "a#2", "after#2", "a#3", "after#3"]);
}

#[test]
fn s_05_a_review_that_goes_back_publishes_once() {
    let reviews = parallel([task("reviewer").into(), task("legal").into()]).unwrap();
    let flow = chain([task("writer").into(), reviews, task("publish").into()]).unwrap();
    let story = tell([flow], |id, iteration, _| match (id, iteration) {
        ("reviewer", 1 | 2) => Act::Jump(&["writer"]),
        _ => Act::Succeed,
    });
    assert_eq!(story.started.iter().filter(|id| id.starts_with("publish")).count(), 1);
    assert_eq!(story.started.last().unwrap(), "publish");
    assert_eq!(story.started.iter().filter(|id| id.starts_with("writer")).count(), 3);
    assert_eq!(story.outcome(), ("succeeded", None));
}

#[test]
fn s_05_a_jump_forward_skips_the_static_successors() {
    let (a, b, c, d) = (task("a"), task("b"), task("c"), task("d"));
    let flow = [chain([&a, &b, &d].map(Fragment::from)).unwrap(), Fragment::from(&c).then((&d).into())];
    let story = tell(flow, |id, _, _| if id == "a" { Act::Jump(&["d"]) } else { Act::Succeed });
    assert_eq!(story.state("b"), State::Skipped);
    assert_eq!(story.started, ["a", "c", "d"]);
}

#[test]
fn s_05_a_task_that_jumps_to_itself_runs_again_and_then_goes_on() {
    let story =
        tell([chain(["a", "b"].map(|id| task(id).into())).unwrap()], |id, iteration, _| match (id, iteration) {
            ("a", 1 | 2) => Act::Jump(&["a"]),
            _ => Act::Succeed,
        });
    assert_eq!(story.started, ["a", "a#2", "a#3", "b"]);
}

#[test]
fn s_05_s_06_a_jump_is_the_cause_of_the_execution() {
    let story =
        tell([chain(["a", "b", "c"].map(|id| task(id).into())).unwrap()], |id, iteration, _| match (id, iteration) {
            ("c", 1) => Act::Jump(&["a"]),
            _ => Act::Succeed,
        });
    assert_eq!(story.started, ["a", "b", "c", "a#2", "b#2", "c#2"]);
    assert_eq!(story.scheduler.cause(story.node("a")), Some(story.node("c")));
    assert_eq!(story.scheduler.cause(story.node("b")), None);
}

#[test]
fn s_05_a_jump_to_what_runs_makes_it_run_again_before_its_edges_arrive() {
    let (a, b) = (task("a"), task("b"));
    let flow = workflow([Fragment::from(&a).then(task("after").into()), (&b).into()]);
    let plan = std::sync::Arc::new(taskloom_core::Plan::compile(&flow, None).unwrap());
    let scheduler = taskloom_core::Scheduler::new(plan, Limits::default());
    let mut story = Story { started: vec![], scheduler };
    let (a, b) = (story.node("a"), story.node("b"));
    story.start(a);
    story.start(b);
    story.end(b, Act::Jump(&["a"]));
    story.end(a, Act::Succeed);
    assert_eq!(story.scheduler.next(), Some(a), "its edge has not arrived");
    story.start(a);
    story.end(a, Act::Succeed);
    assert_eq!(story.scheduler.next(), Some(story.node("after")));
}

#[test]
fn s_07_an_iteration_lets_no_edge_arrive_and_counts_one_cycle() {
    let story = tell([chain(["a", "b"].map(|id| task(id).into())).unwrap()], |id, iteration, attempt| {
        match (id, iteration, attempt) {
            ("a", 1 | 2, 1) => Act::RetryNow,
            ("a", 1 | 2, 2) => Act::Iterate,
            _ => Act::Succeed,
        }
    });
    assert_eq!(story.started, ["a", "a", "a#2", "a#2", "a#3", "b"]);
}

#[test]
fn s_09_terminate_is_a_success_and_nothing_new_starts() {
    let flow = [task("a").into(), chain(["b", "c"].map(|id| task(id).into())).unwrap()];
    let story = tell(flow, |id, _, _| if id == "a" { Act::Terminate } else { Act::Succeed });
    assert_eq!(story.started, ["a"]);
    assert_eq!(story.outcome(), ("terminated", Some("a".into())));
    assert_eq!(story.state("c"), State::NotRun);
}

#[test]
fn s_09_a_task_that_cancels_the_run_has_what_runs_cancelled() {
    let flow = workflow([task("a").into(), task("b").into()]);
    let plan = std::sync::Arc::new(taskloom_core::Plan::compile(&flow, None).unwrap());
    let mut story = Story { started: vec![], scheduler: taskloom_core::Scheduler::new(plan, Limits::default()) };
    story.start(0);
    story.start(1);
    assert_eq!(story.end(0, Act::Cancel), [Command::CancelAll]);
    story.apply(Event::Dropped(1));
    assert!(story.scheduler.is_finished());
    assert_eq!(story.outcome(), ("cancelled by", Some("a".into())));
    assert_eq!(story.state("b"), State::Cancelled);
}

#[test]
fn r_15_a_clean_up_runs_after_a_failure_and_does_not_change_it() {
    let flow = chain([task("a").into(), task("b").into(), clean_up("tidy").into(), task("c").into()]).unwrap();
    let failing = |failing: &'static str| move |id: &str, _, _| if id == failing { Act::Fail } else { Act::Succeed };
    let story = tell([flow.clone()], failing("a"));
    assert_eq!(story.started, ["a", "tidy"]);
    assert_eq!(story.outcome(), ("failed", Some("a".into())));
    assert_eq!(story.state("b"), State::NotRun);
    assert_eq!(story.state("tidy"), State::Succeeded);
    assert_eq!(story.state("c"), State::NotRun);
    let story = tell([flow.clone()], failing("tidy"));
    assert_eq!(story.outcome(), ("succeeded", None));
    assert_eq!(story.state("c"), State::Skipped);
    let story = tell([flow], |_, _, _| Act::Succeed);
    assert_eq!(story.started, ["a", "b", "tidy", "c"]);
}

#[test]
fn r_15_a_clean_up_waits_for_what_is_still_running_before_it() {
    let tidy = clean_up("tidy");
    let both = parallel([task("a").into(), task("b").into()]).unwrap();
    let flow = workflow([Fragment::from(&task("root")).then((&tidy).into()), both.then((&tidy).into())]);
    let plan = std::sync::Arc::new(taskloom_core::Plan::compile(&flow, None).unwrap());
    let mut story = Story { started: vec![], scheduler: taskloom_core::Scheduler::new(plan, Limits::default()) };
    for id in ["root", "a", "b"] {
        let node = story.node(id);
        story.start(node);
    }
    story.end(story.node("root"), Act::Fail);
    assert_eq!(story.scheduler.next(), None, "a and b are running");
    story.end(story.node("a"), Act::Succeed);
    assert_eq!(story.scheduler.next(), None);
    story.end(story.node("b"), Act::Succeed);
    assert_eq!(story.scheduler.next(), Some(story.node("tidy")));
}

#[test]
fn r_08_policies_judge_when_all_branches_have_ended() {
    let members = || ["a", "b", "c"].map(|id| task(id).into()).to_vec();
    let outcome = |settings: GroupSettings, failing: &'static [&'static str]| {
        let flow = group(members(), settings).then(task("after").into());
        let story = tell([flow], |id, _, _| if failing.contains(&id) { Act::Fail } else { Act::Succeed });
        let all = ["a", "b", "c"].iter().all(|id| story.started.iter().any(|started| started == id));
        assert!(all, "every member runs to its end");
        story.outcome().0
    };
    assert_eq!(outcome(policy(Policy::Strict), &[]), "succeeded");
    assert_eq!(outcome(policy(Policy::Strict), &["b"]), "failed");
    assert_eq!(outcome(policy(Policy::BestEffort), &["a", "b", "c"]), "succeeded");
    assert_eq!(outcome(policy(Policy::AtLeast(2)), &["b"]), "succeeded");
    assert_eq!(outcome(policy(Policy::AtLeast(2)), &["b", "c"]), "failed");
    assert_eq!(outcome(policy(Policy::Critical(vec!["a".into()])), &["b", "c"]), "succeeded");
    assert_eq!(outcome(policy(Policy::Critical(vec!["a".into()])), &["a"]), "failed");
}

#[test]
fn r_08_a_critical_policy_that_names_a_stranger_is_refused() {
    let flow = workflow([group(vec![task("a").into(), task("b").into()], policy(Policy::Critical(vec!["z".into()])))]);
    let error = taskloom_core::Plan::compile(&flow, None).unwrap_err();
    assert!(error.to_string().contains("names `z`, which is not in the group"), "{error}");
}

#[test]
fn s_03_fail_fast_skips_what_has_not_started_and_cancels_what_runs() {
    let chain_b = chain(["b", "b2"].map(|id| task(id).into())).unwrap();
    let settings = GroupSettings { fail_fast: true, ..GroupSettings::default() };
    let flow = workflow([group(vec![task("a").into(), chain_b, task("c").into()], settings).then(task("z").into())]);
    let plan = std::sync::Arc::new(taskloom_core::Plan::compile(&flow, None).unwrap());
    let limits = Limits { max_concurrency: NonZeroU32::new(2), ..Limits::default() };
    let mut story = Story { started: vec![], scheduler: taskloom_core::Scheduler::new(plan, limits) };
    let (a, b) = (story.node("a"), story.node("b"));
    story.start(a);
    story.start(b);
    assert_eq!(story.end(a, Act::Fail), [Command::Cancel(b)]);
    assert_eq!(story.state("c"), State::Skipped);
    assert_eq!(story.state("b2"), State::Skipped);
    assert!(!story.scheduler.is_finished());
    story.apply(Event::Dropped(b));
    assert!(story.scheduler.is_finished());
    assert_eq!(story.outcome(), ("failed", Some("ParallelGroup_1".into())));
}

#[test]
fn s_03_a_group_that_has_enough_cancels_the_rest() {
    let settings = GroupSettings { policy: Policy::AtLeast(1), fail_fast: true, ..GroupSettings::default() };
    let flow = group(vec![task("a").into(), task("b").into()], settings).then(task("z").into());
    let story = tell([flow], |_, _, _| Act::Succeed);
    assert_eq!(story.started, ["a", "z"]);
    assert_eq!(story.state("b"), State::Skipped);
}

#[test]
fn s_02_a_group_waits_for_a_loop_inside_of_it() {
    let (draft, check) = (task("draft"), task("check"));
    let inner = Fragment::from(&draft).then((&check).into());
    let flow = parallel([inner, task("other").into()]).unwrap().then(task("after").into());
    let back = Fragment::from(&check).then((&draft).into());
    let story = tell([flow, back], |id, iteration, _| match (id, iteration) {
        // Ends the loop: a jump fires no loop edge.
        ("check", 3) => Act::Jump(&["after"]),
        _ => Act::Succeed,
    });
    assert_eq!(story.started, ["draft", "other", "check", "draft#2", "check#2", "draft#3", "check#3", "after"]);
}

#[test]
fn r_07_a_node_that_backs_off_holds_no_place_and_ends_with_the_run() {
    let flow = workflow([task("a").into(), task("b").into()]);
    let plan = std::sync::Arc::new(taskloom_core::Plan::compile(&flow, None).unwrap());
    let limits = Limits { max_concurrency: NonZeroU32::new(1), ..Limits::default() };
    let mut story = Story { started: vec![], scheduler: taskloom_core::Scheduler::new(plan, limits) };
    story.start(0);
    story.apply(Event::Failed { node: 0, retry: taskloom_core::Retry::Later });
    assert_eq!(story.state("a"), State::BackingOff);
    assert_eq!(story.scheduler.next(), Some(1));
    story.start(1);
    story.end(1, Act::Fail);
    assert!(story.scheduler.is_finished(), "nothing new starts after a failure");
    assert_eq!(story.state("a"), State::NotRun);
    story.apply(Event::Due(0));
    assert!(story.scheduler.is_finished(), "a timer that comes late starts nothing");
}

fn limited(id: &str, max_cycles: u32) -> Instance {
    with_options(id, Options { max_cycles: Some(max_cycles), ..Options::default() })
}

fn begin(fragments: impl IntoIterator<Item = Fragment>) -> Story {
    let plan = std::sync::Arc::new(taskloom_core::Plan::compile(&workflow(fragments), None).unwrap());
    Story { started: vec![], scheduler: taskloom_core::Scheduler::new(plan, Limits::default()) }
}

#[test]
fn s_02_a_loop_edge_may_leave_a_group() {
    let a = limited("a", 2);
    let both = parallel([task("b").into(), task("c").into()]).unwrap();
    let story = tell([chain([(&a).into(), both, (&a).into()]).unwrap()], |_, _, _| Act::Succeed);
    assert_eq!(story.started, ["a", "b", "c", "a#2", "b#2", "c#2"]);
    assert_eq!(story.outcome(), ("cycle limit", Some("a".into())));
}

#[test]
fn s_02_a_loop_edge_may_lead_to_a_group() {
    let both = parallel([limited("a", 2).into(), task("b").into()]).unwrap();
    let story = tell([chain([both.clone(), task("c").into(), both]).unwrap()], |_, _, _| Act::Succeed);
    assert_eq!(story.started, ["a", "b", "c", "a#2", "b#2", "c#2"]);
    assert_eq!(story.outcome(), ("cycle limit", Some("a".into())));
}

#[test]
fn s_02_a_group_that_nothing_leads_to_is_a_root() {
    // b is composed first, but the way to it leads through the group and a.
    let (a, b) = (limited("a", 2), task("b"));
    let branch = Fragment::from(&a).then((&b).into());
    let flow = [(&b).into(), parallel([branch, task("x").into()]).unwrap(), Fragment::from(&b).then((&a).into())];
    let story = tell(flow, |_, _, _| Act::Succeed);
    assert_eq!(story.started, ["a", "x", "b", "a#2", "b#2"]);
}

#[test]
fn s_06_what_its_edges_made_ready_has_no_cause_any_more() {
    let story =
        tell([chain(["a", "b"].map(|id| task(id).into())).unwrap()], |id, iteration, _| match (id, iteration) {
            ("a", 1) => Act::Jump(&["b"]),
            ("b", 1) => Act::Jump(&["a"]),
            _ => Act::Succeed,
        });
    assert_eq!(story.started, ["a", "b", "a#2", "b#2"]);
    assert_eq!(story.scheduler.cause(story.node("b")), None);
}

#[test]
fn s_08_what_was_to_run_again_does_not_after_a_failure() {
    let mut story = begin([task("a").into(), task("b").into(), task("c").into()]);
    (0..3).for_each(|node| story.start(node));
    story.end(1, Act::Jump(&["a"]));
    story.end(2, Act::Fail);
    story.end(0, Act::Succeed);
    assert!(story.scheduler.is_finished());
    assert_eq!(story.state("a"), State::Succeeded);
}

#[test]
fn s_03_a_member_that_is_told_to_end_is_not_tried_again() {
    let settings = GroupSettings { fail_fast: true, ..GroupSettings::default() };
    let mut story = begin([group(vec![task("a").into(), task("b").into()], settings)]);
    story.start(0);
    story.start(1);
    assert_eq!(story.end(0, Act::Fail), [Command::Cancel(1)]);
    story.end(1, Act::RetryNow);
    assert!(story.scheduler.is_finished());
    assert_eq!(story.state("b"), State::Failed);
}

#[test]
fn r_10_a_member_that_is_dropped_cancels_the_run_unless_its_group_asked_for_it() {
    let mut story = begin([parallel([task("a").into(), task("b").into()]).unwrap()]);
    story.start(0);
    story.start(1);
    assert_eq!(story.apply(Event::Dropped(0)), [Command::CancelAll]);
    assert_eq!(story.outcome(), ("cancelled", None));
}

#[test]
fn r_10_a_run_that_has_failed_can_still_be_cancelled() {
    let mut story = begin([task("a").into(), task("b").into()]);
    story.start(0);
    story.start(1);
    story.end(0, Act::Fail);
    assert_eq!(story.apply(Event::Cancelled), [Command::CancelAll]);
    assert_eq!(story.outcome(), ("failed", Some("a".into())), "the first reason counts");
}

#[test]
fn r_15_a_clean_up_that_backs_off_is_tried_again_after_a_failure() {
    let mut story = begin([clean_up("tidy").into(), task("a").into()]);
    story.start(0);
    story.start(1);
    story.apply(Event::Failed { node: 0, retry: taskloom_core::Retry::Later });
    story.end(1, Act::Fail);
    assert_eq!(story.state("tidy"), State::BackingOff);
    story.apply(Event::Due(0));
    assert_eq!(story.scheduler.next(), Some(0));
}

#[test]
fn r_08_a_critical_task_makes_all_its_branches_critical() {
    let a = task("a");
    let branches = ["b", "c"].map(|id| Fragment::from(&a).then(task(id).into())).to_vec();
    let flow = group(branches, policy(Policy::Critical(vec!["a".into()])));
    let story = tell([flow], |id, _, _| if id == "c" { Act::Fail } else { Act::Succeed });
    assert_eq!(story.outcome(), ("failed", Some("ParallelGroup_1".into())));
}
