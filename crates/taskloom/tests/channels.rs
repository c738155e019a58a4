//! H-1 … H-3: the channel that the tasks of a run share.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/gate.rs"]
mod gate;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use gate::Gate;
use taskloom::{Error, ErrorKind, prelude::*};

type Result<T = ()> = taskloom::Result<T>;

/// Where a test keeps what it is told.
type Kept<T> = Arc<Mutex<Option<T>>>;

fn kept<T>(kept: &Kept<T>) -> T {
    kept.lock().expect("not poisoned").take().expect("something was kept")
}

#[test]
fn h_01_an_attempt_sees_its_own_writes_and_others_see_them_together_when_it_completes() {
    #[task]
    fn write(ctx: &Context, written: Gate, read: Gate) -> Result {
        let channel = ctx.channel();
        channel.set("name", "Ada")?;
        channel.set("age", 36_i64)?;
        assert!(channel.delete("old")?);
        assert_eq!(channel.append("list", 1_u8)?, 1);
        assert_eq!(channel.prepend("list", 0_u8)?, 2);
        assert_eq!(channel.get::<String>("name")?.as_deref(), Some("Ada"));
        assert_eq!(channel.list::<u8>("list")?, [0, 1]);
        assert_eq!(channel.keys()?, ["age", "list", "name"]);
        written.open();
        read.pass();
        Ok(())
    }
    #[task]
    async fn look_meanwhile(ctx: Context, written: Gate, read: Gate) -> Result {
        written.pass();
        assert_eq!(ctx.channel().keys()?, ["old"]);
        assert_eq!(ctx.channel().get::<String>("name")?, None);
        read.open();
        Ok(())
    }
    #[task]
    async fn look_after(ctx: Context) -> Result {
        assert_eq!(ctx.channel().keys()?, ["age", "list", "name"]);
        assert_eq!(ctx.channel().get::<i64>("age")?, Some(36));
        assert!(!ctx.channel().exists("old")?);
        Ok(())
    }
    let (written, read) = (Gate::default(), Gate::default());
    let writer = write::task().written(written.clone()).read(read.clone());
    let reader = look_meanwhile::task().written(written).read(read);
    let workflow = Workflow::new("w").add((writer | reader) >> look_after::task());
    let run = workflow.execute().initial_channel("old", true).max_concurrency(2).blocking().unwrap();
    assert_eq!(run.channel().keys().collect::<Vec<_>>(), ["age", "list", "name"]);
    assert_eq!(run.channel().list::<u8>("list").unwrap(), [0, 1]);
    assert!(run.channel().exists("age"));
}

#[test]
fn h_03_a_retry_leaves_no_double_append() {
    #[task(max_retries = 3)]
    fn collect(ctx: &Context, failures: u32) -> Result<usize> {
        let length = ctx.channel().append("list", ctx.attempt())?;
        if ctx.attempt() <= failures {
            ctx.goto("no such task")?;
        }
        Ok(length)
    }
    #[task(max_retries = 1)]
    async fn panics(ctx: Context) -> Result {
        ctx.channel().append("list", 0_u32)?;
        assert!(ctx.attempt() > 1, "the first time");
        Ok(())
    }
    let flow = collect::task().failures(3) >> panics::task();
    let run = Workflow::new("w").add(flow).execute().blocking().unwrap();
    assert_eq!(run.channel().list::<u32>("list").unwrap(), [4, 0]);
}

#[test]
fn h_03_what_a_task_that_failed_for_good_has_written_is_gone() {
    #[task]
    fn fails(ctx: &Context) -> Result {
        let channel = ctx.channel();
        channel.set("pending", 1_i64)?;
        channel.at_once().set("published", 1_i64)?;
        channel.atomic_add("added", 1)?;
        ctx.goto("no such task")
    }
    let error = Workflow::new("w").add(fails::task()).execute().blocking().unwrap_err();
    let run = error.run().unwrap();
    assert_eq!(run.channel().keys().collect::<Vec<_>>(), ["added", "published"]);
}

#[task(max_retries = 2)]
fn count(ctx: &Context, number: u32) -> Result<i64> {
    let total = ctx.channel().atomic_add("count", 1)?;
    match number % 5 {
        0 if ctx.attempt() < 3 => ctx.goto("no such task").map(|()| total),
        1 if ctx.attempt() < 2 => panic!("the first time"),
        _ => Ok(total),
    }
}

#[task]
async fn count_async(ctx: Context) -> Result<i64> {
    tokio::task::yield_now().await;
    ctx.channel().atomic_add("count", 1)
}

#[test]
fn h_02_fifty_adds_at_the_same_time_give_fifty_totals_whatever_fails() {
    let plain = (0..25).map(|number| count::task().task_id(format!("plain{number}")).number(number).into_fragment());
    let others = (0..25).map(|number| count_async::task().task_id(format!("async{number}")).into_fragment());
    let run = Workflow::new("w").add(parallel(plain.chain(others))).execute().blocking().unwrap();
    let mut totals: Vec<i64> = run.outputs::<i64>().map(|(_, total)| *total).collect();
    totals.sort_unstable();
    assert_eq!(totals, (1..=50).collect::<Vec<_>>());
    assert_eq!(run.channel().get::<i64>("count").unwrap(), Some(50));
}

#[test]
fn h_02_each_execution_of_a_task_adds_anew() {
    #[task]
    fn tick(ctx: &Context) -> Result<i64> {
        if ctx.cycle_count() < 3 {
            ctx.goto("tick")?;
        }
        ctx.channel().atomic_add("ticks", 1)
    }
    let run = Workflow::new("w").add(tick::task().task_id("tick")).execute().blocking().unwrap();
    assert_eq!(run.value::<i64>().unwrap(), 3);
}

#[test]
fn h_02_appends_of_many_tasks_are_all_there() {
    #[task]
    fn collect(ctx: &Context, number: u32) -> Result<usize> {
        ctx.channel().append("list", number)
    }
    let tasks = (0..50).map(|number| collect::task().task_id(format!("t{number}")).number(number));
    let run = Workflow::new("w").add(parallel(tasks)).execute().blocking().unwrap();
    let mut list = run.channel().list::<u32>("list").unwrap();
    list.sort_unstable();
    assert_eq!(list, (0..50).collect::<Vec<_>>());
}

#[task]
fn increase(ctx: &Context) -> Result {
    let channel = ctx.channel();
    let lock = channel.lock("n")?;
    assert_eq!(lock.key(), "n");
    let _again = channel.lock("n")?;
    let before: i64 = channel.get("n")?.unwrap_or(0);
    std::thread::yield_now();
    channel.set("n", before + 1)
}

#[task]
async fn increase_async(ctx: Context) -> Result {
    let channel = ctx.channel();
    let _lock = channel.lock_async("n").await?;
    let before: i64 = channel.get("n")?.unwrap_or(0);
    tokio::task::yield_now().await;
    channel.set("n", before + 1)
}

fn increases() -> Workflow {
    let plain = (0..20).map(|number| increase::task().task_id(format!("p{number}")).into_fragment());
    let others = (0..20).map(|number| increase_async::task().task_id(format!("a{number}")).into_fragment());
    Workflow::new("w").add(parallel(plain.chain(others)))
}

#[test]
fn h_02_a_lock_excludes_all_other_tasks() {
    let run = increases().execute().blocking().unwrap();
    assert_eq!(run.channel().get::<i64>("n").unwrap(), Some(40));
}

#[tokio::test]
async fn h_02_a_lock_excludes_all_other_tasks_on_a_runtime_of_one_thread() {
    let run = increases().execute().await.unwrap();
    assert_eq!(run.channel().get::<i64>("n").unwrap(), Some(40));
}

#[test]
fn h_01_what_is_written_under_a_lock_is_published_when_it_is_let_go() {
    #[task]
    fn write(ctx: &Context, written: Gate, read: Gate) -> Result {
        let channel = ctx.channel();
        channel.set("pending", 1_i64)?;
        let lock = channel.lock("lock")?;
        channel.set("locked", 1_i64)?;
        drop(lock);
        written.open();
        read.pass();
        Ok(())
    }
    #[task]
    fn look(ctx: &Context, written: Gate, read: Gate) -> Result<Vec<String>> {
        written.pass();
        let keys = ctx.channel().keys();
        read.open();
        keys
    }
    let (written, read) = (Gate::default(), Gate::default());
    let writer = write::task().written(written.clone()).read(read.clone());
    let reader = look::task().task_id("look").written(written).read(read);
    let run = Workflow::new("w").add(writer | reader).execute().max_concurrency(2).blocking().unwrap();
    assert_eq!(run.output::<Vec<String>>("look").unwrap(), ["locked"]);
}

#[test]
fn h_03_what_was_written_under_a_lock_before_a_panic_is_not_published() {
    #[task(max_retries = 1)]
    fn unsteady(ctx: &Context) -> Result {
        let channel = ctx.channel();
        let _lock = channel.lock("lock")?;
        channel.append("list", 1_u8)?;
        assert!(ctx.attempt() > 1, "the first time");
        Ok(())
    }
    let run = Workflow::new("w").add(unsteady::task()).execute().blocking().unwrap();
    assert_eq!(run.channel().list::<u8>("list").unwrap(), [1]);
}

#[test]
fn h_02_a_lock_is_let_go_when_the_attempt_ends() {
    #[task(max_retries = 1)]
    fn keeps_it(ctx: &Context, guards: Kept<taskloom::ChannelLock>) -> Result {
        let lock = ctx.channel().lock("lock")?;
        ctx.channel().set("under", 1_i64)?;
        *guards.lock().unwrap() = Some(lock);
        ctx.goto("no such task")
    }
    let guards = Kept::default();
    let error = Workflow::new("w")
        .add(keeps_it::task().task_id("keeps_it").guards(guards.clone()))
        .execute()
        .blocking()
        .unwrap_err();
    drop(kept(&guards));
    assert_eq!(error.run().unwrap().task("keeps_it").unwrap().attempts(), 2);
    assert!(!error.run().unwrap().channel().exists("under"));
}

#[test]
fn h_02_an_attempt_that_has_ended_is_refused() {
    #[task]
    fn leak(ctx: &Context, contexts: Kept<Context>) {
        *contexts.lock().unwrap() = Some(ctx.clone());
    }
    #[task]
    fn misuse(contexts: Kept<Context>, ctx: &Context) -> Result<Vec<ErrorKind>> {
        let old = kept(&contexts).channel();
        let _lock = ctx.channel().lock("lock")?;
        let errors: [Error; 6] = [
            old.set("key", 1_i64).unwrap_err(),
            old.get::<i64>("key").unwrap_err(),
            old.append("list", 1_i64).unwrap_err(),
            old.at_once().delete("key").unwrap_err(),
            old.atomic_add("n", 1).unwrap_err(),
            old.lock("lock").unwrap_err(),
        ];
        assert_eq!(errors[0].to_string(), "an attempt of `leak` that has ended used the channel");
        assert_eq!(errors[0].task_id(), Some("leak"));
        Ok(errors.iter().map(Error::kind).collect())
    }
    let contexts = Kept::default();
    let (leak, misuse) = (leak::task().task_id("leak").contexts(contexts.clone()), misuse::task().contexts(contexts));
    let run = Workflow::new("w").add(leak >> misuse).execute().blocking().unwrap();
    assert_eq!(run.value::<Vec<ErrorKind>>().unwrap(), [ErrorKind::AttemptEnded; 6]);
    assert_eq!(run.channel().keys().count(), 0);
}

#[test]
fn h_01_another_type_is_an_error_that_names_key_expected_and_found() {
    #[task]
    fn misread(ctx: &Context) -> Result<Vec<String>> {
        let channel = ctx.channel();
        channel.set("n", 1_i64)?;
        channel.set("name", "Ada")?;
        channel.append("list", 1_i64)?;
        let errors = [
            channel.get::<String>("n").unwrap_err(),
            channel.get::<i64>("list").unwrap_err(),
            channel.list::<u8>("list").unwrap_err(),
            channel.list::<u8>("n").unwrap_err(),
            channel.append("name", 1_i64).unwrap_err(),
            channel.atomic_add("name", 1).unwrap_err(),
            channel.atomic_add("n", 0.5).unwrap_err(),
        ];
        assert!(errors.iter().all(|error| error.kind() == ErrorKind::Channel && error.task_id() == Some("misread")));
        Ok(errors.iter().map(ToString::to_string).collect())
    }
    let run = Workflow::new("w").add(misread::task().task_id("misread")).execute().blocking().unwrap();
    let expected = [
        "channel key `n` holds a number of type `i64`, but a `alloc::string::String` was expected",
        "channel key `list` holds a list of 1, but a `i64` was expected\n  hint: read a list that is appended to with `list`",
        "element 0 of the list at channel key `list` is a `i64`, but a `u8` was expected",
        "channel key `n` holds a number of type `i64`, but a list of `u8` was expected",
        "channel key `name` holds a value of type `alloc::string::String`, but a list was expected\n  hint: a list is made by its first `append` or `prepend`",
        "channel key `name` holds a value of type `alloc::string::String`, but i64 was expected\n  hint: set a number of that type, such as `1_i64`",
        "channel key `n` holds a number of type `i64`, but f64 was expected",
    ];
    assert_eq!(run.value::<Vec<String>>().unwrap(), expected);
}

#[test]
fn h_03_an_append_that_finds_no_list_at_the_end_fails_the_attempt() {
    #[task(max_retries = 1)]
    fn collect(ctx: &Context, appended: Gate, set: Gate) -> Result {
        let channel = ctx.channel();
        if channel.exists("key")? {
            return channel.set("key", 2_i64);
        }
        channel.append("key", 1_i64)?;
        appended.open();
        set.pass();
        Ok(())
    }
    #[task]
    fn set_key(ctx: &Context, appended: Gate, set: Gate) -> Result {
        appended.pass();
        ctx.channel().at_once().set("key", 1_i64)?;
        set.open();
        Ok(())
    }
    let (appended, set) = (Gate::default(), Gate::default());
    let collect = collect::task().task_id("collect").appended(appended.clone()).set(set.clone());
    let other = set_key::task().appended(appended).set(set);
    let run = Workflow::new("w").add(collect | other).execute().max_concurrency(2).blocking().unwrap();
    assert_eq!(run.task("collect").unwrap().attempts(), 2);
    assert_eq!(run.channel().get::<i64>("key").unwrap(), Some(2));
}

#[test]
fn h_01_a_key_whose_time_is_over_is_absent() {
    #[task]
    fn write(ctx: &Context) -> Result<bool> {
        let channel = ctx.channel();
        channel.ttl(Duration::ZERO).set("short", 1_i64)?;
        channel.ttl(Duration::from_hours(1)).set("long", 1_i64)?;
        assert_eq!(channel.get::<i64>("short")?, None);
        assert_eq!(channel.keys()?, ["long"]);
        channel.exists("short")
    }
    let run = Workflow::new("w").add(write::task()).execute().blocking().unwrap();
    assert!(!run.value::<bool>().unwrap());
    assert_eq!(run.channel().keys().collect::<Vec<_>>(), ["long"]);
}

#[test]
fn h_01_a_run_begins_with_what_it_is_given() {
    #[task]
    fn read(ctx: &Context) -> Result<(Option<String>, i64)> {
        Ok((ctx.channel().get("name")?, ctx.channel().atomic_add("number", 2)?))
    }
    let execution = Workflow::new("w").add(read::task()).execute();
    let execution = execution.initial_channel("name", "Eve").initial_channel("name", "Ada");
    let run = execution.initial_channel("number", 40_i64).blocking().unwrap();
    assert_eq!(run.value::<(Option<String>, i64)>().unwrap(), (Some("Ada".to_owned()), 42));
}

#[test]
fn r_10_a_plain_function_that_waits_for_a_lock_is_woken_when_the_run_is_cancelled() {
    #[task]
    async fn hold(ctx: Context, held: Gate) -> Result {
        let _lock = ctx.channel().lock_async("lock").await?;
        ctx.channel().set("under", 1_i64)?;
        held.open();
        std::future::pending::<()>().await;
        Ok(())
    }
    #[task]
    fn wait(ctx: &Context, held: Gate, waits: Gate) -> Result {
        held.pass();
        waits.open();
        ctx.channel().lock("lock").map(drop)
    }
    #[task]
    fn alarm(ctx: &Context, waits: Gate) {
        waits.pass();
        ctx.cancel_workflow("fire");
    }
    let (held, waits) = (Gate::default(), Gate::default());
    let wait = wait::task().task_id("wait").held(held.clone()).waits(waits.clone());
    let all = parallel([
        hold::task().task_id("hold").held(held).into_fragment(),
        wait.into_fragment(),
        alarm::task().task_id("alarm").waits(waits).into_fragment(),
    ]);
    let error = Workflow::new("w").add(all).execute().max_concurrency(3).blocking().unwrap_err();
    assert_eq!((error.kind(), error.task_id()), (ErrorKind::RunCancelled, Some("alarm")));
    let run = error.run().unwrap();
    // Either it was waiting, or it got the lock that the other was dropped with.
    let state = run.task("wait").unwrap().state();
    assert!(matches!(state, taskloom::State::Failed | taskloom::State::Succeeded), "{state}");
    assert_eq!(run.task("hold").unwrap().state(), taskloom::State::Cancelled);
    // A block that was dropped in the middle publishes nothing.
    assert!(!run.channel().exists("under"));
}

#[test]
fn h_01_a_channel_is_of_one_run() {
    #[task]
    fn collect(ctx: &Context) -> Result<usize> {
        ctx.channel().append("list", 1_i64)
    }
    let workflow = Workflow::new("w").add(collect::task());
    for _ in 0..2 {
        assert_eq!(workflow.execute().blocking().unwrap().value::<usize>().unwrap(), 1);
    }
}
