//! Tasks that a run adds to itself (rules ).

use std::sync::atomic::{AtomicU32, Ordering};

use taskloom::{ErrorKind, State, prelude::*};

#[task]
fn page(number: u32) -> u32 {
    number * 10
}

#[task]
fn total(parts: u32) -> u32 {
    parts + 1
}

#[task]
fn broken() -> Result<u32, String> {
    Err("no such page".into())
}

/// Adds pages with these numbers.
#[task]
fn index(ctx: &Context, numbers: Vec<u32>) -> taskloom::Result<u32> {
    for number in &numbers {
        ctx.next_task(page::task().task_id(format!("page_{number}")).number(*number))?;
    }
    Ok(numbers.iter().sum())
}

fn states(run: &Run) -> Vec<(String, State)> {
    run.tasks().map(|task| (task.id().to_owned(), task.state())).collect()
}

fn succeeded(run: &Run) -> Vec<String> {
    run.outputs::<u32>().map(|(id, _)| id.to_owned()).collect()
}

#[test]
fn r_09_a_new_task_runs_beside_what_follows() {
    let flow = index::task().task_id("index").numbers(vec![1, 2]) >> total::task().task_id("total");
    let run = Workflow::new("w").add(flow).execute().max_concurrency(1).blocking().unwrap();
    assert_eq!(succeeded(&run), ["index", "total", "page_1", "page_2"]);
    assert_eq!(run.output::<u32>("page_2").unwrap(), 20);
    assert_eq!(run.output::<u32>("total").unwrap(), 4);
}

#[test]
fn r_09_the_task_that_adds_another_is_its_direct_predecessor() {
    #[task]
    fn begin(ctx: &Context) -> taskloom::Result<u32> {
        ctx.next_task(total::task().task_id("added"))?;
        Ok(41)
    }
    let run = Workflow::new("w").add(begin::task()).execute().blocking().unwrap();
    assert_eq!(run.output::<u32>("added").unwrap(), 42);
}

#[test]
fn r_09_goto_of_a_new_task_skips_what_follows() {
    #[task]
    fn begin(ctx: &Context) -> taskloom::Result<u32> {
        ctx.goto(page::task().task_id("instead").number(7))?;
        Ok(1)
    }
    let flow = begin::task().task_id("begin") >> total::task().task_id("total");
    let run = Workflow::new("w").add(flow).execute().blocking().unwrap();
    assert_eq!(
        states(&run),
        [
            ("begin".to_owned(), State::Succeeded),
            ("total".to_owned(), State::Skipped),
            ("instead".to_owned(), State::Succeeded)
        ]
    );
    assert_eq!(run.value::<u32>().unwrap(), 70);
}

#[test]
fn r_09_an_instance_that_the_run_has_is_jumped_to() {
    #[task]
    fn begin(ctx: &Context, end: String) -> taskloom::Result<u32> {
        ctx.next_task(&end)?;
        Ok(1)
    }
    let end = page::task().task_id("end").number(3);
    let begin = begin::task().task_id("begin").end("end");
    let run = Workflow::new("w").add(begin >> total::task().task_id("total") >> &end).execute().blocking().unwrap();
    assert_eq!(run.task("total").unwrap().state(), State::Skipped);
    assert_eq!(run.value::<u32>().unwrap(), 30);
}

#[test]
fn r_11_a_run_adds_nothing_to_the_workflow() {
    let workflow = Workflow::new("w").add(index::task().task_id("index").numbers(vec![1]));
    for _ in 0..3 {
        let run = workflow.execute().blocking().unwrap();
        assert_eq!(succeeded(&run), ["index", "page_1"]);
    }
    assert_eq!(workflow.plan().unwrap().task_count(), 1);
}

#[test]
fn r_04_what_was_added_counts_as_composed_last() {
    let run = Workflow::new("w").add(index::task().numbers(vec![5, 6])).execute().blocking().unwrap();
    assert_eq!(run.value::<u32>().unwrap(), 60);
}

#[test]
fn i_04_an_added_task_names_itself() {
    #[task]
    fn begin(ctx: &Context) -> taskloom::Result<()> {
        for _ in 0..3 {
            ctx.next_task(page::task().number(1))?;
        }
        Ok(())
    }
    let ids = || {
        let run = Workflow::new("w").add(begin::task() >> page::task().number(1)).execute().blocking().unwrap();
        run.tasks().map(|task| task.id().to_owned()).collect::<Vec<_>>()
    };
    let first = ids();
    assert_eq!(first.len(), 5);
    assert_eq!(first, ids());
    assert_eq!(first.iter().collect::<std::collections::BTreeSet<_>>().len(), 5);
}

#[test]
fn i_05_an_added_task_needs_an_id_of_its_own() {
    #[task]
    fn twice(ctx: &Context) -> taskloom::Result<()> {
        ctx.next_task(page::task().task_id("same").number(1))?;
        ctx.next_task(page::task().task_id("same").number(2))
    }
    #[task]
    fn taken(ctx: &Context) -> taskloom::Result<()> {
        ctx.next_task(page::task().task_id("first").number(1))
    }
    for (flow, id) in [
        (twice::task().task_id("first").into_fragment(), "same"),
        (taken::task().task_id("first").into_fragment(), "first"),
    ] {
        let error = Workflow::new("w").add(flow).execute().blocking().unwrap_err();
        let text = error.to_string();
        assert!(text.contains(&format!("`{id}` already exists: first made at")), "{text}");
        assert!(text.contains("dynamic_tasks.rs"), "{text}");
    }
}

#[test]
fn i_05_two_tasks_that_add_the_same_id_at_the_same_time() {
    #[task]
    fn add(ctx: &Context, number: u32) -> taskloom::Result<u32> {
        ctx.next_task(page::task().task_id("page").number(number))?;
        Ok(number)
    }
    let flow = add::task().task_id("a").number(1) | add::task().task_id("b").number(2);
    let error =
        Workflow::new("w").add(flow.policy(Policy::Strict)).execute().max_concurrency(1).blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ParallelGroup);
    assert!(error.to_string().contains("`page` already exists"), "{error}");
    let run = error.run().unwrap();
    assert_eq!(run.output::<u32>("page").unwrap(), 10);
    assert_eq!(run.task("b").unwrap().state(), State::Failed);
}

#[test]
fn r_09_what_a_failed_attempt_asked_for_is_dropped() {
    static ATTEMPTS: AtomicU32 = AtomicU32::new(0);
    #[task(max_retries = 1)]
    fn flaky(ctx: &Context) -> taskloom::Result<Option<u32>, taskloom::Error> {
        let attempt = ATTEMPTS.fetch_add(1, Ordering::Relaxed);
        ctx.next_task(page::task().task_id("page").number(attempt))?;
        if attempt == 0 { ctx.goto("nowhere").map(|()| None) } else { Ok(Some(attempt)) }
    }
    let run = Workflow::new("w").add(flaky::task()).execute().blocking().unwrap();
    assert_eq!(succeeded(&run), ["page"]);
    assert_eq!(run.output::<u32>("page").unwrap(), 10);
}

#[test]
fn r_08_a_group_waits_for_what_its_branches_add() {
    #[task]
    fn end(ctx: &Context) -> taskloom::Result<u32> {
        [1, 11, 2, 12].iter().map(|n| ctx.get_result::<u32>(format!("page_{n}"))).sum()
    }
    let [a, b] = [1, 2].map(|n| index::task().task_id(format!("index_{n}")).numbers(vec![n, n + 10]));
    let run = Workflow::new("w").add((a | b) >> end::task().task_id("end")).execute().blocking().unwrap();
    assert_eq!(run.output::<u32>("end").unwrap(), 260);
}

#[test]
fn r_08_a_branch_fails_if_what_it_has_added_does() {
    #[task]
    fn begin(ctx: &Context) -> taskloom::Result<u32> {
        ctx.next_task(broken::task().task_id("added"))?;
        Ok(1)
    }
    let group = || begin::task().task_id("begin") | page::task().task_id("other").number(1);
    let error = Workflow::new("w").add(group()).execute().blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ParallelGroup);
    assert!(error.to_string().contains("`added` (no such page)"), "{error}");

    let forgiving = group().policy(Policy::BestEffort) >> total::task().task_id("end").parts(1);
    let run = Workflow::new("w").add(forgiving).execute().blocking().unwrap();
    assert_eq!(run.output::<u32>("end").unwrap(), 2);
    assert_eq!(run.task("added").unwrap().state(), State::Failed);
}

#[test]
fn r_06_an_added_task_that_fails_outside_of_groups_fails_the_run() {
    #[task]
    fn begin(ctx: &Context) -> taskloom::Result<u32> {
        ctx.next_task(broken::task().task_id("added"))?;
        Ok(1)
    }
    let error = Workflow::new("w").add(begin::task()).execute().blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TaskFailed);
    assert!(error.to_string().starts_with("task `added` failed at attempt 1 of 1: no such page"), "{error}");
}

#[test]
fn r_15_an_added_clean_up_runs_in_a_run_that_fails() {
    #[task]
    fn begin(ctx: &Context) -> taskloom::Result<u32> {
        let clean_up = page::task().task_id("clean_up").number(1);
        ctx.next_task(clean_up.with_options(|options| options.run_when(RunWhen::Always)))?;
        Ok(1)
    }
    let flow = begin::task().task_id("begin") >> broken::task().task_id("broken");
    let error = Workflow::new("w").add(flow).execute().max_concurrency(1).blocking().unwrap_err();
    assert_eq!(error.run().unwrap().task("clean_up").unwrap().state(), State::Succeeded);
}

#[test]
fn s_02_a_pass_of_a_loop_ends_after_what_it_has_added() {
    #[task]
    fn step(ctx: &Context) -> taskloom::Result<u32> {
        let cycle = ctx.cycle_count();
        ctx.channel().append("order", format!("step {cycle}"))?;
        ctx.next_task(note::task().task_id(format!("note_{cycle}")).cycle(cycle))?;
        if cycle == 3 {
            ctx.terminate_workflow("");
        }
        Ok(cycle)
    }
    #[task]
    fn note(ctx: &Context, cycle: u32) -> taskloom::Result<()> {
        ctx.channel().append("order", format!("note {cycle}")).map(drop)
    }
    let step = step::task().task_id("step");
    let run = Workflow::new("w").add(&step >> &step).execute().max_concurrency(1).blocking().unwrap();
    let order: Vec<String> = run.channel().list("order").unwrap();
    assert_eq!(order, ["step 1", "note 1", "step 2", "note 2", "step 3"]);
}

#[test]
fn r_09_a_hundred_thousand_tasks_each_added_by_the_one_before() {
    #[task]
    fn count(ctx: &Context, left: u32) -> taskloom::Result<u32> {
        if left > 0 {
            ctx.next_task(count::task().task_id(format!("count_{}", left - 1)).left(left - 1))?;
        }
        Ok(left)
    }
    let run = Workflow::new("w").add(count::task().left(100_000)).execute().blocking().unwrap();
    assert_eq!(run.tasks().count(), 100_001);
    assert_eq!(run.value::<u32>().unwrap(), 0);
}

#[tokio::test]
async fn r_09_an_async_task_adds_tasks() {
    #[task]
    async fn begin(ctx: Context) -> taskloom::Result<u32> {
        tokio::task::yield_now().await;
        let page = page::task().task_id("page").number(4);
        ctx.next_task(&page)?;
        Ok(1)
    }
    let run = Workflow::new("w").add(begin::task()).execute().await.unwrap();
    assert_eq!(run.output::<u32>("page").unwrap(), 40);
}
