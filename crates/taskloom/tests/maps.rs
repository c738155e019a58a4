//! Maps: one execution for each element of a list (rules I-11 and S-11).

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use taskloom::{ErrorKind, State, prelude::*};
use tokio::sync::Barrier;

#[task]
fn fetch_weather(city: String, #[default("C".to_owned())] unit: String) -> String {
    format!("{city} in {unit}")
}

#[task]
fn cities(count: u32) -> Vec<u32> {
    (0..count).collect()
}

#[task]
fn double(value: u32) -> u32 {
    value * 2
}

#[task]
fn sum(values: Vec<u32>) -> u32 {
    values.iter().sum()
}

#[task]
fn odd_fails(value: u32) -> Result<u32, String> {
    if value % 2 == 1 { Err(format!("{value} is odd")) } else { Ok(value) }
}

fn run(flow: impl IntoFragment) -> taskloom::Result<Run> {
    Workflow::new("w").add(flow).execute().blocking()
}

#[test]
fn i_11_a_map_runs_once_for_each_element_and_keeps_their_order() {
    let all = fetch_weather::map().city(["Tokyo", "Paris"]).unit("F");
    let run = run(&all).unwrap();
    assert_eq!(run.output_of(&all).unwrap(), ["Tokyo in F", "Paris in F"]);
    assert_eq!(run.output::<String>("fetch_weather[Paris]").unwrap(), "Paris in F");
    assert_eq!(run.value::<Vec<String>>().unwrap().len(), 2);
    let element = run.task("fetch_weather[Tokyo]").unwrap();
    assert_eq!((element.id(), element.state(), element.attempts()), ("fetch_weather[Tokyo]", State::Succeeded, 1));
}

#[test]
fn i_11_a_product_goes_over_all_combinations() {
    let all = fetch_weather::product().city(["a", "b"]).unit(["C", "F"]).task_id("all");
    let run = run(&all).unwrap();
    assert_eq!(run.output_of(&all).unwrap(), ["a in C", "a in F", "b in C", "b in F"]);
    assert_eq!(run.output::<String>("all[b, C]").unwrap(), "b in C");
}

#[test]
fn i_11_a_zip_takes_elements_side_by_side() {
    let all = fetch_weather::zip().city(vec!["a", "b"]).unit(["C", "F"]);
    assert_eq!(run(&all).unwrap().output_of(&all).unwrap(), ["a in C", "b in F"]);
}

#[test]
fn i_11_lists_of_a_zip_are_equally_long() {
    let error = run(fetch_weather::zip().city(["a", "b"]).unit(["C"])).unwrap_err();
    assert!(error.to_string().contains("not equally long: `city` has 2, `unit` has 1"), "{error}");
}

#[test]
fn i_11_a_map_goes_over_one_list() {
    let error = run(fetch_weather::map().city(["a", "b"]).unit(["C", "F"])).unwrap_err();
    assert!(error.to_string().contains("`unit` is bound to a second one"), "{error}");
}

#[test]
fn i_11_the_list_may_be_an_upstream_output_and_the_result_an_argument() {
    let cities = cities::task().count(5);
    let doubled = double::map().value(&cities);
    let again = double::map().task_id("again").value(&doubled);
    let run = run(sum::task().task_id("sum").values(&again)).unwrap();
    assert_eq!(run.value::<u32>().unwrap(), 40);
    assert_eq!(run.output::<u32>("again[8]").unwrap(), 16);
}

#[test]
fn i_11_an_upstream_output_for_all() {
    let unit = fetch_weather::task().task_id("unit").city("K");
    let run = run(fetch_weather::map().city(["a"]).unit(&unit)).unwrap();
    assert_eq!(run.output::<String>("fetch_weather[a]").unwrap(), "a in K in C");
}

#[test]
fn r_03_a_map_gives_its_list_to_the_only_successor_that_takes_one() {
    let run = run(double::map().value([1, 2, 3]) >> sum::task()).unwrap();
    assert_eq!(run.value::<u32>().unwrap(), 12);
}

#[test]
fn s_11_keys_are_short_texts_or_numbers_and_unique() {
    let long = "x".repeat(33);
    let all = fetch_weather::map().city(vec!["a".to_owned(), "a".into(), long, "a".into(), String::new()]).task_id("m");
    let run = run(&all).unwrap();
    for (id, city) in [("m[a]", "a"), ("m[a#2]", "a"), ("m[2]", &*"x".repeat(33)), ("m[a#3]", "a"), ("m[4]", "")] {
        assert_eq!(run.output::<String>(id).unwrap(), format!("{city} in C"), "{id}");
    }
}

#[test]
fn i_04_an_element_never_takes_another_tasks_id() {
    let other = double::task().task_id("double[1]").value(7);
    let run = run(&other >> double::map().value([1])).unwrap();
    assert_eq!(run.output::<u32>("double[1]").unwrap(), 14);
    assert_eq!(run.output::<u32>("double[1#2]").unwrap(), 2);
}

#[test]
fn i_04_two_maps_of_one_definition() {
    let (a, b) = (double::map().value([1]), double::map().value([2]));
    let run = run(&a >> &b).unwrap();
    assert_eq!(MapInstance::id(&a), "double");
    assert_ne!(MapInstance::id(&b), "double");
    assert_eq!((run.output_of(&a).unwrap(), run.output_of(&b).unwrap()), (vec![2], vec![4]));
}

#[test]
fn s_11_a_map_over_nothing_succeeds_with_nothing() {
    let run = run(double::map().value(Vec::new()) >> sum::task().task_id("sum")).unwrap();
    assert_eq!(run.output::<u32>("sum").unwrap(), 0);
}

#[test]
fn s_11_a_failing_element_fails_the_map_and_no_further_starts() {
    let numbers: Vec<u32> = (0..10_000).collect();
    let map = odd_fails::map().task_id("m").value(numbers);
    let error =
        Workflow::new("w").add(map >> sum::task().task_id("sum")).execute().max_concurrency(1).blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TaskFailed);
    let text = error.to_string();
    assert!(text.starts_with("task `m[1]` failed at attempt 1 of 1: 1 is odd"), "{text}");
    assert!(text.contains("it is an element of the map `m`"), "{text}");
    let run = error.run().unwrap();
    assert_eq!(run.task("m").unwrap().state(), State::Failed);
    assert_eq!(run.task("m[0]").unwrap().state(), State::Succeeded);
    assert_eq!(run.task("m[1]").unwrap().state(), State::Failed);
    for id in ["m[2]", "m[9999]", "sum"] {
        assert_eq!(run.task(id).unwrap().state(), State::NotRun, "{id}");
    }
    assert_eq!(run.output::<u32>("m[0]").unwrap(), 0);
}

#[test]
fn s_11_with_a_policy_all_elements_run_and_it_judges() {
    let numbers = || odd_fails::map().task_id("m").value((0..10).collect::<Vec<u32>>());
    let run = self::run(numbers().policy(Policy::BestEffort) >> sum::task().task_id("sum")).unwrap();
    assert_eq!(run.output::<u32>("sum").unwrap(), 20);
    assert_eq!(run.task("m[9]").unwrap().error().unwrap().to_string(), "9 is odd");

    assert!(self::run(numbers().policy(Policy::AtLeast(5))).is_ok());
    assert!(self::run(numbers().policy(Policy::Critical(vec!["m[2]".to_owned()]))).is_ok());
    let error = self::run(numbers().policy(Policy::AtLeast(6))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ParallelGroup);
    assert!(error.to_string().starts_with("map `m` failed: 5 of its elements failed, and its policy is at least 6"));
    assert!(self::run(numbers().policy(Policy::Critical(vec!["m[3]".to_owned()]))).is_err());
}

#[test]
fn s_11_fail_fast_starts_nothing_after_the_verdict() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    #[task]
    fn fails(value: u32) -> Result<u32, String> {
        CALLS.fetch_add(1, Ordering::Relaxed);
        Err(value.to_string())
    }
    let map = fails::map().task_id("m").value((0..5000).collect::<Vec<u32>>()).policy(Policy::Strict).fail_fast(true);
    let error = Workflow::new("w").add(map).execute().max_concurrency(1).blocking().unwrap_err();
    assert_eq!(CALLS.load(Ordering::Relaxed), 1);
    assert_eq!(error.run().unwrap().task("m[7]").unwrap().state(), State::Skipped);
}

#[test]
fn s_11_elements_have_attempts_of_their_own() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    #[task(max_retries = 1)]
    fn flaky(ctx: &Context, value: u32) -> Result<u32, String> {
        CALLS.fetch_add(1, Ordering::Relaxed);
        if ctx.attempt() == 1 && value == 1 { Err("once more".into()) } else { Ok(value) }
    }
    let run = run(flaky::map().value([0, 1, 2])).unwrap();
    assert_eq!(CALLS.load(Ordering::Relaxed), 4);
    assert_eq!(run.task("flaky[1]").unwrap().attempts(), 2);
    assert_eq!(run.task("flaky[2]").unwrap().attempts(), 1);
    assert_eq!(run.value::<Vec<u32>>().unwrap(), [0, 1, 2]);
}

#[test]
fn s_11_an_element_iterates_by_itself() {
    #[task]
    fn count(ctx: &Context, value: u32) -> u32 {
        if value < 10 {
            ctx.next_iteration(value + 1);
        }
        value
    }
    let run = run(count::map().value([8, 3])).unwrap();
    assert_eq!(run.value::<Vec<u32>>().unwrap(), [10, 10]);
    assert_eq!(run.task("count[8]").unwrap().iterations(), 3);
    assert_eq!(run.task("count[3]").unwrap().iterations(), 8);
}

#[test]
fn r_08_a_map_in_a_group_is_one_branch() {
    let group = || odd_fails::map().task_id("m").value([1, 2]) | double::task().task_id("d").value(4);
    let error = run(group()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ParallelGroup);
    assert!(error.to_string().contains("`m` (`m[1]`: 1 is odd)"), "{error}");
    let run = run(group().policy(Policy::BestEffort) >> double::task().task_id("end").value(1)).unwrap();
    assert_eq!(run.output::<u32>("end").unwrap(), 2);
}

#[test]
fn s_04_a_map_in_a_loop_runs_in_every_pass() {
    #[task]
    fn again(ctx: &Context, values: Vec<u32>) -> taskloom::Result<Vec<u32>> {
        if values[0] < 8 {
            ctx.goto("m")?;
        }
        Ok(values)
    }
    #[task]
    fn grow(ctx: &Context, value: u32) -> taskloom::Result<u32> {
        ctx.channel().atomic_add("calls", 1_i64)?;
        Ok(value + ctx.channel().get::<i64>("calls")?.map_or(0, |calls| u32::try_from(calls).unwrap_or(0)))
    }
    let map = grow::map().task_id("m").value([5, 5]);
    let flow = Workflow::new("w").add(&map >> again::task().task_id("again").values(&map));
    let run = flow.execute().max_concurrency(1).blocking().unwrap();
    assert_eq!(run.output::<Vec<u32>>("again").unwrap(), [8, 9]);
    assert_eq!(run.task("m").unwrap().iterations(), 2);
}

#[test]
fn r_09_an_added_map() {
    #[task]
    fn begin(ctx: &Context) -> taskloom::Result<()> {
        ctx.next_task(double::map().task_id("m").value([1, 2]))
    }
    assert_eq!(run(begin::task()).unwrap().output::<Vec<u32>>("m").unwrap(), [2, 4]);
}

#[test]
fn r_09_an_element_may_add_tasks_and_terminate() {
    #[task]
    fn add(ctx: &Context, value: u32) -> taskloom::Result<u32> {
        ctx.next_task(double::task().task_id(format!("added_{value}")).value(value))?;
        Ok(value)
    }
    #[task]
    fn stop(ctx: &Context, value: u32) -> u32 {
        ctx.terminate_workflow("enough");
        value
    }
    let added = run(add::map().value([1, 2])).unwrap();
    assert_eq!(added.output::<u32>("added_2").unwrap(), 4);

    let stopped = Workflow::new("w").add(stop::map().value((0..5000).collect::<Vec<u32>>())).execute();
    let stopped = stopped.max_concurrency(1).blocking().unwrap();
    assert_eq!(stopped.status(), Status::Terminated);
    assert_eq!(stopped.task("stop[1]").unwrap().state(), State::NotRun);
}

#[test]
fn s_11_no_more_elements_run_than_may() {
    static RUNNING: AtomicU32 = AtomicU32::new(0);
    static MOST: AtomicU32 = AtomicU32::new(0);
    // Each waits until three are inside.
    #[task]
    async fn work(value: u32, others: Arc<Barrier>) -> u32 {
        MOST.fetch_max(RUNNING.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        others.wait().await;
        RUNNING.fetch_sub(1, Ordering::SeqCst);
        value
    }
    let most = NonZeroU32::new(3).unwrap();
    let map = work::map().value((0..99).collect::<Vec<u32>>()).others(Arc::new(Barrier::new(3)));
    let run = run(map.max_concurrency(most.get())).unwrap();
    assert_eq!(run.value::<Vec<u32>>().unwrap().len(), 99);
    assert_eq!(MOST.load(Ordering::SeqCst), 3);
}

#[test]
fn s_11_a_million_elements_stream() {
    let run =
        run(sum::task().values(&double::map().value((0..1_000_000).map(|n| n % 7).collect::<Vec<u32>>()))).unwrap();
    assert_eq!(run.value::<u32>().unwrap(), (0..1_000_000).map(|n| n % 7 * 2).sum::<u32>());
}

#[tokio::test]
async fn s_11_a_map_of_an_async_task() {
    #[task]
    async fn slow(value: u32) -> u32 {
        tokio::task::yield_now().await;
        value + 1
    }
    let all = slow::map().value((0..2000).collect::<Vec<u32>>());
    let run = Workflow::new("w").add(&all).execute().await.unwrap();
    assert_eq!(run.output_of(&all).unwrap(), (1..2001).collect::<Vec<u32>>());
}

#[test]
fn r_10_a_cancelled_map() {
    #[task]
    fn cancel(ctx: &Context, value: u32) -> u32 {
        if value == 3 {
            ctx.cancel_workflow("stop");
        }
        value
    }
    let flow = Workflow::new("w").add(cancel::map().value((0..5000).collect::<Vec<u32>>()));
    let error = flow.execute().max_concurrency(1).blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RunCancelled);
    assert!(error.to_string().contains("`cancel[3]`"), "{error}");
    assert_eq!(error.run().unwrap().task("cancel[2]").unwrap().state(), State::Succeeded);
    assert_eq!(error.run().unwrap().task("cancel").unwrap().state(), State::NotRun);
}

#[test]
fn r_09_an_element_jumps_and_its_map_goes_on() {
    #[task]
    fn decide(ctx: &Context, value: u32) -> taskloom::Result<u32> {
        if value == 2 {
            ctx.goto("end")?;
        }
        Ok(value)
    }
    let end = double::task().task_id("end").value(21);
    let flow = decide::map().task_id("m").value([1, 2, 3]) >> sum::task().task_id("sum") >> end;
    let run = Workflow::new("w").add(flow).execute().max_concurrency(1).blocking().unwrap();
    assert_eq!(run.output::<Vec<u32>>("m").unwrap(), [1, 2, 3]);
    assert_eq!(run.output::<u32>("sum").unwrap(), 6);
    assert_eq!(run.value::<u32>().unwrap(), 42);
    assert_eq!(run.task("end").unwrap().iterations(), 1);
}

#[test]
fn r_09_an_element_is_no_target_of_a_jump() {
    #[task]
    fn back(ctx: &Context, value: u32) -> taskloom::Result<u32> {
        ctx.goto("double[1]")?;
        Ok(value)
    }
    let error = run(double::map().value([1]) >> back::task().value(1)).unwrap_err();
    assert!(error.to_string().contains("`double[1]` is an element of a map"), "{error}");
}
